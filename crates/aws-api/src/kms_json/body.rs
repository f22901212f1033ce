//! Bodies of requests: bounded JSON, and the blobs in it.
//!
//! `null` stands for an absent member; members that an action does not know are passed over, as Amazon's services do.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::WireError;
use crate::limits::KMS_BODY_BYTES_MAX;

/// What `body` holds.
///
/// # Errors
/// [`WireError::TooLarge`]; [`WireError::InvalidCharacter`] if any text, known or not, has the character U+0000;
/// [`WireError::Json`] if it is not the JSON of the action.
pub(super) fn read<Body: DeserializeOwned>(body: &[u8]) -> Result<Body, WireError> {
    if body.len() > KMS_BODY_BYTES_MAX {
        return Err(WireError::TooLarge { bytes_max: KMS_BODY_BYTES_MAX });
    }
    let Object(read) = serde_json::from_slice(body)
        .map_err(|error| WireError::Json { line: error.line(), column: error.column() })?;
    if has_nul(body) {
        return Err(WireError::InvalidCharacter);
    }
    Ok(read)
}

/// A structure, which stands in JSON as an object. Without this, a list of its members in order would be taken too.
pub(super) struct Object<T>(pub(super) T);

/// A map of texts, in which no key stands twice: which of the two counts would be a guess.
pub(super) struct TextMap(pub(super) BTreeMap<String, String>);

/// Bytes that stand in JSON as base64. They may be a secret: they are wiped when dropped, and do not show.
pub(super) struct Blob(pub(super) Zeroizing<Vec<u8>>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for TextMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TextMapVisitor)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(BlobVisitor)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Object<T>, M::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

struct TextMapVisitor;

impl<'de> Visitor<'de> for TextMapVisitor {
    type Value = TextMap;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<TextMap, M::Error> {
        let mut texts = BTreeMap::new();
        while let Some(key) = map.next_key()? {
            match texts.entry(key) {
                Entry::Vacant(entry) => entry.insert(map.next_value()?),
                Entry::Occupied(_) => return Err(M::Error::custom("a key stands twice")),
            };
        }
        Ok(TextMap(texts))
    }
}

struct BlobVisitor;

impl Visitor<'_> for BlobVisitor {
    type Value = Blob;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("base64")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Blob, E> {
        let bytes = STANDARD.decode(text).map_err(|_| E::custom("no base64"))?;
        Ok(Blob(Zeroizing::new(bytes)))
    }
}

/// Whether legal JSON has the character U+0000, which stands in it as an escape only.
fn has_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let escape = &rest[at + 1..];
        if escape.starts_with(b"u0000") {
            return true;
        }
        // The escaped character may be a backslash.
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Blob, Object, TextMap, read};
    use crate::WireError;
    use crate::limits::KMS_BODY_BYTES_MAX;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn a_body_as_long_as_may_be_is_read_and_one_byte_more_is_not() {
        let body = |bytes: usize| format!("{{{}}}", " ".repeat(bytes - 2));
        assert_eq!(read(body(KMS_BODY_BYTES_MAX).as_bytes()), Ok(json!({})));
        assert_eq!(
            read::<Value>(body(KMS_BODY_BYTES_MAX + 1).as_bytes()),
            Err(WireError::TooLarge { bytes_max: KMS_BODY_BYTES_MAX })
        );
    }

    #[test]
    fn the_character_nul_is_found_wherever_it_stands() {
        for body in [
            r#"{"A":"\u0000"}"#,
            r#"{"\u0000":1}"#,
            r#"{"A":["x",{"B":"y\\\u0000"}]}"#,
            r#"{"A":"\u0001\u0000"}"#,
        ] {
            assert_eq!(read::<Value>(body.as_bytes()), Err(WireError::InvalidCharacter), "{body}");
        }
        for body in [r#"{"A":"\\u0000"}"#, r#"{"A":"\u0001u0000"}"#, r#"{"A":"\\\\u0000"}"#] {
            assert!(read::<Value>(body.as_bytes()).is_ok(), "{body}");
        }
    }

    #[test]
    fn a_blob_is_padded_base64_of_the_standard_alphabet() {
        let blob = |text: &str| serde_json::from_str(text).map(|Blob(bytes)| bytes.to_vec()).ok();
        assert_eq!(blob(r#""+/8=""#), Some(vec![0xfb, 0xff]));
        assert_eq!(blob(r#""\u002b/8=""#), Some(vec![0xfb, 0xff]));
        assert_eq!(blob(r#""""#), Some(vec![]));
        for bad in [r#""+/8""#, r#""-_8=""#, r#""+/9=""#, r#"" +/8=""#, "[251,255]", "1", "{}"] {
            assert_eq!(blob(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_structure_is_an_object_and_a_key_of_a_map_stands_once() {
        for body in ["[]", "null", "1", "\"\"", "", "{", "{} {}", "{\"A\":1}x"] {
            assert!(matches!(read::<Value>(body.as_bytes()), Err(WireError::Json { .. })), "{body}");
        }
        assert!(serde_json::from_str::<Object<()>>("[]").is_err());
        let map = |text: &str| serde_json::from_str(text).map(|TextMap(texts)| texts.len()).ok();
        assert_eq!(map(r#"{"a":"1","A":"1"}"#), Some(2));
        for bad in [r#"{"a":"1","a":"1"}"#, r#"{"a":1}"#, r#"{"a":null}"#, r#"[["a","1"]]"#] {
            assert_eq!(map(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn nul_is_found_as_a_parser_finds_it(text in "[\\x00\\\\u0a\"]{0,12}") {
            let body = json!({ "A": &text }).to_string();
            prop_assert_eq!(read::<Value>(body.as_bytes()).is_err(), text.contains('\0'));
        }

        #[test]
        fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = read::<Value>(&body);
        }
    }
}
