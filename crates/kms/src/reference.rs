//! How requests name keys: by id, by alias, or by the full name of either.

use ebs::{AccountId, AliasName, KeyId, KeyRefusal, RegionName};

/// A key as a request names it. Whether there is such a key or alias is not known yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyReference {
    /// By its id.
    Key {
        /// The account that a full name gives; without it the caller's is meant.
        account: Option<AccountId>,
        /// The id.
        key: KeyId,
    },
    /// By an alias.
    Alias {
        /// The account that a full name gives; without it the caller's is meant.
        account: Option<AccountId>,
        /// The alias.
        name: AliasName,
    },
}

impl KeyReference {
    /// What a parameter of EC2 names: `UUID`, `key/UUID`, `alias/NAME`, and the full names of keys and aliases of
    /// `region`. None for any other text.
    pub fn of_ec2(text: &str, region: &RegionName) -> Option<Self> {
        if text.starts_with(ARN_PREFIX) {
            return match read_arn(text)? {
                (named, reference) if named == *region => Some(reference),
                _ => None,
            };
        }
        match text.strip_prefix(KEY_PREFIX) {
            Some(key) => read_key(key),
            None => read_bare(text),
        }
    }

    /// What a `KeyId` of KMS names: `UUID`, `alias/NAME`, and the full names of keys and aliases of `region`.
    ///
    /// # Errors
    /// [`KeyRefusal::ArnOfOtherRegion`] for what is well named and elsewhere, [`KeyRefusal::ArnInvalid`] for other
    /// texts that begin like an ARN, [`KeyRefusal::KeyIdInvalid`] for all others.
    pub fn of_kms(text: &str, region: &RegionName) -> Result<Self, KeyRefusal> {
        if text.starts_with(ARN_PREFIX) {
            return match read_arn(text) {
                Some((named, reference)) if named == *region => Ok(reference),
                Some((named, _)) => Err(KeyRefusal::ArnOfOtherRegion(named.to_string())),
                None => Err(KeyRefusal::ArnInvalid(text.to_owned())),
            };
        }
        read_bare(text).ok_or_else(|| KeyRefusal::KeyIdInvalid(text.to_owned()))
    }
}

const ARN_PREFIX: &str = "arn:";
const KEY_PREFIX: &str = "key/";
const ALIAS_PREFIX: &str = "alias/";

fn read_bare(text: &str) -> Option<KeyReference> {
    if text.starts_with(ALIAS_PREFIX) {
        return text.parse().ok().map(|name| KeyReference::Alias { account: None, name });
    }
    read_key(text)
}

fn read_key(text: &str) -> Option<KeyReference> {
    text.parse().ok().map(|key| KeyReference::Key { account: None, key })
}

/// The region that a full name gives, and what it names there.
fn read_arn(text: &str) -> Option<(RegionName, KeyReference)> {
    // An alias may have colons.
    let mut parts = text.strip_prefix("arn:aws:kms:")?.splitn(3, ':');
    let (region, account) = (parts.next()?.parse().ok()?, Some(parts.next()?.parse().ok()?));
    let resource = parts.next()?;
    let reference = match resource.strip_prefix(KEY_PREFIX) {
        Some(key) => KeyReference::Key { account, key: key.parse().ok()? },
        None => KeyReference::Alias { account, name: resource.parse().ok()? },
    };
    Some((region, reference))
}

#[cfg(test)]
mod tests {
    use ebs::{AccountId, KeyRefusal, RegionName};
    use proptest::prelude::*;

    use super::KeyReference;

    const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    fn region() -> RegionName {
        "us-east-1".parse().expect("a name")
    }

    fn key(account: Option<&str>) -> KeyReference {
        KeyReference::Key { account: account.map(digits), key: KEY.parse().expect("a UUID") }
    }

    fn alias(account: Option<&str>, name: &str) -> KeyReference {
        KeyReference::Alias { account: account.map(digits), name: name.parse().expect("a name") }
    }

    fn digits(text: &str) -> AccountId {
        text.parse().expect("twelve digits")
    }

    #[test]
    fn ids_aliases_and_full_names_are_read_by_both() {
        for (text, expected) in [
            (KEY.to_owned(), key(None)),
            ("alias/a".to_owned(), alias(None, "alias/a")),
            ("alias/aws/ebs".to_owned(), alias(None, "alias/aws/ebs")),
            (format!("arn:aws:kms:us-east-1:000000000042:key/{KEY}"), key(Some("000000000042"))),
            (
                "arn:aws:kms:us-east-1:000000000042:alias/a:b/c".to_owned(),
                alias(Some("000000000042"), "alias/a:b/c"),
            ),
        ] {
            assert_eq!(KeyReference::of_ec2(&text, &region()), Some(expected.clone()), "{text}");
            assert_eq!(KeyReference::of_kms(&text, &region()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn key_slash_uuid_is_read_by_ec2_only() {
        let text = format!("key/{KEY}");
        assert_eq!(KeyReference::of_ec2(&text, &region()), Some(key(None)));
        assert_eq!(KeyReference::of_kms(&text, &region()), Err(KeyRefusal::KeyIdInvalid(text)));
    }

    #[test]
    fn what_is_elsewhere_says_where() {
        for resource in [format!("key/{KEY}"), "alias/a".to_owned()] {
            let text = format!("arn:aws:kms:eu-west-1:000000000042:{resource}");
            assert_eq!(KeyReference::of_ec2(&text, &region()), None);
            assert_eq!(
                KeyReference::of_kms(&text, &region()),
                Err(KeyRefusal::ArnOfOtherRegion("eu-west-1".into()))
            );
        }
    }

    #[test]
    fn other_texts_are_ids_or_arns_that_are_invalid() {
        for text in [
            "",
            "key/",
            "key/alias/a",
            "key/key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "alias/",
            "alias/a b",
            "a",
            "1234ABCD-12ab-34cd-56ef-1234567890ab",
            "mrk-1234abcd12ab34cd56ef1234567890ab",
            " 1234abcd-12ab-34cd-56ef-1234567890ab",
            "ARN:aws:kms:us-east-1:000000000042:alias/a",
        ] {
            assert_eq!(KeyReference::of_ec2(text, &region()), None, "{text:?}");
            let refusal = KeyRefusal::KeyIdInvalid(text.into());
            assert_eq!(KeyReference::of_kms(text, &region()), Err(refusal), "{text:?}");
        }
        for text in [
            "arn:",
            "arn:aws:kms:us-east-1:000000000042",
            "arn:aws:kms:us-east-1:000000000042:",
            "arn:aws:kms:us-east-1:000000000042:alias/",
            "arn:aws:kms:us-east-1:000000000042:key/a",
            "arn:aws:kms:us-east-1:000000000042:1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws:kms:us-east-1:42:alias/a",
            "arn:aws:kms::000000000042:alias/a",
            "arn:aws:ebs:us-east-1:000000000042:alias/a",
            "arn:aws-cn:kms:us-east-1:000000000042:alias/a",
        ] {
            assert_eq!(KeyReference::of_ec2(text, &region()), None, "{text:?}");
            let refusal = KeyRefusal::ArnInvalid(text.into());
            assert_eq!(KeyReference::of_kms(text, &region()), Err(refusal), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn ec2_takes_what_kms_takes_and_key_slash_uuid(
            text in "(arn:aws:kms:)?((us-east-1|eu-west-1):000000000042:)?(key/)?(alias/)?[a-f0-9-]{0,36}",
        ) {
            let (ec2, kms) = (KeyReference::of_ec2(&text, &region()), KeyReference::of_kms(&text, &region()));
            match text.strip_prefix("key/") {
                Some(rest) => prop_assert_eq!((ec2, kms.is_err()), (rest.parse().ok().map(
                    |key| KeyReference::Key { account: None, key }
                ), true)),
                None => prop_assert_eq!(ec2, kms.ok()),
            }
        }
    }
}
