//! The block store: sealed blocks and the trees that make snapshots of them, over an object store.
//!
//! It knows no account, no SQL and no HTTP. Bytes go in with the keys of a domain and come out verified: a block
//! that is read is the block that was written, or an error. What may be referenced and what may be deleted is
//! decided by a [`SegmentLedger`].

mod block_index;
mod bytes_io;
mod context_pool;
mod copy;
mod domain_keys;
mod error;
#[cfg(test)]
mod hostile_bytes;
mod ledger;
pub mod limits;
mod memory_budget;
mod node;
mod object_store;
mod sealed_block;
mod segment;
mod segment_writer;
mod staging;
mod store;
#[cfg(test)]
mod test_ledger;
#[cfg(test)]
mod test_mutation;
#[cfg(test)]
mod test_objects;
#[cfg(test)]
mod test_randomness;
#[cfg(test)]
mod test_store;
mod tree;
mod tree_builder;
mod upload;

pub use copy::{
    CopyOutcome, CopyProgress, CopySource, SourceBlock, SourceChild, SourceLeaf, SourceRoot, copy_tree,
};
pub use domain_keys::{BlockIdentity, BlockKey, DomainKeys};
pub use error::{Damage, StoreError};
pub use ledger::{LedgerError, SealedBy, SealedSegment, SegmentLedger};
pub use memory_budget::{MemoryBudget, MemoryPermit};
pub use node::{LogicalHash, RootRef};
pub use object_store::{
    LocalDirectory, Memory, ObjectError, ObjectName, ObjectStore, S3Addressing, S3Bucket, S3Credentials,
    S3Settings,
};
pub use sealed_block::{Codec, SealedBlock, block_digest, is_zero};
pub use store::{BlockStore, StoreParts};
pub use tree::{PresentBlock, SnapshotTree, TreeDifference, difference};
pub use tree_builder::SnapshotWritten;
pub use upload::{
    CompleteUploadError, ExpectedUpload, Upload, UploadOutcome, UploadSegment, WriteBlockError,
    complete_upload,
};
