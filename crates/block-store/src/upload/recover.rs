//! Bringing segments that an upload's writers left open to their end.

use std::path::PathBuf;
use std::sync::Arc;

use ebs::{SegmentId, SessionId};

use super::UploadSegment;
use crate::object_store::{ObjectError, ObjectName};
use crate::segment::{
    OpenSegment, Place, SEGMENT_HEADER_BYTES, SlotHeader, read_footer, slots_of_interrupted,
};
use crate::segment_writer::seal_segment;
use crate::store::Shared;
use crate::{DomainKeys, SealedBy, SealedSegment, StoreError};

/// Seals those of `segments` that were interrupted, and enters their blocks into the local index. Doing it again
/// changes nothing. `successor` is the session that has taken over from the upload's; without one, each segment is
/// still held by the session that wrote it.
///
/// # Errors
/// [`StoreError`] if one of them cannot be read or sealed.
pub(super) async fn seal_all_interrupted(
    shared: &Arc<Shared>,
    keys: &Arc<DomainKeys>,
    segments: &[UploadSegment],
    successor: Option<SessionId>,
) -> Result<(), StoreError> {
    for segment in segments.iter().filter(|segment| !segment.sealed) {
        let slots = seal_interrupted(shared, segment.id, successor).await?;
        let (index, keys) = (shared.index.clone(), Arc::clone(keys));
        let randomness = Arc::clone(&shared.randomness);
        shared.compute(move || index.insert_slots(&keys, &slots, &*randomness)).await??;
    }
    Ok(())
}

/// Brings a segment that is not recorded as sealed to its end: published already, a file to be closed and
/// published, or nothing.
async fn seal_interrupted(
    shared: &Shared,
    id: SegmentId,
    successor: Option<SessionId>,
) -> Result<Vec<(Place, SlotHeader)>, StoreError> {
    let session = successor.unwrap_or(id.session);
    let staged = shared.staging.join(OpenSegment::staged_name(id));
    // The published object comes first: the staged file may be the same file under its other name, which must
    // not be touched any more.
    match shared.objects.length(&ObjectName::segment(id)).await {
        Ok(bytes) => {
            let slots = read_footer(&*shared.objects, id).await?;
            // Who published it may have died before the name was durable. The staged file is the object under its
            // other name, or what the object was taken up from.
            shared.objects.make_durable(&ObjectName::segment(id)).await?;
            let sealed = SealedSegment { bytes, slots: slots.len() as u32, by: SealedBy::Successor };
            shared.ledger.seal(session, id, sealed).await?;
            remove(staged).await?;
            return Ok(slots);
        }
        Err(ObjectError::NotFound(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let path = staged.clone();
    let found = tokio::task::spawn_blocking(move || slots_of_interrupted(&path, id));
    let found = found.await.map_err(StoreError::unavailable)??;
    if found.slots.is_empty() {
        set_aside(staged).await?;
        return Ok(Vec::new());
    }
    if found.unreadable > 0 {
        let (file, bytes) = (staged.display(), found.unreadable);
        tracing::error!(%file, bytes, "a part of an open segment cannot be read; blocks may be missing");
    }
    let places = found.slots.iter().map(|(offset, header)| {
        let place = Place { segment: id, offset: *offset as u32, sealed_len: header.sealed_len };
        (place, header.clone())
    });
    let slots = places.collect();
    let interrupted = staged.clone();
    let segment = tokio::task::spawn_blocking(move || OpenSegment::resume(&interrupted, id, found));
    let segment = segment.await.map_err(StoreError::unavailable)?.map_err(ObjectError::from_io)?;
    seal_segment(shared, session, segment, SealedBy::Successor).await?;
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
