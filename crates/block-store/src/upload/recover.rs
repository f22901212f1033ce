//! Finding again what an upload has written.

use std::path::PathBuf;
use std::sync::Arc;

use ebs::{SegmentId, SessionId, SnapshotId};

use super::UploadSegment;
use crate::block_index::UploadEntry;
use crate::object_store::{ObjectError, ObjectName};
use crate::segment::{
    Interrupted, OpenSegment, Place, SEGMENT_HEADER_BYTES, SlotHeader, read_footer, slots_of_interrupted,
};
use crate::segment_writer::seal_segment;
use crate::store::Shared;
use crate::{DomainKeys, StoreError};

/// Who records that an interrupted segment is sealed now.
#[derive(Clone, Copy)]
pub(super) enum Sealer {
    /// The session that wrote it, which still holds it.
    Writer,
    /// A session that has taken over from the upload's sessions.
    Successor(SessionId),
}

/// Enters all writes of `snapshot` that lie in `segments` into the local index, and seals segments that were
/// interrupted. Gives the highest write sequence found. Doing it again changes nothing.
pub(super) async fn recover_writes(
    shared: &Arc<Shared>,
    keys: &Arc<DomainKeys>,
    snapshot: SnapshotId,
    segments: &[UploadSegment],
    sealer: Sealer,
) -> Result<u64, StoreError> {
    let mut last_write = 0;
    for segment in segments {
        let slots = match segment.sealed {
            true => read_footer(&*shared.objects, segment.id).await?,
            false => seal_interrupted(shared, segment.id, sealer).await?,
        };
        let (index, keys) = (shared.index.clone(), Arc::clone(keys));
        let (object, randomness) = (ObjectName::segment(segment.id), Arc::clone(&shared.randomness));
        let entering = move || {
            let writes = writes_of(snapshot, &slots, &keys).map_err(StoreError::in_object(&object))?;
            index.record_writes(snapshot, &writes)?;
            index.insert_slots(&keys, &slots, &*randomness)?;
            Ok::<u64, StoreError>(writes.iter().map(|(_, write)| write.write_sequence).max().unwrap_or(0))
        };
        last_write = last_write.max(shared.compute(entering).await??);
    }
    Ok(last_write)
}

type Writes = Vec<(ebs::BlockIndex, UploadEntry)>;

fn writes_of(
    snapshot: SnapshotId,
    slots: &[(Place, SlotHeader)],
    keys: &DomainKeys,
) -> Result<Writes, crate::Damage> {
    let mut writes = Vec::new();
    for (place, header) in slots {
        let Some(sealed) = header.origin else { continue };
        let origin = sealed.open(keys)?;
        if origin.snapshot == snapshot {
            let write_sequence = origin.write_sequence;
            writes.push((
                origin.index,
                UploadEntry { write_sequence, kind: header.kind, place: *place, origin: sealed },
            ));
        }
    }
    Ok(writes)
}

/// Brings a segment that is not recorded as sealed to its end: published already, a file to be closed and
/// published, or nothing.
async fn seal_interrupted(
    shared: &Shared,
    id: SegmentId,
    sealer: Sealer,
) -> Result<Vec<(Place, SlotHeader)>, StoreError> {
    let session = match sealer {
        Sealer::Writer => id.session,
        Sealer::Successor(session) => session,
    };
    let staged = shared.staging.join(OpenSegment::staged_name(id));
    // The published object comes first: the staged file may be the same file under its other name, which must
    // not be touched any more.
    match shared.objects.length(&ObjectName::segment(id)).await {
        Ok(bytes) => {
            let slots = read_footer(&*shared.objects, id).await?;
            if tokio::fs::try_exists(&staged).await.map_err(ObjectError::from_io)? {
                // The writer may have died before the published name was durable; publishing again makes it so.
                shared.objects.publish(&staged, &ObjectName::segment(id)).await?;
            }
            shared.ledger.seal(session, id, bytes, slots.len() as u32).await?;
            remove(staged).await?;
            return Ok(slots);
        }
        Err(ObjectError::NotFound(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let path = staged.clone();
    let found = tokio::task::spawn_blocking(move || match slots_of_interrupted(&path, id) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Interrupted::nothing()),
        found => Ok(found?.unwrap_or_else(Interrupted::nothing)),
    });
    let found = found.await.map_err(StoreError::unavailable)?.map_err(ObjectError::from_io)?;
    if found.slots.is_empty() {
        set_aside(staged).await?;
        return Ok(Vec::new());
    }
    let places = found.slots.iter().map(|(offset, header)| {
        let place = Place { segment: id, offset: *offset as u32, sealed_len: header.sealed_len };
        (place, header.clone())
    });
    let slots = places.collect();
    let interrupted = staged.clone();
    let segment = tokio::task::spawn_blocking(move || OpenSegment::resume(&interrupted, id, found));
    let segment = segment.await.map_err(StoreError::unavailable)?.map_err(ObjectError::from_io)?;
    seal_segment(shared, session, segment).await?;
    remove(staged).await?;
    Ok(slots)
}

/// Takes a staged file that holds nothing readable out of the way. It is kept if it is longer than an empty one: it
/// may be damaged, and somebody may want to look at it.
async fn set_aside(staged: PathBuf) -> Result<(), StoreError> {
    match tokio::fs::metadata(&staged).await {
        Ok(file) if file.len() > SEGMENT_HEADER_BYTES as u64 => {
            tracing::error!(file = %staged.display(), "an open segment cannot be read; it is set aside");
            let aside = staged.with_extension("damaged");
            Ok(tokio::fs::rename(staged, aside).await.map_err(ObjectError::from_io)?)
        }
        _ => remove(staged).await,
    }
}

async fn remove(staged: PathBuf) -> Result<(), StoreError> {
    match tokio::fs::remove_file(staged).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ObjectError::from_io(error).into()),
        _ => Ok(()),
    }
}
