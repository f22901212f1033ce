//! How a transfer tells what it has done.

/// Who is told how far a transfer is. Bytes are those of the blocks that are looked at, holes aside.
pub(crate) trait Progress: Send + Sync {
    /// There are about so many bytes to look at, as far as is known by now.
    fn expect(&self, bytes: u64);

    /// So many more bytes are done with.
    fn advance(&self, bytes: u64);
}

/// Nobody is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unseen;

impl Progress for Unseen {
    fn expect(&self, _bytes: u64) {}

    fn advance(&self, _bytes: u64) {}
}
