//! What an upload wrote, gathered from its segments and read in the order of block indexes.
//!
//! The table is the work of one attempt to complete the upload, and is gone with it.

use std::path::{Path, PathBuf};

use ebs::{BlockIndex, SessionId};
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition, TableError};

use crate::StoreError;
use crate::bytes_io::Fields;
use crate::limits::{WRITE_TABLE_CACHE_BYTES, WRITES_IN_MEMORY_MAX};
use crate::segment::{Place, SealedOrigin, SlotKind};

const WRITES: TableDefinition<'static, u32, &[u8]> = TableDefinition::new("writes");
const ROW_BYTES: usize = 8 + 8 + 1 + Place::BYTES + SealedOrigin::BYTES;
const FILE_PREFIX: &str = "writes-";

/// A write to one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Write {
    /// Of several writes to one block the highest holds: the place of the segment among the upload's, then the
    /// number that the segment's writer gave.
    pub(super) order: (u64, u64),
    pub(super) kind: SlotKind,
    /// Where the slot lies that says so.
    pub(super) place: Place,
    pub(super) origin: SealedOrigin,
}

/// The latest write to each block of an upload. Its methods block.
pub(crate) struct WriteTable {
    database: Database,
    file: Option<PathBuf>,
}

impl WriteTable {
    /// An empty table for about `writes` writes: in memory if they are few, else a file in `folder`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the file cannot be made.
    pub(super) fn create(folder: &Path, session: SessionId, writes: u64) -> Result<Self, StoreError> {
        let mut builder = Database::builder();
        builder.set_cache_size(WRITE_TABLE_CACHE_BYTES);
        if writes <= WRITES_IN_MEMORY_MAX {
            let database = builder.create_with_backend(redb::backends::InMemoryBackend::new());
            return Ok(Self { database: database.map_err(StoreError::unavailable)?, file: None });
        }
        let file = folder.join(format!("{FILE_PREFIX}{:016x}", session.0));
        let database = builder.create(&file).map_err(StoreError::unavailable)?;
        Ok(Self { database, file: Some(file) })
    }

    /// Removes the files of tables whose process died. No table may be in use.
    pub(crate) fn sweep(folder: &Path) -> Result<(), std::io::Error> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(FILE_PREFIX) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Enters writes; of several to one block the latest stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; the table must then be given up.
    pub(super) fn insert(&self, writes: &[(BlockIndex, Write)]) -> Result<(), StoreError> {
        let insert = || -> Result<(), redb::Error> {
            let mut transaction = self.database.begin_write()?;
            transaction.set_durability(Durability::None)?;
            {
                let mut table = transaction.open_table(WRITES)?;
                for (index, write) in writes {
                    let known = table.get(index.0)?.and_then(|row| Write::decode(row.value()));
                    if known.is_none_or(|known| known.order <= write.order) {
                        table.insert(index.0, write.encode().as_slice())?;
                    }
                }
            }
            Ok(transaction.commit()?)
        };
        insert().map_err(StoreError::unavailable)
    }

    /// The writes to blocks of index `from` or later: at most `limit`, ascending.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(super) fn read(
        &self,
        from: BlockIndex,
        limit: usize,
    ) -> Result<Vec<(BlockIndex, Write)>, StoreError> {
        let read = || -> Result<Vec<(BlockIndex, Write)>, redb::Error> {
            let table = match self.database.begin_read()?.open_table(WRITES) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                table => table?,
            };
            let mut writes = Vec::new();
            for row in table.range(from.0..)?.take(limit) {
                let (index, row) = row?;
                writes.extend(Write::decode(row.value()).map(|write| (BlockIndex(index.value()), write)));
            }
            Ok(writes)
        };
        read().map_err(StoreError::unavailable)
    }
}

impl Drop for WriteTable {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            // What is left is swept when the store is opened again.
            let _ = std::fs::remove_file(file);
        }
    }
}

impl Write {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(ROW_BYTES);
        bytes.extend_from_slice(&self.order.0.to_le_bytes());
        bytes.extend_from_slice(&self.order.1.to_le_bytes());
        bytes.push(self.kind as u8);
        bytes.extend_from_slice(&self.place.to_bytes());
        bytes.extend_from_slice(&self.origin.to_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        Some(Self {
            order: (fields.u64()?, fields.u64()?),
            kind: SlotKind::from_number(fields.u8()?)?,
            place: Place::from_bytes(fields.array()?),
            origin: SealedOrigin::from_bytes(&fields.array()?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use ebs::{BlockIndex, Incarnation, SegmentId, SessionId};

    use super::{Write, WriteTable};
    use crate::limits::WRITES_IN_MEMORY_MAX;
    use crate::segment::{Place, SealedOrigin, SlotKind};

    fn write(order: (u64, u64), offset: u32) -> Write {
        let segment =
            SegmentId { incarnation: Incarnation([1; 16]), session: SessionId(order.0), sequence: 0 };
        let place = Place { segment, offset, sealed_len: 7 };
        let origin = SealedOrigin::from_bytes(&[9; SealedOrigin::BYTES]).expect("an origin");
        Write { order, kind: SlotKind::Block, place, origin }
    }

    #[test]
    fn the_latest_write_of_each_block_is_read_in_order_from_memory_and_from_a_file() {
        for expected in [0, WRITES_IN_MEMORY_MAX + 1] {
            let folder = tempfile::tempdir().expect("a folder");
            let table = WriteTable::create(folder.path(), SessionId(1), expected).expect("creates");
            assert_eq!(table.read(BlockIndex(0), 10).expect("reads"), []);
            let writes = [(7, (2, 0)), (3, (1, 5)), (7, (1, 9)), (3, (1, 4)), (9, (1, 1)), (9, (2, 0))];
            for (number, (index, order)) in writes.into_iter().enumerate() {
                let entered = [(BlockIndex(index), write(order, number as u32))];
                table.insert(&entered).expect("inserts");
            }
            let read = |from, limit| {
                let writes = table.read(BlockIndex(from), limit).expect("reads");
                writes.iter().map(|(index, write)| (index.0, write.place.offset)).collect::<Vec<_>>()
            };
            assert_eq!(read(0, 10), [(3, 1), (7, 0), (9, 5)]);
            assert_eq!(read(4, 1), [(7, 0)]);
            let files = || std::fs::read_dir(folder.path()).expect("lists").count();
            assert_eq!(files(), usize::from(expected > 0));
            drop(table);
            assert_eq!(files(), 0, "the file is gone with the table");
        }
    }

    #[test]
    fn files_of_those_who_died_are_swept() {
        let folder = tempfile::tempdir().expect("a folder");
        let table = WriteTable::create(folder.path(), SessionId(1), u64::MAX).expect("creates");
        std::mem::forget(table);
        std::fs::write(folder.path().join("seg-1"), b"a segment").expect("writes");
        WriteTable::sweep(folder.path()).expect("sweeps");
        let left: Vec<_> = std::fs::read_dir(folder.path()).expect("lists").collect();
        assert_eq!(left.len(), 1);
    }
}
