//! What can be done with a key in which state.

use ebs::{KeyArn, KeyRefusal, KeyState};

/// An action of KMS on one key. ReEncrypt is one on each of its two keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are actions of KMS")]
pub enum KeyOperation {
    CancelKeyDeletion,
    CreateAlias,
    CreateGrant,
    Decrypt,
    DeleteAlias,
    DescribeKey,
    DisableKey,
    DisableKeyRotation,
    EnableKey,
    EnableKeyRotation,
    Encrypt,
    GenerateDataKey,
    GenerateDataKeyWithoutPlaintext,
    GetKeyPolicy,
    GetKeyRotationStatus,
    ListAliases,
    ListGrants,
    ListKeyPolicies,
    ListKeyRotations,
    ListResourceTags,
    PutKeyPolicy,
    ReEncrypt,
    RetireGrant,
    RevokeGrant,
    RotateKeyOnDemand,
    ScheduleKeyDeletion,
    TagResource,
    UntagResource,
    /// On the key that the alias is to name; the one that it named before does not matter.
    UpdateAlias,
    UpdateKeyDescription,
}

/// Whether the state of a key allows `operation`.
///
/// # Errors
/// [`KeyRefusal::Disabled`], [`KeyRefusal::PendingDeletion`], [`KeyRefusal::NotPendingDeletion`] by the state; a
/// deleted key is [`KeyRefusal::KeyNotFound`] whatever is asked of it.
pub fn permits(key: &KeyArn, state: KeyState, operation: KeyOperation) -> Result<(), KeyRefusal> {
    let pending = || Err(KeyRefusal::PendingDeletion(key.clone()));
    match (state, demand(operation)) {
        (KeyState::Deleted, _) => Err(KeyRefusal::KeyNotFound(key.to_string())),
        (_, Demand::Nothing)
        | (KeyState::Enabled, Demand::Usable | Demand::Kept)
        | (KeyState::Disabled, Demand::Kept)
        | (KeyState::PendingDeletion, Demand::Pending) => Ok(()),
        (KeyState::Disabled, Demand::Usable) => Err(KeyRefusal::Disabled(key.clone())),
        (KeyState::PendingDeletion, Demand::Usable | Demand::Kept) => pending(),
        (KeyState::Enabled | KeyState::Disabled, Demand::Pending) => {
            Err(KeyRefusal::NotPendingDeletion(key.clone()))
        }
    }
}

/// What an operation needs a key to be.
enum Demand {
    /// Enabled.
    Usable,
    /// Enabled or disabled.
    Kept,
    /// Waiting for its deletion.
    Pending,
    /// Not deleted.
    Nothing,
}

fn demand(operation: KeyOperation) -> Demand {
    match operation {
        KeyOperation::CreateGrant
        | KeyOperation::Decrypt
        | KeyOperation::DisableKeyRotation
        | KeyOperation::EnableKeyRotation
        | KeyOperation::Encrypt
        | KeyOperation::GenerateDataKey
        | KeyOperation::GenerateDataKeyWithoutPlaintext
        | KeyOperation::ReEncrypt
        | KeyOperation::RotateKeyOnDemand => Demand::Usable,
        KeyOperation::CreateAlias
        | KeyOperation::DisableKey
        | KeyOperation::EnableKey
        | KeyOperation::ScheduleKeyDeletion
        | KeyOperation::TagResource
        | KeyOperation::UntagResource
        | KeyOperation::UpdateAlias
        | KeyOperation::UpdateKeyDescription => Demand::Kept,
        KeyOperation::CancelKeyDeletion => Demand::Pending,
        KeyOperation::DeleteAlias
        | KeyOperation::DescribeKey
        | KeyOperation::GetKeyPolicy
        | KeyOperation::GetKeyRotationStatus
        | KeyOperation::ListAliases
        | KeyOperation::ListGrants
        | KeyOperation::ListKeyPolicies
        | KeyOperation::ListKeyRotations
        | KeyOperation::ListResourceTags
        | KeyOperation::PutKeyPolicy
        | KeyOperation::RetireGrant
        | KeyOperation::RevokeGrant => Demand::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ebs::{KeyArn, KeyRefusal, KeyState};

    use super::{KeyOperation, permits};

    /// Each operation with what it is answered for a key that is enabled, disabled, pending deletion: done (+), is
    /// disabled (d), is pending deletion (p), is not pending deletion (n).
    const TABLE: [(KeyOperation, &str); 30] = [
        (KeyOperation::CancelKeyDeletion, "nn+"),
        (KeyOperation::CreateAlias, "++p"),
        (KeyOperation::CreateGrant, "+dp"),
        (KeyOperation::Decrypt, "+dp"),
        (KeyOperation::DeleteAlias, "+++"),
        (KeyOperation::DescribeKey, "+++"),
        (KeyOperation::DisableKey, "++p"),
        (KeyOperation::DisableKeyRotation, "+dp"),
        (KeyOperation::EnableKey, "++p"),
        (KeyOperation::EnableKeyRotation, "+dp"),
        (KeyOperation::Encrypt, "+dp"),
        (KeyOperation::GenerateDataKey, "+dp"),
        (KeyOperation::GenerateDataKeyWithoutPlaintext, "+dp"),
        (KeyOperation::GetKeyPolicy, "+++"),
        (KeyOperation::GetKeyRotationStatus, "+++"),
        (KeyOperation::ListAliases, "+++"),
        (KeyOperation::ListGrants, "+++"),
        (KeyOperation::ListKeyPolicies, "+++"),
        (KeyOperation::ListKeyRotations, "+++"),
        (KeyOperation::ListResourceTags, "+++"),
        (KeyOperation::PutKeyPolicy, "+++"),
        (KeyOperation::ReEncrypt, "+dp"),
        (KeyOperation::RetireGrant, "+++"),
        (KeyOperation::RevokeGrant, "+++"),
        (KeyOperation::RotateKeyOnDemand, "+dp"),
        (KeyOperation::ScheduleKeyDeletion, "++p"),
        (KeyOperation::TagResource, "++p"),
        (KeyOperation::UntagResource, "++p"),
        (KeyOperation::UpdateAlias, "++p"),
        (KeyOperation::UpdateKeyDescription, "++p"),
    ];

    fn arn() -> KeyArn {
        "arn:aws:kms:us-east-1:000000000042:key/1234abcd-12ab-34cd-56ef-1234567890ab"
            .parse()
            .expect("the name of a key")
    }

    #[test]
    fn each_operation_in_each_state() {
        let states = [KeyState::Enabled, KeyState::Disabled, KeyState::PendingDeletion];
        for (operation, row) in TABLE {
            assert_eq!(row.len(), states.len());
            for (state, cell) in states.into_iter().zip(row.chars()) {
                let expected = match cell {
                    'd' => Err(KeyRefusal::Disabled(arn())),
                    'p' => Err(KeyRefusal::PendingDeletion(arn())),
                    'n' => Err(KeyRefusal::NotPendingDeletion(arn())),
                    _ => Ok(()),
                };
                assert_eq!(permits(&arn(), state, operation), expected, "{operation:?} in {state:?}");
            }
        }
    }

    #[test]
    fn a_deleted_key_is_not_found_whatever_is_asked() {
        for (operation, _) in TABLE {
            let answer = permits(&arn(), KeyState::Deleted, operation);
            assert_eq!(answer, Err(KeyRefusal::KeyNotFound(arn().to_string())), "{operation:?}");
        }
    }

    #[test]
    fn the_table_has_every_operation() {
        let rows: BTreeSet<usize> = TABLE.map(|(operation, _)| operation as usize).into();
        let last = KeyOperation::UpdateKeyDescription as usize;
        assert!(rows.into_iter().eq(0..=last), "an operation is missing or there twice");
    }
}
