//! Grants: what somebody may do with one key, said beside the key's policy.

use std::collections::BTreeSet;

use crate::{EncryptionContext, GrantId, KeyArn, Timestamp};

/// What a grant can allow with a key of the kind that there is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the variants are actions of KMS")]
pub enum GrantOperation {
    CreateGrant,
    Decrypt,
    DescribeKey,
    Encrypt,
    GenerateDataKey,
    GenerateDataKeyWithoutPlaintext,
    ReEncryptFrom,
    ReEncryptTo,
    RetireGrant,
}

impl GrantOperation {
    /// All of them, sorted by their words.
    pub const ALL: [Self; 9] = [
        Self::CreateGrant,
        Self::Decrypt,
        Self::DescribeKey,
        Self::Encrypt,
        Self::GenerateDataKey,
        Self::GenerateDataKeyWithoutPlaintext,
        Self::ReEncryptFrom,
        Self::ReEncryptTo,
        Self::RetireGrant,
    ];

    /// The word for this operation in requests, answers and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateGrant => "CreateGrant",
            Self::Decrypt => "Decrypt",
            Self::DescribeKey => "DescribeKey",
            Self::Encrypt => "Encrypt",
            Self::GenerateDataKey => "GenerateDataKey",
            Self::GenerateDataKeyWithoutPlaintext => "GenerateDataKeyWithoutPlaintext",
            Self::ReEncryptFrom => "ReEncryptFrom",
            Self::ReEncryptTo => "ReEncryptTo",
            Self::RetireGrant => "RetireGrant",
        }
    }

    /// The operation of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.as_str() == word)
    }

    /// Whether requests for it have an encryption context. Constraints of a grant bear on these only.
    pub fn has_encryption_context(self) -> bool {
        match self {
            Self::Decrypt
            | Self::Encrypt
            | Self::GenerateDataKey
            | Self::GenerateDataKeyWithoutPlaintext
            | Self::ReEncryptFrom
            | Self::ReEncryptTo => true,
            Self::CreateGrant | Self::DescribeKey | Self::RetireGrant => false,
        }
    }
}

/// Which encryption contexts a grant is for. Both must hold if both are there; without them it is for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantConstraints {
    /// The context is exactly this one.
    pub equals: Option<EncryptionContext>,
    /// The context has each of these pairs.
    pub subset: Option<EncryptionContext>,
}

const EQUALS: u8 = 1;
const SUBSET: u8 = 2;

impl GrantConstraints {
    /// Whether a request in `context` is within them.
    pub fn admit(&self, context: &EncryptionContext) -> bool {
        self.equals.as_ref().is_none_or(|equals| equals == context)
            && self.subset.as_ref().is_none_or(|subset| context.contains(subset))
    }

    /// Whether these constraints say so by themselves that each context that they admit is admitted by `wider`.
    pub fn are_within(&self, wider: &Self) -> bool {
        let equals_holds = wider.equals.as_ref().is_none_or(|equals| self.equals.as_ref() == Some(equals));
        let subset_holds = wider.subset.as_ref().is_none_or(|subset| {
            [&self.equals, &self.subset].into_iter().flatten().any(|context| context.contains(subset))
        });
        equals_holds && subset_holds
    }

    /// The one form of these constraints in bytes: for each that is there, its kind u8 (1 equals, 2 subset, in this
    /// order), the length u32 little-endian and the bytes of its context.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (kind, context) in [(EQUALS, &self.equals), (SUBSET, &self.subset)] {
            if let Some(context) = context.as_ref().map(EncryptionContext::to_bytes) {
                bytes.push(kind);
                // A context's bytes are a small multiple of its bound.
                bytes.extend_from_slice(&(context.len() as u32).to_le_bytes());
                bytes.extend_from_slice(&context);
            }
        }
        bytes
    }

    /// The constraints that [`GrantConstraints::to_bytes`] wrote, or nothing if no constraints have this form.
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let equals = take_context(&mut bytes, EQUALS)?;
        let subset = take_context(&mut bytes, SUBSET)?;
        bytes.is_empty().then_some(Self { equals, subset })
    }
}

/// The context of this kind at the start of `bytes`, or none if another kind or nothing stands there; nothing if the
/// bytes have no legal form.
fn take_context(bytes: &mut &[u8], kind: u8) -> Option<Option<EncryptionContext>> {
    if bytes.first() != Some(&kind) {
        return Some(None);
    }
    let (length, rest) = bytes[1..].split_first_chunk()?;
    let (context, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    *bytes = rest;
    EncryptionContext::from_bytes(context).map(Some)
}

/// A grant as ListGrants shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// The key that it is for.
    pub key: KeyArn,
    /// The name under which a repeated request finds it again.
    pub name: Option<String>,
    /// The ARN of who may do what it allows.
    pub grantee: String,
    /// The ARN of who else may end it.
    pub retiring: Option<String>,
    /// The ARN of the account that issued it.
    pub issuer: String,
    /// What it allows.
    pub operations: BTreeSet<GrantOperation>,
    /// In which encryption contexts.
    pub constraints: GrantConstraints,
    /// When it was made.
    pub created: Timestamp,
}

impl Grant {
    /// Whether its grantee may do `operation` in `context`.
    pub fn allows(&self, operation: GrantOperation, context: &EncryptionContext) -> bool {
        self.operations.contains(&operation)
            && (!operation.has_encryption_context() || self.constraints.admit(context))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Grant, GrantConstraints, GrantOperation};
    use crate::{EncryptionContext, GrantId, Timestamp};

    fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        EncryptionContext::new(pairs.collect()).expect("short enough")
    }

    /// Few names and values, so that contexts often contain each other.
    fn any_context() -> impl Strategy<Value = EncryptionContext> {
        proptest::collection::btree_map("[ab]", "[12]", 0..3)
            .prop_map(|pairs| EncryptionContext::new(pairs).expect("short enough"))
    }

    fn any_constraints() -> impl Strategy<Value = GrantConstraints> {
        (proptest::option::of(any_context()), proptest::option::of(any_context()))
            .prop_map(|(equals, subset)| GrantConstraints { equals, subset })
    }

    #[test]
    fn operations_are_sorted_by_their_words_and_read_back() {
        assert!(GrantOperation::ALL.is_sorted());
        assert!(GrantOperation::ALL.map(GrantOperation::as_str).is_sorted());
        for operation in GrantOperation::ALL {
            assert_eq!(GrantOperation::from_word(operation.as_str()), Some(operation));
        }
        for bad in ["", "decrypt", "Sign", "GenerateMac", "ReEncrypt"] {
            assert_eq!(GrantOperation::from_word(bad), None);
        }
    }

    #[test]
    fn a_grant_allows_its_operations_in_its_contexts() {
        let grant = Grant {
            id: GrantId([1; 32]),
            key: "arn:aws:kms:us-east-1:000000000042:key/1234abcd-12ab-34cd-56ef-1234567890ab"
                .parse()
                .expect("the name of a key"),
            name: None,
            grantee: "arn:aws:iam::000000000042:root".into(),
            retiring: None,
            issuer: "arn:aws:iam::000000000042:root".into(),
            operations: [GrantOperation::Decrypt, GrantOperation::DescribeKey].into(),
            constraints: GrantConstraints { equals: None, subset: Some(context(&[("a", "1")])) },
            created: Timestamp(0),
        };
        assert!(grant.allows(GrantOperation::Decrypt, &context(&[("a", "1"), ("b", "2")])));
        assert!(!grant.allows(GrantOperation::Decrypt, &context(&[("b", "2")])));
        assert!(!grant.allows(GrantOperation::Encrypt, &context(&[("a", "1")])));
        let without = EncryptionContext::default();
        assert!(grant.allows(GrantOperation::DescribeKey, &without), "it has no context to constrain");
    }

    #[test]
    fn equals_is_exact_subset_is_contained_and_both_must_hold() {
        let (one, two) = (context(&[("a", "1")]), context(&[("a", "1"), ("b", "2")]));
        let equals = GrantConstraints { equals: Some(one.clone()), subset: None };
        assert!(equals.admit(&one) && !equals.admit(&two));
        let subset = GrantConstraints { equals: None, subset: Some(one.clone()) };
        assert!(subset.admit(&one) && subset.admit(&two) && !subset.admit(&context(&[("b", "2")])));
        let both = GrantConstraints { equals: Some(one.clone()), subset: Some(two.clone()) };
        assert!(!both.admit(&one) && !both.admit(&two));
        assert!(GrantConstraints::default().admit(&EncryptionContext::default()));
    }

    #[test]
    fn bytes_of_no_constraints_are_not_read() {
        for bad in [
            &[0][..],
            &[3, 4, 0, 0, 0, 0, 0, 0, 0],
            &[1, 4, 0, 0, 0],
            &[1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
            &[2, 4, 0, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0],
            &[1, 4, 0, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(GrantConstraints::from_bytes(bad), None, "{bad:?} was read");
        }
    }

    proptest! {
        #[test]
        fn what_is_within_admits_nothing_more(
            inner in any_constraints(),
            wider in any_constraints(),
            context in any_context(),
        ) {
            if inner.are_within(&wider) && inner.admit(&context) {
                prop_assert!(wider.admit(&context));
            }
            prop_assert!(inner.are_within(&inner));
            prop_assert!(inner.are_within(&GrantConstraints::default()));
        }

        #[test]
        fn bytes_and_constraints_are_one_to_one(one in any_constraints(), other in any_constraints()) {
            prop_assert_eq!(GrantConstraints::from_bytes(&one.to_bytes()), Some(one.clone()));
            prop_assert_eq!(one.to_bytes() == other.to_bytes(), one == other);
        }
    }
}
