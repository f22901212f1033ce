//! Encryption contexts: what a ciphertext is bound to besides its key.

use std::collections::BTreeMap;
use std::fmt;

use crate::{KeyRefusal, SnapshotId};

/// The longest encryption context, in bytes of its JSON text, escapes not counted.
pub const ENCRYPTION_CONTEXT_BYTES_MAX: usize = 8_192;
/// What JSON writes around a pair: four quotation marks, a colon and a comma.
const PAIR_MARKS: usize = 6;

/// Pairs of names and values, none twice, that must be given again to decrypt. They are no secret; the values are
/// the client's, and do not show in `Debug`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    /// The context of these pairs.
    ///
    /// # Errors
    /// [`KeyRefusal::Validation`] if they are longer than [`ENCRYPTION_CONTEXT_BYTES_MAX`].
    pub fn new(pairs: BTreeMap<String, String>) -> Result<Self, KeyRefusal> {
        let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len() + PAIR_MARKS).sum();
        if bytes > ENCRYPTION_CONTEXT_BYTES_MAX {
            return Err(KeyRefusal::Validation {
                member: "encryptionContext",
                value: format!("{} pairs of {bytes} bytes", pairs.len()),
                constraint: "Member must have length less than or equal to 8192",
            });
        }
        Ok(Self(pairs))
    }

    /// The context in which EC2 uses keys for a snapshot.
    pub fn of_snapshot(snapshot: SnapshotId) -> Self {
        Self(BTreeMap::from([("aws:ebs:id".to_owned(), snapshot.to_string())]))
    }

    /// The pairs, sorted by the bytes of their names.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each pair of `other` is also here.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.iter().all(|(name, value)| self.0.get(name) == Some(value))
    }

    /// The one form of this context in bytes, which no other context has: the number of pairs u32, then for each
    /// pair, sorted, length u32 and bytes of the name, length u32 and bytes of the value; numbers little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Lengths and count are below the bound of a context.
        let mut bytes = (self.0.len() as u32).to_le_bytes().to_vec();
        for text in self.0.iter().flat_map(|(name, value)| [name, value]) {
            bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }

    /// The context that [`EncryptionContext::to_bytes`] wrote, or nothing if no context has this form.
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut pairs = BTreeMap::new();
        for _ in 0..take_number(&mut bytes)? {
            let (name, value) = (take_text(&mut bytes)?, take_text(&mut bytes)?);
            let sorted = pairs.last_key_value().is_none_or(|(last, _): (&String, _)| *last < name);
            if !sorted {
                return None;
            }
            pairs.insert(name, value);
        }
        if !bytes.is_empty() {
            return None;
        }
        Self::new(pairs).ok()
    }
}

impl fmt::Debug for EncryptionContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

fn take_number(bytes: &mut &[u8]) -> Option<u32> {
    let (number, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*number))
}

fn take_text(bytes: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(take_number(bytes)?).ok()?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ENCRYPTION_CONTEXT_BYTES_MAX, EncryptionContext, PAIR_MARKS};
    use crate::KeyRefusal;

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        EncryptionContext::new(pairs.collect()).expect("short enough")
    }

    fn any_context() -> impl Strategy<Value = EncryptionContext> {
        proptest::collection::btree_map(".{0,8}", ".{0,8}", 0..6)
            .prop_map(|pairs| EncryptionContext::new(pairs).expect("short enough"))
    }

    #[test]
    fn the_form_in_bytes_is_this() {
        assert_eq!(EncryptionContext::default().to_bytes(), [0; 4]);
        assert_eq!(
            context(&[("b", "é"), ("a", "")]).to_bytes(),
            b"\x02\0\0\0\x01\0\0\0a\0\0\0\0\x01\0\0\0b\x02\0\0\0\xc3\xa9"
        );
    }

    #[test]
    fn the_longest_context_is_taken_and_one_byte_more_is_refused() {
        let longest = ENCRYPTION_CONTEXT_BYTES_MAX - PAIR_MARKS - 1;
        let make = |bytes: usize| EncryptionContext::new([("n".to_owned(), "v".repeat(bytes))].into());
        let taken = make(longest).expect("as long as may be");
        assert_eq!(EncryptionContext::from_bytes(&taken.to_bytes()), Some(taken));
        assert!(matches!(make(longest + 1), Err(KeyRefusal::Validation { member: "encryptionContext", .. })));
        let empty_pairs = (0..ENCRYPTION_CONTEXT_BYTES_MAX).map(|n| (n.to_string(), String::new()));
        assert!(EncryptionContext::new(empty_pairs.collect()).is_err(), "pairs without text count too");
    }

    #[test]
    fn contains_is_by_pairs() {
        let all = context(&[("a", "1"), ("b", "2")]);
        for part in [&[][..], &[("a", "1")], &[("b", "2")], &[("a", "1"), ("b", "2")]] {
            assert!(all.contains(&context(part)), "{part:?}");
        }
        for other in [&[("a", "2")][..], &[("A", "1")], &[("a", "1"), ("c", "")]] {
            assert!(!all.contains(&context(other)), "{other:?}");
        }
    }

    #[test]
    fn a_snapshot_has_ec2s_context_and_values_do_not_show() {
        let id = "snap-0123456789abcdef0".parse().expect("an id");
        let of_snapshot = EncryptionContext::of_snapshot(id);
        assert_eq!(of_snapshot.pairs().collect::<Vec<_>>(), [("aws:ebs:id", "snap-0123456789abcdef0")]);
        assert_eq!(format!("{of_snapshot:?}"), r#"{"aws:ebs:id"}"#);
    }

    #[test]
    fn forms_that_no_context_has_are_not_read() {
        for bad in [
            &b""[..],
            b"\x01\0\0\0",
            b"\xff\xff\xff\xff",
            b"\0\0\0\0x",
            b"\x01\0\0\0\xff\xff\xff\xffa",
            b"\x01\0\0\0\x01\0\0\0\xff\0\0\0\0",
            b"\x02\0\0\0\x01\0\0\0b\0\0\0\0\x01\0\0\0a\0\0\0\0",
            b"\x02\0\0\0\x01\0\0\0a\0\0\0\0\x01\0\0\0a\0\0\0\0",
        ] {
            assert_eq!(EncryptionContext::from_bytes(bad), None, "{bad:?} was read");
        }
    }

    proptest! {
        #[test]
        fn bytes_and_contexts_are_one_to_one(one in any_context(), other in any_context()) {
            prop_assert_eq!(EncryptionContext::from_bytes(&one.to_bytes()), Some(one.clone()));
            prop_assert_eq!(one.to_bytes() == other.to_bytes(), one == other);
        }

        #[test]
        fn what_is_read_of_changed_bytes_is_what_they_say(
            context in any_context(),
            at in any::<proptest::sample::Index>(),
            byte in any::<u8>(),
        ) {
            let mut bytes = context.to_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Some(read) = EncryptionContext::from_bytes(&bytes) {
                prop_assert_eq!(read.to_bytes(), bytes);
            }
        }
    }
}
