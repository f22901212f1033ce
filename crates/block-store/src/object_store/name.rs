//! Names of objects.

use std::fmt;
use std::sync::Arc;

use ebs::{DomainId, Incarnation, SegmentId, SessionId, SnapshotId};

/// The name of an object: parts of lower-case letters, digits and hyphens with slashes between them. Only this
/// module makes names, so that none can leave the store's folder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName(Arc<str>);

impl ObjectName {
    /// The object of a segment. The two digits before the session spread segments over 256 folders.
    pub fn segment(id: SegmentId) -> Self {
        let (session, sequence) = (id.session.0, id.sequence);
        let folder = (session ^ u64::from(sequence)) & 0xff;
        Self(format!("seg/{}/{folder:02x}/{session:016x}-{sequence:08x}", id.incarnation).into())
    }

    /// The root object that `session` writes for `snapshot`.
    pub fn root(incarnation: Incarnation, snapshot: SnapshotId, session: SessionId) -> Self {
        Self(format!("snap/{incarnation}/{snapshot}-{:016x}", session.0).into())
    }

    /// The wrapped secret of a domain.
    pub fn domain_secret(incarnation: Incarnation, domain: DomainId) -> Self {
        Self(format!("key/{incarnation}/domain-{:016x}", domain.0).into())
    }

    /// The check value of the region's key.
    pub fn key_check() -> Self {
        Self("key/check".into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name that a listing gave back, or nothing if no name has this form.
    pub(crate) fn from_listing(text: &str) -> Option<Self> {
        let legal = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        };
        text.split('/').all(legal).then(|| Self(text.into()))
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
