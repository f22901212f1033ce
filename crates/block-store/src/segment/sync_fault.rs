//! A staging folder whose files cannot be synchronised, for tests.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

static FOLDERS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// For as long as it lives, no open segment in its folder can be synchronised.
pub(crate) struct SyncFault {
    folder: PathBuf,
}

impl SyncFault {
    pub(crate) fn of(folder: &Path) -> Self {
        folders().insert(folder.to_owned());
        Self { folder: folder.to_owned() }
    }

    /// # Errors
    /// What a medium says that does not take the bytes of `file`, if its folder has a fault.
    pub(super) fn strike(file: &Path) -> Result<(), io::Error> {
        let is_struck = file.parent().is_some_and(|folder| folders().contains(folder));
        if is_struck { Err(io::Error::other("a fault of the test")) } else { Ok(()) }
    }
}

impl Drop for SyncFault {
    fn drop(&mut self) {
        folders().remove(&self.folder);
    }
}

fn folders() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    // A set of paths is whole between any two calls.
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}
