//! Objects as files in a directory.
//!
//! A file is published by one sequence: write elsewhere, fsync the file, link it to its name, fsync the folder that
//! now names it. Folders are created with an fsync of the folder above. A file whose fsync failed is never tried
//! again, because the kernel may have marked pages clean that never reached the medium.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use super::{ObjectError, ObjectName, ObjectStore};

/// Objects as files below a directory, which one process at a time may use.
#[derive(Debug, Clone)]
pub struct LocalDirectory {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    root: PathBuf,
    /// Folders known to be durable: each was created and the folder above it synchronised since this started.
    durable_folders: Mutex<BTreeSet<PathBuf>>,
    puts: AtomicU64,
    _lock: File,
}

const STAGING: &str = "staging";
/// Staged names of small objects; those of a process that died are swept when the next one starts.
const PUT_PREFIX: &str = "put-";

impl LocalDirectory {
    /// Opens the directory `root`, which is created if it is not there.
    ///
    /// # Errors
    /// [`ObjectError::Unavailable`] if it cannot be used, or if another process uses it.
    pub fn open(root: &Path) -> Result<Self, ObjectError> {
        Self::open_or_io_error(root).map_err(ObjectError::from_io)
    }

    /// The folder whose files can be published here: it is on the same file system.
    pub fn staging(&self) -> PathBuf {
        self.shared.root.join(STAGING)
    }

    fn open_or_io_error(root: &Path) -> Result<Self, std::io::Error> {
        fs::create_dir_all(root)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(root.join("lock"))?;
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
        if let Some(above) = fs::canonicalize(root)?.parent() {
            File::open(above)?.sync_all()?;
        }
        let durable_folders = Mutex::new(BTreeSet::from([root.to_owned()]));
        let shared = Shared { root: root.to_owned(), durable_folders, puts: AtomicU64::new(0), _lock: lock };
        shared.make_folder(&root.join(STAGING))?;
        for entry in fs::read_dir(root.join(STAGING))? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(PUT_PREFIX) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Self { shared: Arc::new(shared) })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, ObjectError> + Send + 'static,
    ) -> Result<T, ObjectError> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || work(&shared))
            .await
            .unwrap_or_else(|stopped| Err(ObjectError::Unavailable(Arc::new(stopped))))
    }
}

#[async_trait]
impl ObjectStore for LocalDirectory {
    async fn publish(&self, staged: &Path, name: &ObjectName) -> Result<(), ObjectError> {
        let (staged, name) = (staged.to_owned(), name.clone());
        self.blocking(move |shared| {
            let file = File::open(&staged).map_err(ObjectError::from_io)?;
            shared.publish(&file, &staged, &name)
        })
        .await
    }

    async fn put(&self, name: &ObjectName, bytes: Bytes) -> Result<(), ObjectError> {
        let name = name.clone();
        self.blocking(move |shared| {
            let number = shared.puts.fetch_add(1, Ordering::Relaxed);
            let staged = shared.root.join(STAGING).join(format!("{PUT_PREFIX}{number:016x}"));
            let published = write_new(&staged, &bytes)
                .map_err(ObjectError::from_io)
                .and_then(|file| shared.publish(&file, &staged, &name));
            if published.is_err() {
                // Nothing to do if it cannot be removed: the next start sweeps it.
                let _ = fs::remove_file(&staged);
            }
            published
        })
        .await
    }

    async fn make_durable(&self, name: &ObjectName) -> Result<(), ObjectError> {
        let name = name.clone();
        self.blocking(move |shared| shared.make_durable(&name)).await
    }

    async fn get(&self, name: &ObjectName, range: Range<u64>) -> Result<Bytes, ObjectError> {
        let name = name.clone();
        self.blocking(move |shared| {
            let mut file = shared.open(&name)?;
            let length = file.metadata().map_err(ObjectError::from_io)?.len();
            let end = range.end.min(length);
            let wanted = usize::try_from(end.saturating_sub(range.start)).unwrap_or(usize::MAX);
            let mut bytes = Vec::with_capacity(wanted);
            file.seek(SeekFrom::Start(range.start)).map_err(ObjectError::from_io)?;
            file.take(wanted as u64).read_to_end(&mut bytes).map_err(ObjectError::from_io)?;
            Ok(bytes.into())
        })
        .await
    }

    async fn length(&self, name: &ObjectName) -> Result<u64, ObjectError> {
        let name = name.clone();
        self.blocking(move |shared| Ok(shared.open(&name)?.metadata().map_err(ObjectError::from_io)?.len()))
            .await
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), ObjectError> {
        let name = name.clone();
        self.blocking(move |shared| match fs::remove_file(shared.path(&name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(ObjectError::from_io(error)),
            _ => Ok(()),
        })
        .await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&ObjectName>,
        limit: usize,
    ) -> Result<Vec<ObjectName>, ObjectError> {
        let (prefix, after) = (prefix.to_owned(), after.cloned());
        self.blocking(move |shared| {
            let mut names = BTreeSet::new();
            for area in ["key", "seg", "snap"] {
                collect_names(&shared.root.join(area), area, &prefix, &mut names)
                    .map_err(ObjectError::from_io)?;
            }
            let later = names.into_iter().filter(|name| after.as_ref().is_none_or(|after| name > after));
            Ok(later.take(limit).collect())
        })
        .await
    }

    fn staging_is_durable(&self) -> bool {
        true
    }
}

impl Shared {
    fn path(&self, name: &ObjectName) -> PathBuf {
        self.root.join(name.as_str())
    }

    fn open(&self, name: &ObjectName) -> Result<File, ObjectError> {
        File::open(self.path(name)).map_err(|error| match error.kind() {
            ErrorKind::NotFound => ObjectError::NotFound(name.clone()),
            _ => ObjectError::from_io(error),
        })
    }

    fn make_durable(&self, name: &ObjectName) -> Result<(), ObjectError> {
        let not_durable = |error| ObjectError::NotDurable(Arc::new(error));
        let path = self.path(name);
        self.open(name)?.sync_all().map_err(not_durable)?;
        let folder = path.parent().unwrap_or(&self.root);
        self.make_folder(folder).map_err(ObjectError::from_io)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(not_durable)
    }

    fn publish(&self, file: &File, staged: &Path, name: &ObjectName) -> Result<(), ObjectError> {
        let not_durable = |error| ObjectError::NotDurable(Arc::new(error));
        file.sync_all().map_err(not_durable)?;
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.root);
        self.make_folder(folder).map_err(ObjectError::from_io)?;
        match fs::hard_link(staged, &path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if !same_content(staged, &path).map_err(ObjectError::from_io)? {
                    return Err(ObjectError::AlreadyExists(name.clone()));
                }
                File::open(&path).and_then(|file| file.sync_all()).map_err(not_durable)?;
            }
            linked => linked.map_err(ObjectError::from_io)?,
        }
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(not_durable)?;
        fs::remove_file(staged).map_err(ObjectError::from_io)
    }

    /// Makes `folder` and what is missing above it, durably. A folder that is there already may have been made a
    /// moment ago by someone who has not synchronised it yet, so only those in `durable_folders` are believed.
    fn make_folder(&self, folder: &Path) -> Result<(), std::io::Error> {
        let mut durable = self.durable_folders.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = folder.ancestors().take_while(|above| !durable.contains(*above)).collect::<Vec<_>>();
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            if let Some(above) = folder.parent() {
                File::open(above)?.sync_all()?;
            }
            durable.insert(folder.to_owned());
        }
        Ok(())
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<File, std::io::Error> {
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    Ok(file)
}

fn same_content(one: &Path, other: &Path) -> Result<bool, std::io::Error> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut first, mut second) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let read = one.read(&mut first)?;
        if read == 0 {
            return Ok(true);
        }
        other.read_exact(&mut second[..read])?;
        if first[..read] != second[..read] {
            return Ok(false);
        }
    }
}

fn collect_names(
    folder: &Path,
    name: &str,
    prefix: &str,
    names: &mut BTreeSet<ObjectName>,
) -> Result<(), std::io::Error> {
    let shared = name.len().min(prefix.len());
    if name.as_bytes()[..shared] != prefix.as_bytes()[..shared] {
        return Ok(());
    }
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect_names(&entry.path(), &name, prefix, names)?;
        } else if name.starts_with(prefix) {
            names.extend(ObjectName::from_listing(&name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ebs::{Incarnation, SessionId};

    use super::LocalDirectory;
    use crate::object_store::{ObjectName, ObjectStore, suite};

    #[tokio::test]
    async fn keeps_the_promises_of_the_port() {
        let folder = tempfile::tempdir().expect("a folder");
        suite::run(&LocalDirectory::open(folder.path()).expect("opens")).await;
    }

    #[tokio::test]
    async fn a_second_process_is_kept_out_and_left_over_puts_are_swept() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = LocalDirectory::open(folder.path()).expect("opens");
        assert!(LocalDirectory::open(folder.path()).is_err(), "two may not use one directory");
        let (left_over, upload) =
            (store.staging().join("put-0000000000000007"), store.staging().join("seg-1"));
        fs::write(&left_over, b"x").expect("writes");
        fs::write(&upload, b"x").expect("writes");
        drop(store);
        let store = LocalDirectory::open(folder.path()).expect("opens again");
        assert!(!left_over.exists() && upload.exists(), "open segments are kept, left-over puts are not");
        let incarnation = Incarnation([1; 16]);
        let name = ObjectName::root(incarnation, "snap-00000000".parse().expect("an id"), SessionId(1));
        store.put(&name, "bytes".into()).await.expect("puts");
        assert_eq!(fs::read_dir(store.staging()).expect("lists").count(), 1, "a put leaves nothing staged");
    }
}
