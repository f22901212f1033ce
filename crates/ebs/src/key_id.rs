//! The names of KMS keys, and of what belongs to them: aliases, key material, grants.

use std::fmt;
use std::str::FromStr;

use crate::{AccountId, Randomness, RegionName};

/// The id of a KMS key: a UUID, written in lower case with hyphens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 16]);

/// The full name of a KMS key: `arn:aws:kms:REGION:ACCOUNT:key/UUID`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyArn {
    /// The region that has the key.
    pub region: RegionName,
    /// The account whose key it is.
    pub account: AccountId,
    /// The key.
    pub key: KeyId,
}

/// The name of an alias with its `alias/`: at most 256 characters, and behind the slash at least one, all of
/// `a-z A-Z 0-9 : / _ -`. Unique in an account and region.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasName(Box<str>);

/// The id of one secret of a key, which has a new one after each rotation. It is derived from the secret, tells
/// nothing about it, and no other secret has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaterialId(pub [u8; 32]);

/// The id of a grant: 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantId(pub [u8; 32]);

/// The text is not a UUID in lower case with hyphens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key id is a UUID in lower case with hyphens")]
pub struct NotAKeyId;

/// The text is not the full name of a KMS key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the name of a key is arn:aws:kms:REGION:ACCOUNT:key/UUID")]
pub struct NotAKeyArn;

/// The text is not the name of an alias.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of an alias is alias/ and letters, digits, colons, slashes, underscores and hyphens, 256 in all"
)]
pub struct NotAnAliasName;

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a grant id is 64 lower-case hexadecimal digits")]
pub struct NotAGrantId;

const ALIAS_PREFIX: &str = "alias/";
const ALIAS_CHARS_MAX: usize = 256;
/// Digits of a UUID between its hyphens.
const UUID_GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

impl KeyId {
    /// A new id with 122 random bits: a UUID of version 4.
    pub fn draw(randomness: &dyn Randomness) -> Self {
        let mut bytes = [0; 16];
        randomness.fill(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }

    /// The UUID's bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// The id of these bytes, whatever version of UUID they are.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl AliasName {
    /// The alias of the key that protects the data of an account that names no other.
    pub const AWS_EBS: &'static str = "alias/aws/ebs";

    /// The name [`AliasName::AWS_EBS`].
    pub fn aws_ebs() -> Self {
        Self(Self::AWS_EBS.into())
    }

    /// The name as text, with its `alias/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it begins with `alias/aws/`: accounts may not make, change or delete such aliases.
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with("alias/aws/")
    }

    /// The full name of this alias of `account` in `region`.
    pub fn arn(&self, region: &RegionName, account: AccountId) -> String {
        format!("arn:aws:kms:{region}:{account}:{self}")
    }
}

impl GrantId {
    /// A new id with 256 random bits.
    pub fn draw(randomness: &dyn Randomness) -> Self {
        let mut bytes = [0; 32];
        randomness.fill(&mut bytes);
        Self(bytes)
    }
}

impl FromStr for KeyId {
    type Err = NotAKeyId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.split('-').map(str::len).eq(UUID_GROUPS) {
            return Err(NotAKeyId);
        }
        from_hex(&text.replace('-', "")).map(Self).ok_or(NotAKeyId)
    }
}

impl FromStr for KeyArn {
    type Err = NotAKeyArn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.strip_prefix("arn:aws:kms:").ok_or(NotAKeyArn)?.splitn(3, ':');
        let (Some(region), Some(account), Some(resource)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NotAKeyArn);
        };
        Ok(Self {
            region: region.parse().map_err(|_| NotAKeyArn)?,
            account: account.parse().map_err(|_| NotAKeyArn)?,
            key: resource.strip_prefix("key/").and_then(|key| key.parse().ok()).ok_or(NotAKeyArn)?,
        })
    }
}

impl FromStr for AliasName {
    type Err = NotAnAliasName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let legal = text.len() <= ALIAS_CHARS_MAX
            && text.strip_prefix(ALIAS_PREFIX).is_some_and(|name| !name.is_empty())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/_-".contains(&byte));
        if legal { Ok(Self(text.into())) } else { Err(NotAnAliasName) }
    }
}

impl FromStr for GrantId {
    type Err = NotAGrantId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        from_hex(text).map(Self).ok_or(NotAGrantId)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let hyphen = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{hyphen}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Display for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "arn:aws:kms:{}:{}:key/{}", self.region, self.account, self.key)
    }
}

impl fmt::Display for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for KeyArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for MaterialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The bytes that `text` writes down as exactly two lower-case hexadecimal digits each.
fn from_hex<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * BYTES {
        return None;
    }
    let mut bytes = [0; BYTES];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(digits[0])? << 4 | digit(digits[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{AliasName, GrantId, KeyArn, KeyId, MaterialId};

    const KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    struct All(u8);

    impl crate::Randomness for All {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn a_key_id_is_a_uuid_in_lower_case_and_survives_text_and_bytes() {
        let key: KeyId = KEY.parse().expect("a UUID");
        assert_eq!(key.to_string(), KEY);
        assert_eq!(KeyId::from_bytes(key.to_bytes()), key);
        assert_eq!(key.to_bytes()[..4], [0x12, 0x34, 0xab, 0xcd]);
        for bad in [
            "",
            "1234ABCD-12ab-34cd-56ef-1234567890ab",
            "1234abcd12ab34cd56ef1234567890ab",
            "1234abc-d12ab-34cd-56ef-1234567890ab",
            "1234abcd-12ab-34cd-56ef-1234567890a",
            "1234abcd-12ab-34cd-56ef-1234567890ab-",
            "1234abcg-12ab-34cd-56ef-1234567890ab",
            "+234abcd-12ab-34cd-56ef-1234567890ab",
            "{234abcd-12ab-34cd-56ef-1234567890ab",
            "éé34abcd-12ab-34cd-56ef-1234567890",
            "mrk-1234abcd12ab34cd56ef1234567890ab",
        ] {
            assert!(bad.parse::<KeyId>().is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn a_drawn_key_id_is_a_uuid_of_version_4() {
        assert_eq!(KeyId::draw(&All(0xff)).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(KeyId::draw(&All(0)).to_string(), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn a_key_arn_is_of_one_form() {
        let text = format!("arn:aws:kms:eu-west-1:000000000042:key/{KEY}");
        let arn: KeyArn = text.parse().expect("the name of a key");
        assert_eq!(arn.to_string(), text);
        assert_eq!(arn.key.to_string(), KEY);
        for bad in [
            String::new(),
            KEY.to_owned(),
            format!("arn:aws-cn:kms:eu-west-1:000000000042:key/{KEY}"),
            format!("arn:aws:ebs:eu-west-1:000000000042:key/{KEY}"),
            format!("arn:aws:kms::000000000042:key/{KEY}"),
            format!("arn:aws:kms:eu-west-1::key/{KEY}"),
            format!("arn:aws:kms:eu-west-1:000000000042:{KEY}"),
            format!("arn:aws:kms:eu-west-1:000000000042:key/{KEY}:x"),
            format!(" arn:aws:kms:eu-west-1:000000000042:key/{KEY}"),
            "arn:aws:kms:eu-west-1:000000000042:alias/a".to_owned(),
            "arn:aws:kms:eu-west-1:000000000042".to_owned(),
        ] {
            assert!(bad.parse::<KeyArn>().is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn an_alias_has_its_prefix_a_name_and_256_characters_at_most() {
        let longest = format!("alias/{}", "x".repeat(250));
        for good in ["alias/a", "alias/A:b/c_d-9", "alias/aws/ebs", longest.as_str()] {
            assert_eq!(good.parse::<AliasName>().expect("a name").as_str(), good);
        }
        let too_long = format!("{longest}x");
        for bad in ["", "a", "alias/", "Alias/a", "alias/a b", "alias/é", "alias/a.b", "alias/a\n", &too_long]
        {
            assert!(bad.parse::<AliasName>().is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn only_names_below_alias_aws_are_reserved() {
        assert!(AliasName::aws_ebs().is_reserved());
        assert_eq!(Ok(AliasName::aws_ebs()), AliasName::AWS_EBS.parse());
        assert!(!"alias/awsome".parse::<AliasName>().expect("a name").is_reserved());
        let (region, account) =
            ("us-east-1".parse().expect("a name"), "000000000042".parse().expect("digits"));
        assert_eq!(
            AliasName::aws_ebs().arn(&region, account),
            "arn:aws:kms:us-east-1:000000000042:alias/aws/ebs"
        );
    }

    #[test]
    fn ids_of_grants_and_material_are_64_digits() {
        let grant = GrantId::draw(&All(0xa5));
        assert_eq!(grant.to_string(), "a5".repeat(32));
        assert_eq!(grant.to_string().parse(), Ok(grant));
        assert_eq!(MaterialId([0x0f; 32]).to_string(), "0f".repeat(32));
        for bad in ["", &"a".repeat(63), &"a".repeat(65), &"A".repeat(64), &"g".repeat(64)] {
            assert!(bad.parse::<GrantId>().is_err(), "{bad:?} was accepted");
        }
    }
}
