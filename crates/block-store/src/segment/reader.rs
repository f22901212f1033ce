//! Reading slots of sealed segments.

use bytes::Bytes;

use super::{Place, SLOT_HEADER_BYTES, Slot, SlotHeader};
use crate::limits::{READ_BYTES_MAX, READ_GAP_BYTES_MAX};
use crate::object_store::{ObjectName, ObjectStore};
use crate::{Damage, StoreError};

/// The slot at `place`, its checksums compared.
///
/// # Errors
/// [`StoreError::Damaged`] if what lies there is not a whole slot.
pub(crate) async fn read_slot(objects: &dyn ObjectStore, place: Place) -> Result<Slot, StoreError> {
    let name = ObjectName::segment(place.segment);
    check_legal(place)?;
    let bytes = objects.get(&name, place.range()).await?;
    slot_in(&bytes, place, 0).map_err(StoreError::in_object(&name))
}

/// The slots at `places`, in the order in which they are stored. Neighbours are read with one request; at most
/// [`READ_BYTES_MAX`] bytes are asked for at once, and all of them are in memory when this returns.
///
/// # Errors
/// As [`read_slot`], at the first slot that is not whole.
pub(crate) async fn read_slots(
    objects: &dyn ObjectStore,
    mut places: Vec<Place>,
) -> Result<Vec<(Place, Slot)>, StoreError> {
    places.sort_unstable();
    places.dedup();
    places.iter().try_for_each(|place| check_legal(*place))?;
    let mut slots = Vec::with_capacity(places.len());
    let mut rest = places.as_slice();
    while !rest.is_empty() {
        let (run, after) = rest.split_at(neighbours(rest));
        read_run(objects, run, &mut slots).await?;
        rest = after;
    }
    Ok(slots)
}

fn check_legal(place: Place) -> Result<(), StoreError> {
    if place.is_legal() {
        Ok(())
    } else {
        Err(StoreError::damaged(&ObjectName::segment(place.segment), Damage::Malformed))
    }
}

/// How many of the first places are read together.
fn neighbours(places: &[Place]) -> usize {
    let Some(first) = places.first() else { return 0 };
    let mut end = first.range().end;
    let joined = places[1..].iter().take_while(|place| {
        let joins = place.segment == first.segment
            && place.range().start <= end + READ_GAP_BYTES_MAX
            && place.range().end - first.range().start <= READ_BYTES_MAX;
        end = place.range().end;
        joins
    });
    1 + joined.count()
}

async fn read_run(
    objects: &dyn ObjectStore,
    run: &[Place],
    slots: &mut Vec<(Place, Slot)>,
) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok(()) };
    let name = ObjectName::segment(first.segment);
    let start = first.range().start;
    let bytes = objects.get(&name, start..last.range().end).await?;
    for place in run {
        let at = (place.range().start - start) as usize;
        let slot = slot_in(&bytes, *place, at).map_err(StoreError::in_object(&name))?;
        // A copy of its own, so that the bytes between the slots are given back with the run.
        let sealed = Bytes::copy_from_slice(&slot.sealed);
        slots.push((*place, Slot { sealed, ..slot }));
    }
    Ok(())
}

fn slot_in(bytes: &Bytes, place: Place, at: usize) -> Result<Slot, Damage> {
    let sealed_at = at + SLOT_HEADER_BYTES;
    let end = sealed_at + place.sealed_len as usize;
    let header =
        bytes.get(at..sealed_at).and_then(|header| header.try_into().ok()).ok_or(Damage::Truncated)?;
    let header = SlotHeader::decode(header)?;
    if header.sealed_len != place.sealed_len {
        return Err(Damage::Malformed);
    }
    if bytes.len() < end {
        return Err(Damage::Truncated);
    }
    Slot::checked(header, bytes.slice(sealed_at..end))
}
