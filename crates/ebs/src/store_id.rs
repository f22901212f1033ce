//! Identifiers that the catalog and the block store share: who writes, under which secret, and into which object.

use std::fmt;

/// A region store's random mark, drawn when its catalog is made. A catalog that is restored or rebuilt draws a
/// new one, so that objects it names can never be those its predecessor wrote.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub [u8; 16]);

/// A session: one writer's or reader's licence. Numbers only grow within an incarnation, so that the number is
/// also the fencing token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// A domain: the scope of one secret, (region, account, KMS key, generation). Blocks are shared inside a domain only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainId(pub u64);

/// The name of a segment: which incarnation, which session wrote it, and its number within that session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId {
    /// The store's incarnation when it was written.
    pub incarnation: Incarnation,
    /// The session that wrote it.
    pub session: SessionId,
    /// Its number within the session, from 0.
    pub sequence: u32,
}

impl SegmentId {
    /// Bytes that [`SegmentId::to_bytes`] gives.
    pub const BYTES: usize = 28;

    /// The id as bytes: incarnation, session and sequence, numbers little-endian.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..16].copy_from_slice(&self.incarnation.0);
        bytes[16..24].copy_from_slice(&self.session.0.to_le_bytes());
        bytes[24..].copy_from_slice(&self.sequence.to_le_bytes());
        bytes
    }

    /// The id that [`SegmentId::to_bytes`] wrote.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let [incarnation @ .., s0, s1, s2, s3, s4, s5, s6, s7, q0, q1, q2, q3] = bytes;
        Self {
            incarnation: Incarnation(incarnation),
            session: SessionId(u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7])),
            sequence: u32::from_le_bytes([q0, q1, q2, q3]),
        }
    }
}

impl fmt::Debug for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:016x}-{:08x}", self.incarnation, self.session.0, self.sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::{Incarnation, SegmentId, SessionId};

    #[test]
    fn a_segment_id_survives_bytes() {
        let id = SegmentId { incarnation: Incarnation([7; 16]), session: SessionId(1 << 40), sequence: 9 };
        assert_eq!(SegmentId::from_bytes(id.to_bytes()), id);
    }
}
