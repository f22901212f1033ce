//! Files that only their owner may read: keys and credentials.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

/// No file of this kind is longer.
const BYTES_MAX: u64 = 64 * 1024;
const OWNER_ONLY: u32 = 0o600;

/// The text of a file, or nothing if there is no such file.
///
/// # Errors
/// Refuses a file that others may read: what is in it is no secret.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, Error> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    if file.metadata()?.mode() & 0o077 != 0 {
        let advice = format!("{} can be read by others: chmod 600 it", path.display());
        return Err(Error::new(ErrorKind::PermissionDenied, advice));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(BYTES_MAX).read_to_string(&mut text)?;
    Ok(Some(text))
}

/// Writes a new file that only its owner may read: durable when this returns.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] if there is one.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    let draft = path.with_extension("draft");
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::hard_link(&draft, path)?;
    std::fs::remove_file(&draft)?;
    File::open(folder)?.sync_all()
}

/// Takes the lock that this file is, for as long as the handle lives.
///
/// # Errors
/// [`ErrorKind::WouldBlock`] if another process has it.
pub(crate) fn lock(path: &Path) -> Result<File, Error> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(OWNER_ONLY).open(path)?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
    Ok(file)
}

/// Makes a folder, and those above it, that only their owner may enter; durable when this returns.
pub(crate) fn create_folder(folder: &Path) -> Result<(), Error> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let folder = std::fs::canonicalize(folder)?;
    match folder.parent() {
        Some(above) => File::open(above)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_written_once_and_read_only_while_it_is_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/b/key");
        assert!(super::read(&path).expect("reads").is_none());
        super::create(&path, "secret").expect("creates");
        assert_eq!(*super::read(&path).expect("reads").expect("is there"), "secret");
        assert!(super::create(&path, "other").is_err(), "a key is never overwritten");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("changes the mode");
        assert!(super::read(&path).is_err(), "what others can read is not used");
    }
}
