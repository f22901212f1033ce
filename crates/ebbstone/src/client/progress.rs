//! How a transfer, or a wait, tells what is done.

/// Who is told how far something is. A transfer tells bytes: those of the blocks that are looked at, holes aside. A wait
/// tells per cents of each snapshot, and a comparison blocks of the volume.
pub(crate) trait Progress: Send + Sync {
    /// There is about so much to do, as far as is known by now.
    fn expect(&self, all: u64);

    /// So much more is done with.
    fn advance(&self, more: u64);
}

/// Nobody is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unseen;

impl Progress for Unseen {
    fn expect(&self, _all: u64) {}

    fn advance(&self, _more: u64) {}
}
