//! The folder of a tour, and work on the files in it.

use std::fs::DirBuilder;
use std::io::Error;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use ebs::Randomness;

use crate::client::progress::Progress;

/// A folder; one that was made for a tour goes with the last holder of its handle.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    temporary: bool,
}

/// Tells how far work is, and the work whether anybody still waits for it.
pub(super) struct Watch {
    waiting: Weak<()>,
    progress: Box<dyn Progress>,
}

impl Folder {
    /// The folder at `path`, made if it is not there; it stays.
    pub(super) fn lasting(path: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(path)?;
        Ok(Self { path: path.to_owned(), temporary: false })
    }

    /// A new folder in `above` that only this user may enter, to be deleted in the end unless it is to be kept.
    ///
    /// # Errors
    /// [`std::io::ErrorKind::AlreadyExists`] if there is anything of its name, which is random: what others have put there is
    /// not used.
    pub(super) fn new_in(above: &Path, randomness: &dyn Randomness, keep: bool) -> Result<Self, Error> {
        let path = above.join(format!("ebbstone-quickstart-{:016x}", randomness.next_u64()));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self { path, temporary: !keep })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What `work` on files of the folder gives, done beside the event loop. If this is cancelled, the work fails at its
    /// next step, and the folder is there until then.
    pub(super) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        progress: Box<dyn Progress>,
        work: impl FnOnce(&Watch) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let waiting = Arc::new(());
        let (folder, watch) = (Arc::clone(self), Watch::while_held(&waiting, progress));
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&watch);
            drop(folder);
            done
        });
        let done = done.await.map_err(Error::other)?;
        drop(waiting);
        done
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            eprintln!("ebbstone: {} is left behind: {error}", self.path.display());
        }
    }
}

impl Watch {
    /// Of work that somebody waits for while `waiting` is held.
    pub(super) fn while_held(waiting: &Arc<()>, progress: Box<dyn Progress>) -> Self {
        Self { waiting: Arc::downgrade(waiting), progress }
    }

    /// There are about so many bytes to work on.
    pub(super) fn expect(&self, bytes: u64) {
        self.progress.expect(bytes);
    }

    /// So many more bytes are done with.
    ///
    /// # Errors
    /// One of no kind if nobody waits for the work any more.
    pub(super) fn advance(&self, bytes: u64) -> Result<(), Error> {
        self.progress.advance(bytes);
        match self.waiting.strong_count() {
            0 => Err(Error::other("nobody waits for this any more")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::sync::{Arc, mpsc};

    use ebs::Randomness;

    use super::Folder;
    use crate::client::progress::Unseen;

    /// Draws the same number again and again.
    struct Same;

    impl Randomness for Same {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    const NAME: &str = "ebbstone-quickstart-0707070707070707";

    #[test]
    fn a_new_folder_is_private_and_never_one_that_is_there() {
        let above = tempfile::tempdir().expect("a folder");
        let path = above.path().join(NAME);
        let made = Folder::new_in(above.path(), &Same, false).expect("is made");
        assert_eq!(made.path(), path);
        assert_eq!(std::fs::metadata(&path).expect("is there").permissions().mode() & 0o777, 0o700);
        let taken = || Folder::new_in(above.path(), &Same, false).expect_err("is taken").kind();
        assert_eq!(taken(), ErrorKind::AlreadyExists);
        assert!(path.is_dir(), "what was not made is not deleted");
        drop(made);
        assert!(!path.exists());
        let elsewhere = tempfile::tempdir().expect("a folder");
        symlink(elsewhere.path(), &path).expect("links");
        assert_eq!(taken(), ErrorKind::AlreadyExists);
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_ends_and_then_its_folder_goes() {
        let above = tempfile::tempdir().expect("a folder");
        let folder = Arc::new(Folder::new_in(above.path(), &Same, false).expect("is made"));
        let (began, begins) = mpsc::channel();
        let (ended, ends) = mpsc::channel();
        let path = folder.path().to_owned();
        let working = folder.work(Box::new(Unseen), move |watch| {
            watch.advance(0).and_then(|()| began.send(()).map_err(std::io::Error::other))?;
            while watch.advance(0).is_ok() {
                std::thread::yield_now();
            }
            ended.send(path.is_dir()).map_err(std::io::Error::other)
        });
        let mut working = Box::pin(working);
        assert!(futures_util::poll!(&mut working).is_pending());
        begins.recv().expect("begins");
        drop(working);
        drop(folder);
        assert!(ends.recv().expect("ends"), "the folder is there while there is work on it");
    }
}
