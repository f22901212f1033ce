//! Roots: the object that is a snapshot.
//!
//! ```text
//! 0    magic "EBRT", version u16, zeros u16, snapshot id 16, domain u64, nonce 12, CRC-32C of bytes 0..44
//! 48   node of level 2; its sealed part begins with: volume size GiB u32, zeros u32, blocks u64
//! ```
//!
//! The first 32 bytes are bound to the sealed part, so that one snapshot's root cannot stand for another's.

use bytes::Bytes;
use ebs::{DomainId, Incarnation, Randomness, SessionId, SnapshotId, VolumeSize};
use zeroize::Zeroizing;

use super::LogicalHash;
use super::branch::{Child, child_at, clear_children, decode_records, encode_records};
use super::table::{self, NodeName};
use crate::bytes_io::{Fields, crc32c};
use crate::object_store::ObjectName;
use crate::{Damage, DomainKeys, StoreError};

const MAGIC: [u8; 4] = *b"EBRT";
const VERSION: u16 = 1;
const BOUND_BYTES: usize = 32;
const HEADER_BYTES: usize = 48;
const CRC_AT: usize = 44;
const FACTS_BYTES: usize = 16;

/// The top of a snapshot's tree: its present branches, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root {
    pub(crate) volume_size: VolumeSize,
    pub(crate) children: Vec<Child>,
}

/// Names a snapshot's root object and says what its bytes are. Opaque to who keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootRef {
    pub(crate) incarnation: Incarnation,
    pub(crate) session: SessionId,
    pub(crate) snapshot: SnapshotId,
    pub(crate) domain: DomainId,
    /// BLAKE3 of the object: the row that holds this reference and the object vouch for each other.
    pub(crate) object_hash: [u8; 32],
}

impl Root {
    pub(crate) fn logical_hash(&self) -> LogicalHash {
        LogicalHash::of_root(self.children.iter().map(|child| (child.slot, &child.hash)))
    }

    /// Present blocks of the snapshot.
    pub(crate) fn blocks(&self) -> u64 {
        self.children.iter().map(|child| child.blocks).sum()
    }

    pub(crate) fn child(&self, slot: u16) -> Option<&Child> {
        child_at(&self.children, slot)
    }

    /// The root object of `snapshot`.
    pub(crate) fn encode(
        &self,
        snapshot: SnapshotId,
        keys: &DomainKeys,
        randomness: &dyn Randomness,
    ) -> Result<Bytes, StoreError> {
        let mut header = [0; HEADER_BYTES];
        header[..4].copy_from_slice(&MAGIC);
        header[4..6].copy_from_slice(&VERSION.to_le_bytes());
        header[8..24].copy_from_slice(&snapshot.to_bytes());
        header[24..32].copy_from_slice(&keys.domain().0.to_le_bytes());
        let mut records = Zeroizing::new(Vec::new());
        records.extend_from_slice(&self.volume_size.gib().to_le_bytes());
        records.extend_from_slice(&[0; 4]);
        records.extend_from_slice(&self.blocks().to_le_bytes());
        records.extend_from_slice(&encode_records(&self.children));
        let clear = clear_children(&self.children);
        let bound = &header[..BOUND_BYTES];
        let (nonce, node) = table::encode(name(keys.domain()), &clear, records, bound, keys, randomness)?;
        header[32..CRC_AT].copy_from_slice(&nonce);
        let crc = crc32c(&header[..CRC_AT]);
        header[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        Ok([&header[..], &node].concat().into())
    }

    /// The root in the object that `reference` names.
    ///
    /// # Errors
    /// [`Damage`] if these are not the bytes of that object, or they do not open under `keys`.
    pub(crate) fn decode(object: &[u8], reference: &RootRef, keys: &DomainKeys) -> Result<Self, Damage> {
        let (header, node) = object.split_at_checked(HEADER_BYTES).ok_or(Damage::Truncated)?;
        let crc = crc32c(&header[..CRC_AT]).to_le_bytes();
        if header[..4] != MAGIC
            || header[CRC_AT..] != crc
            || *blake3::hash(object).as_bytes() != reference.object_hash
        {
            return Err(Damage::Checksum);
        }
        if header[4..6] != VERSION.to_le_bytes() {
            return Err(Damage::UnknownVersion);
        }
        let names_snapshot = header[8..24] == reference.snapshot.to_bytes();
        if !names_snapshot || header[24..32] != keys.domain().0.to_le_bytes() {
            return Err(Damage::Malformed);
        }
        let nonce = Fields(&header[32..CRC_AT]).array().ok_or(Damage::Malformed)?;
        let node = table::decode(name(keys.domain()), node, nonce, &header[..BOUND_BYTES], keys)?;
        let (facts, records) = node.records.split_at_checked(FACTS_BYTES).ok_or(Damage::Malformed)?;
        let volume_size = Fields(facts).u32().and_then(|gib| VolumeSize::from_gib(u64::from(gib)));
        let root = Self {
            volume_size: volume_size.ok_or(Damage::Malformed)?,
            children: decode_records(&node, records)?,
        };
        if facts[8..] != root.blocks().to_le_bytes() {
            return Err(Damage::Malformed);
        }
        Ok(root)
    }
}

impl RootRef {
    /// Bytes that [`RootRef::to_bytes`] gives.
    pub const BYTES: usize = 80;

    /// The snapshot whose root it is.
    pub fn snapshot(&self) -> SnapshotId {
        self.snapshot
    }

    /// The domain whose keys open it.
    pub fn domain(&self) -> DomainId {
        self.domain
    }

    /// The reference as bytes, to be kept with the snapshot.
    pub fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        bytes.extend_from_slice(&self.incarnation.0);
        bytes.extend_from_slice(&self.session.0.to_le_bytes());
        bytes.extend_from_slice(&self.snapshot.to_bytes());
        bytes.extend_from_slice(&self.domain.0.to_le_bytes());
        bytes.extend_from_slice(&self.object_hash);
        bytes
    }

    /// The reference that [`RootRef::to_bytes`] wrote, or nothing if none has this form.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        let reference = Self {
            incarnation: Incarnation(fields.array()?),
            session: SessionId(fields.u64()?),
            snapshot: SnapshotId::from_bytes(fields.array()?)?,
            domain: DomainId(fields.u64()?),
            object_hash: fields.array()?,
        };
        fields.0.is_empty().then_some(reference)
    }

    /// The object that holds the root.
    pub fn object_name(&self) -> ObjectName {
        ObjectName::root(self.incarnation, self.snapshot, self.session)
    }
}

fn name(domain: DomainId) -> NodeName {
    NodeName { level: 2, number: 0, domain }
}
