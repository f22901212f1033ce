//! GetKeyRotationStatus, EnableKeyRotation, DisableKeyRotation, RotateKeyOnDemand, ListKeyRotations.

use crate::operation::kms::KeyPage;
use crate::{KeyArn, MaterialId, RotationKind, Timestamp};

/// A GetKeyRotationStatus request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetKeyRotationStatusRequest {
    /// The key.
    pub key_id: String,
}

/// What GetKeyRotationStatus answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetKeyRotationStatusReply {
    /// The key.
    pub key: KeyArn,
    /// How it rotates by itself; none if it does not.
    pub automatic: Option<AutomaticRotation>,
}

/// The rotations of a key that nobody has to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AutomaticRotation {
    /// Days from one to the next.
    pub period_days: u32,
    /// When the next one is due; none if the state of the key holds it up.
    pub next: Option<Timestamp>,
}

/// An EnableKeyRotation request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnableKeyRotationRequest {
    /// The key.
    pub key_id: String,
    /// Days from one rotation to the next, if the client says: 90 to 2,560.
    pub period_days: Option<u32>,
}

/// A DisableKeyRotation request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisableKeyRotationRequest {
    /// The key.
    pub key_id: String,
}

/// A RotateKeyOnDemand request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateKeyOnDemandRequest {
    /// The key.
    pub key_id: String,
}

/// What RotateKeyOnDemand answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotateKeyOnDemandReply {
    /// The key, which has new material.
    pub key: KeyArn,
}

/// A ListKeyRotations request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListKeyRotationsRequest {
    /// The key.
    pub key_id: String,
    /// Whether the first material is asked for too, which no rotation made.
    pub all_material: bool,
    /// Which page.
    pub page: KeyPage<MaterialCursor>,
}

/// A place among the materials of a key, which are in the order in which they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaterialCursor {
    /// When the last one looked at was made.
    pub created: Timestamp,
    /// Its id.
    pub id: MaterialId,
}

/// A material as ListKeyRotations shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedMaterial {
    /// Its id.
    pub id: MaterialId,
    /// Whether the key encrypts under it now.
    pub is_current: bool,
    /// The rotation that made it; none for the first.
    pub rotation: Option<(Timestamp, RotationKind)>,
}

/// What ListKeyRotations answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListKeyRotationsReply {
    /// The key.
    pub key: KeyArn,
    /// Its materials, the oldest first.
    pub materials: Vec<ListedMaterial>,
    /// The last of them, if there are more.
    pub next: Option<MaterialCursor>,
}
