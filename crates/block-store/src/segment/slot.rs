//! A slot: a header that says what follows, and sealed bytes.
//!
//! ```text
//! 0    magic "EBSL"      16  nonce 12               76   sealed origin 152 (of 136)
//! 4    version u8 = 1    28  CRC-32C of the         228  zeros 24
//! 5    kind u8               sealed bytes           252  CRC-32C of bytes 0..252
//! 6    codec u8          32  block identity 32
//! 7    flags u8          64  nonce of the
//! 8    plain_len u32         origin 12
//! 12   sealed_len u32
//! ```
//!
//! A block's slot has an origin: for which snapshot and index it was written, in which order, and what it is. It is
//! sealed. It is what makes an acknowledged block findable after a crash, and what keeps the key of a block that
//! arrived sealed in another domain.

use aws_lc_rs::aead::NONCE_LEN;
use bytes::Bytes;
use ebs::{BlockDigest, BlockIndex, Randomness, SnapshotId};
use zeroize::Zeroizing;

use super::{Place, SLOT_HEADER_BYTES};
use crate::bytes_io::{Fields, crc32c};
use crate::domain_keys::{BlockIdentity, BlockKey, TAG_BYTES};
use crate::limits::{SEALED_BYTES_MAX, TREE_BLOCKS_MAX};
use crate::{Codec, Damage, DomainKeys, SealedBlock, StoreError};

const MAGIC: [u8; 4] = *b"EBSL";
const VERSION: u8 = 1;
const FLAG_ORIGIN: u8 = 1;
const FLAG_FOREIGN: u8 = 2;
const CRC_AT: usize = SLOT_HEADER_BYTES - 4;
const ORIGIN_BYTES: usize = 136;
const SEALED_ORIGIN_BYTES: usize = ORIGIN_BYTES + TAG_BYTES;
const ORIGIN_BOUND: &[u8] = b"ebbstone origin v1";

/// What a slot holds. Numbers are those of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotKind {
    /// A block.
    Block = 1,
    /// A node of a snapshot tree: the leaf.
    Leaf = 2,
    /// A node of a snapshot tree above the leaves.
    Branch = 3,
    /// No bytes: an uploaded block whose bytes lie elsewhere. The origin says where.
    Reference = 4,
    /// No bytes: an uploaded block of zeros.
    Zero = 5,
}

/// The fixed part of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SlotHeader {
    pub(crate) kind: SlotKind,
    pub(crate) codec: Codec,
    pub(crate) plain_len: u32,
    pub(crate) sealed_len: u32,
    pub(crate) nonce: [u8; NONCE_LEN],
    pub(crate) sealed_crc: u32,
    /// The identity of a block's content in the segment's domain; zeros in other kinds.
    pub(crate) identity: [u8; 32],
    /// The block arrived sealed: its key cannot be derived in the segment's domain.
    pub(crate) foreign: bool,
    pub(crate) origin: Option<SealedOrigin>,
}

/// A slot that is to be written, or was read and whose checksum holds.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) header: SlotHeader,
    pub(crate) sealed: Bytes,
}

/// An [`Origin`], sealed under the metadata key of its domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SealedOrigin {
    nonce: [u8; NONCE_LEN],
    sealed: [u8; SEALED_ORIGIN_BYTES],
}

/// For what a block was written, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) snapshot: SnapshotId,
    pub(crate) index: BlockIndex,
    /// Writes of one upload are numbered; of several to one index the highest holds.
    pub(crate) write_sequence: u64,
    pub(crate) digest: BlockDigest,
    pub(crate) key: BlockKey,
    /// Where the bytes lie, in a [`SlotKind::Reference`].
    pub(crate) elsewhere: Option<Place>,
}

/// A block as it travels from slot to slot, after its checksum was compared.
pub(crate) fn sealed_block(slot: &Slot) -> SealedBlock {
    SealedBlock { codec: slot.header.codec, nonce: slot.header.nonce, bytes: slot.sealed.clone() }
}

impl SlotKind {
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        [Self::Block, Self::Leaf, Self::Branch, Self::Reference, Self::Zero]
            .into_iter()
            .find(|kind| *kind as u8 == number)
    }
}

impl Slot {
    /// The slot of a block that an upload wrote.
    pub(crate) fn of_uploaded_block(
        block: SealedBlock,
        identity: &BlockIdentity,
        origin: SealedOrigin,
    ) -> Self {
        let slot = Self::of_block(block, identity);
        Self { header: SlotHeader { origin: Some(origin), ..slot.header }, ..slot }
    }

    /// The slot of a block that arrived sealed in another domain. Its origin has the key.
    pub(crate) fn of_foreign_block(
        block: SealedBlock,
        identity: &BlockIdentity,
        origin: SealedOrigin,
    ) -> Self {
        let slot = Self::of_block(block, identity);
        Self { header: SlotHeader { foreign: true, origin: Some(origin), ..slot.header }, ..slot }
    }

    /// The slot of a node: clear and sealed bytes together.
    pub(crate) fn of_node(kind: SlotKind, nonce: [u8; NONCE_LEN], node: Bytes) -> Self {
        let plain_len = node.len() as u32;
        let slot = Self::without_payload(kind);
        Self { header: SlotHeader { plain_len, nonce, ..slot.header }, ..slot }.with_payload(node)
    }

    /// A slot without bytes: a [`SlotKind::Reference`] or [`SlotKind::Zero`].
    pub(crate) fn of_upload(kind: SlotKind, origin: SealedOrigin) -> Self {
        let slot = Self::without_payload(kind);
        Self { header: SlotHeader { origin: Some(origin), ..slot.header }, ..slot }
    }

    fn of_block(block: SealedBlock, identity: &BlockIdentity) -> Self {
        let slot = Self::without_payload(SlotKind::Block);
        let plain_len = ebs::BLOCK_BYTES as u32;
        let (codec, nonce, identity) = (block.codec, block.nonce, identity.0);
        Self { header: SlotHeader { codec, plain_len, nonce, identity, ..slot.header }, ..slot }
            .with_payload(block.bytes)
    }

    fn without_payload(kind: SlotKind) -> Self {
        let header = SlotHeader {
            kind,
            codec: Codec::Raw,
            plain_len: 0,
            sealed_len: 0,
            nonce: [0; NONCE_LEN],
            sealed_crc: crc32c(&[]),
            identity: [0; 32],
            foreign: false,
            origin: None,
        };
        Self { header, sealed: Bytes::new() }
    }

    fn with_payload(self, sealed: Bytes) -> Self {
        let (sealed_len, sealed_crc) = (sealed.len() as u32, crc32c(&sealed));
        Self { header: SlotHeader { sealed_len, sealed_crc, ..self.header }, sealed }
    }

    /// The slot of `header` whose payload is `sealed`.
    ///
    /// # Errors
    /// [`Damage::Checksum`] if these are not the bytes that were written.
    pub(crate) fn checked(header: SlotHeader, sealed: Bytes) -> Result<Self, Damage> {
        if sealed.len() != header.sealed_len as usize || crc32c(&sealed) != header.sealed_crc {
            return Err(Damage::Checksum);
        }
        Ok(Self { header, sealed })
    }
}

impl SlotHeader {
    pub(crate) fn encode(&self) -> [u8; SLOT_HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(SLOT_HEADER_BYTES);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[VERSION, self.kind as u8, self.codec as u8]);
        let origin = if self.origin.is_some() { FLAG_ORIGIN } else { 0 };
        bytes.push(origin | if self.foreign { FLAG_FOREIGN } else { 0 });
        bytes.extend_from_slice(&self.plain_len.to_le_bytes());
        bytes.extend_from_slice(&self.sealed_len.to_le_bytes());
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.sealed_crc.to_le_bytes());
        bytes.extend_from_slice(&self.identity);
        if let Some(origin) = &self.origin {
            bytes.extend_from_slice(&origin.to_bytes());
        }
        let mut header = [0; SLOT_HEADER_BYTES];
        header[..bytes.len()].copy_from_slice(&bytes);
        let crc = crc32c(&header[..CRC_AT]);
        header[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
        header
    }

    /// Whether `bytes` may be the first ones of a slot.
    pub(crate) fn may_begin_with(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// # Errors
    /// [`Damage`] if `bytes` is not a header that [`SlotHeader::encode`] wrote.
    pub(crate) fn decode(bytes: &[u8; SLOT_HEADER_BYTES]) -> Result<Self, Damage> {
        if bytes[..4] != MAGIC || bytes[CRC_AT..] != crc32c(&bytes[..CRC_AT]).to_le_bytes() {
            return Err(Damage::Checksum);
        }
        if bytes[4] != VERSION {
            return Err(Damage::UnknownVersion);
        }
        Self::decode_fields(Fields(&bytes[5..CRC_AT])).ok_or(Damage::Malformed)
    }

    fn decode_fields(mut fields: Fields<'_>) -> Option<Self> {
        let kind = SlotKind::from_number(fields.u8()?)?;
        let codec = Codec::from_number(fields.u8()?)?;
        let flags = fields.u8().filter(|flags| flags & !(FLAG_ORIGIN | FLAG_FOREIGN) == 0)?;
        let header = Self {
            kind,
            codec,
            plain_len: fields.u32()?,
            sealed_len: fields.u32().filter(|length| *length as usize <= SEALED_BYTES_MAX)?,
            nonce: fields.array()?,
            sealed_crc: fields.u32()?,
            identity: fields.array()?,
            foreign: flags & FLAG_FOREIGN != 0,
            origin: None,
        };
        let origin = SealedOrigin { nonce: fields.array()?, sealed: fields.array()? };
        Some(Self { origin: (flags & FLAG_ORIGIN != 0).then_some(origin), ..header })
    }
}

impl SealedOrigin {
    pub(crate) const BYTES: usize = NONCE_LEN + SEALED_ORIGIN_BYTES;

    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..NONCE_LEN].copy_from_slice(&self.nonce);
        bytes[NONCE_LEN..].copy_from_slice(&self.sealed);
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let mut fields = Fields(bytes);
        Some(Self { nonce: fields.array()?, sealed: fields.array()? })
    }

    pub(crate) fn open(&self, keys: &DomainKeys) -> Result<Origin, Damage> {
        let mut bytes = Zeroizing::new(self.sealed);
        let plain =
            keys.open_metadata(self.nonce, &mut bytes[..], ORIGIN_BOUND).ok_or(Damage::DoesNotOpen)?;
        Origin::decode(Fields(plain)).ok_or(Damage::Malformed)
    }
}

impl Origin {
    pub(crate) fn seal(
        &self,
        keys: &DomainKeys,
        randomness: &dyn Randomness,
    ) -> Result<SealedOrigin, StoreError> {
        let mut bytes = Vec::with_capacity(SEALED_ORIGIN_BYTES);
        bytes.extend_from_slice(&self.snapshot.to_bytes());
        bytes.extend_from_slice(&self.index.0.to_le_bytes());
        bytes.extend_from_slice(&u32::from(self.elsewhere.is_some()).to_le_bytes());
        bytes.extend_from_slice(&self.write_sequence.to_le_bytes());
        bytes.extend_from_slice(&self.digest.0);
        bytes.extend_from_slice(&self.key.0);
        bytes.extend_from_slice(&self.elsewhere.map_or([0; Place::BYTES], Place::to_bytes));
        bytes.resize(ORIGIN_BYTES, 0);
        let nonce = keys.seal_metadata(&mut bytes, ORIGIN_BOUND, randomness)?;
        let sealed = bytes.as_slice().try_into().map_err(|_| StoreError::SealingFailed)?;
        Ok(SealedOrigin { nonce, sealed })
    }

    fn decode(mut fields: Fields<'_>) -> Option<Self> {
        let snapshot = SnapshotId::from_bytes(fields.array()?)?;
        let index = Some(BlockIndex(fields.u32()?)).filter(|index| index.0 < TREE_BLOCKS_MAX)?;
        let is_elsewhere = fields.u32()? != 0;
        let write_sequence = fields.u64()?;
        let digest = BlockDigest(fields.array()?);
        let key = BlockKey(fields.array()?);
        let place = Some(Place::from_bytes(fields.array()?)).filter(|place| place.is_legal())?;
        Some(Self { snapshot, index, write_sequence, digest, key, elsewhere: is_elsewhere.then_some(place) })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use ebs::{BlockDigest, BlockIndex, DomainId, Incarnation, SegmentId, SessionId};

    use super::{Origin, Slot, SlotHeader, SlotKind};
    use crate::segment::Place;
    use crate::test_randomness::Seeded;
    use crate::{Damage, DomainKeys};

    fn origin(keys: &DomainKeys) -> Origin {
        let segment = SegmentId { incarnation: Incarnation([1; 16]), session: SessionId(2), sequence: 3 };
        let digest = BlockDigest([5; 32]);
        Origin {
            snapshot: "snap-0123456789abcdef0".parse().expect("an id"),
            index: BlockIndex(77),
            write_sequence: 9,
            key: keys.block_key(&digest),
            digest,
            elsewhere: Some(Place { segment, offset: 64, sealed_len: 5 }),
        }
    }

    #[test]
    fn a_header_survives_bytes_and_any_flipped_bit_is_noticed() {
        let keys = DomainKeys::derive(DomainId(1), &[1; 32]);
        let sealed = origin(&keys).seal(&keys, &Seeded::new(1)).expect("seals");
        let header = Slot::of_upload(SlotKind::Reference, sealed).header;
        let bytes = header.encode();
        assert_eq!(SlotHeader::decode(&bytes), Ok(header.clone()));
        let read = SlotHeader::decode(&bytes).expect("decodes").origin.expect("has an origin");
        assert_eq!(read.open(&keys), Ok(origin(&keys)));
        let stranger = DomainKeys::derive(DomainId(1), &[2; 32]);
        assert_eq!(read.open(&stranger), Err(Damage::DoesNotOpen));
        for bit in 0..bytes.len() * 8 {
            let mut mutant = bytes;
            mutant[bit / 8] ^= 1 << (bit % 8);
            assert!(SlotHeader::decode(&mutant).is_err(), "bit {bit} was not noticed");
        }
    }

    #[test]
    fn payloads_are_compared_with_their_checksum() {
        let slot = Slot::of_node(SlotKind::Leaf, [0; 12], Bytes::from_static(b"node"));
        assert!(Slot::checked(slot.header.clone(), Bytes::from_static(b"node")).is_ok());
        for other in ["nodf", "nod", "node ", ""] {
            assert_eq!(Slot::checked(slot.header.clone(), other.into()).err(), Some(Damage::Checksum));
        }
    }
}
