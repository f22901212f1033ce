//! The vocabulary of Ebbstone: what a snapshot, a region, a tag or a block index is, which values are legal,
//! which requests and answers the operations exchange, and why a request can be refused.
//!
//! This crate is pure. It reads no clock, draws no random numbers, opens no file and knows no wire format; what
//! it needs of the outside world it names as a port ([`Clock`], [`Randomness`]).

pub mod account;
pub mod block;
pub mod clock;
pub mod compat;
pub mod encryption_context;
pub mod filter;
pub mod grant;
pub mod key;
pub mod key_id;
pub mod key_refusal;
pub mod limits;
pub mod operation;
pub mod randomness;
pub mod refusal;
pub mod region;
pub mod snapshot;
pub mod snapshot_id;
pub mod store_id;
pub mod tag;
pub mod volume_size;
pub mod wildcard;

pub use account::AccountId;
pub use block::{BLOCK_BYTES, BlockDigest, BlockIndex};
pub use clock::{Clock, Sleep, Timestamp};
pub use compat::Compat;
pub use encryption_context::EncryptionContext;
pub use filter::Filter;
pub use grant::{Grant, GrantConstraints, GrantOperation};
pub use key::{KeyMetadata, KeyState, ManagedBy, RotationKind};
pub use key_id::{AliasName, GrantId, KeyArn, KeyId, MaterialId};
pub use key_refusal::{DenialReason, KeyDenial, KeyRefusal};
pub use randomness::Randomness;
pub use refusal::Refusal;
pub use region::RegionName;
pub use snapshot::{Snapshot, SnapshotOrigin, SnapshotState, TransferType};
pub use snapshot_id::SnapshotId;
pub use store_id::{DomainId, Incarnation, SegmentId, SessionId};
pub use tag::{Tag, TagSpecification};
pub use volume_size::VolumeSize;
