//! A KMS key as the API shows it, and the states it goes through.

use crate::{KeyArn, MaterialId, Timestamp};

/// Where a key is in its life.
///
/// Legal moves: between `Enabled` and `Disabled`; from both to `PendingDeletion`; from there back to `Disabled`,
/// or, once its waiting time is over, to `Deleted`, which nothing leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Usable.
    Enabled,
    /// Kept, and used for nothing until it is enabled again.
    Disabled,
    /// Waits for the day of its deletion, and is used for nothing.
    PendingDeletion,
    /// Its secrets are gone. It is remembered so that what was encrypted under it can be told from what never was.
    Deleted,
}

impl KeyState {
    const ALL: [Self; 4] = [Self::Enabled, Self::Disabled, Self::PendingDeletion, Self::Deleted];

    /// The word for this state in answers and rows. No answer has the last one: a deleted key is not found.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion => "PendingDeletion",
            Self::Deleted => "Deleted",
        }
    }

    /// The state of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Who made a key and decides about it (`KeyManager` in the API).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ManagedBy {
    /// The service, for the account: `alias/aws/ebs`.
    Aws,
    /// The account.
    Customer,
}

impl ManagedBy {
    /// The word for it in answers and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Customer => "CUSTOMER",
        }
    }

    /// Who has this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Aws, Self::Customer].into_iter().find(|who| who.as_str() == word)
    }
}

/// What made a key rotate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RotationKind {
    /// Its period was over.
    Automatic,
    /// RotateKeyOnDemand.
    OnDemand,
}

impl RotationKind {
    /// The word for it in answers and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "AUTOMATIC",
            Self::OnDemand => "ON_DEMAND",
        }
    }

    /// The kind of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Automatic, Self::OnDemand].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A key as DescribeKey shows it. Every key here is symmetric, of our own making and of one region, and encrypts
/// and decrypts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMetadata {
    /// Its full name.
    pub arn: KeyArn,
    /// Who decides about it.
    pub managed_by: ManagedBy,
    /// Its state.
    pub state: KeyState,
    /// What its maker said it is for.
    pub description: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it will be deleted, while its deletion is pending.
    pub deletion_date: Option<Timestamp>,
    /// The secret under which it encrypts now.
    pub current_material: MaterialId,
}

#[cfg(test)]
mod tests {
    use super::{KeyState, ManagedBy, RotationKind};

    #[test]
    fn every_word_is_read_back_and_no_other_is() {
        for state in KeyState::ALL {
            assert_eq!(KeyState::from_word(state.as_str()), Some(state));
        }
        for who in [ManagedBy::Aws, ManagedBy::Customer] {
            assert_eq!(ManagedBy::from_word(who.as_str()), Some(who));
        }
        for kind in [RotationKind::Automatic, RotationKind::OnDemand] {
            assert_eq!(RotationKind::from_word(kind.as_str()), Some(kind));
        }
        for bad in ["", "enabled", "PendingImport", "aws", "Customer", "ON DEMAND"] {
            assert_eq!(KeyState::from_word(bad), None);
            assert_eq!(ManagedBy::from_word(bad), None);
            assert_eq!(RotationKind::from_word(bad), None);
        }
    }
}
