//! The state file of an import: what a restarted import needs to go on with the same upload.
//!
//! It is JSON, a document a line. The first line says what is uploaded; the ones after it name the snapshot, and then
//! which blocks are decided on and which of these were written and acknowledged, in ascending order. Lines are only
//! ever appended and made durable in batches; a last line that a crash has cut is passed over.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ebs::{BlockIndex, SnapshotId};
use serde::{Deserialize, Serialize};

use super::error::ClientError;
use super::off_the_loop;

/// Longest state file that is read: enough for 10 million separate ranges.
const LOG_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// After so many acknowledged blocks the file is made durable.
const WRITTEN_BATCH: u32 = 64;
/// After so many blocks that were decided on the file is made durable.
const DECIDED_BATCH: u32 = 8_192;
const FORMAT: u32 = 1;

/// What is uploaded, and where to. An import goes on only with an upload of the very same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UploadIdentity {
    /// Length of the image.
    pub(crate) image_bytes: u64,
    /// When the image was last modified: seconds and nanoseconds of the Unix epoch.
    pub(crate) image_modified: (i64, i64),
    /// Size of the volume.
    pub(crate) volume_gib: u32,
    /// The parent.
    pub(crate) parent: Option<String>,
    /// The description.
    pub(crate) description: Option<String>,
    /// The tags.
    pub(crate) tags: Vec<(String, String)>,
    /// The region.
    pub(crate) region: String,
    /// The address of the service.
    pub(crate) endpoint: String,
}

/// How far an earlier import has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resumed {
    /// The snapshot, once it was begun.
    pub(crate) snapshot: Option<SnapshotId>,
    /// Blocks of smaller indexes than this are decided on.
    pub(crate) below: u32,
    /// Which of these were written: first index and last, ascending and apart.
    pub(crate) written: Vec<(u32, u32)>,
}

impl Resumed {
    /// The indexes of the blocks that were written, ascending.
    pub(crate) fn indexes(&self) -> impl Iterator<Item = BlockIndex> {
        self.written.iter().flat_map(|(first, last)| *first..=*last).map(BlockIndex)
    }
}

/// The state file of a running import, locked against another one.
pub(crate) struct UploadLog {
    file: Arc<File>,
    path: PathBuf,
    client_token: String,
    batch: Batch,
    below_durable: u32,
    written_in_batch: u32,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    client_token: String,
    upload: UploadIdentity,
}

#[derive(Serialize, Deserialize)]
struct Started {
    snapshot: String,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Batch {
    below: u32,
    written: Vec<(u32, u32)>,
}

impl UploadLog {
    /// The state file at `path`, and how far its import has come: made anew, with `new_token`, if there is none or if
    /// a crash kept its first line from being written.
    ///
    /// # Errors
    ///
    /// [`ClientError::StateMismatch`] if it is of another upload than `identity`; [`ClientError::File`] if it cannot be
    /// read, written or locked.
    pub(crate) fn open(
        path: &Path,
        identity: &UploadIdentity,
        new_token: &str,
    ) -> Result<(Self, Resumed), ClientError> {
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(ClientError::file("open the state file", path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(ClientError::file("lock", path)(error)),
            Err(TryLockError::WouldBlock) => {
                return Err(ClientError::file("lock", path)(io::ErrorKind::ResourceBusy.into()));
            }
        }
        let text = read_whole_lines(&mut file, path)?;
        let (client_token, resumed) = match text.split_once('\n') {
            None => {
                let header =
                    Header { format: FORMAT, client_token: new_token.to_owned(), upload: identity.clone() };
                begin(&mut file, &header).map_err(ClientError::file("write", path))?;
                (new_token.to_owned(), Resumed::default())
            }
            Some((header, rest)) => read(header, rest, identity, path)?,
        };
        let log = Self {
            file: Arc::new(file),
            path: path.to_owned(),
            client_token,
            batch: Batch { below: resumed.below, written: Vec::new() },
            below_durable: resumed.below,
            written_in_batch: 0,
        };
        Ok((log, resumed))
    }

    /// The client token of the upload.
    pub(crate) fn client_token(&self) -> &str {
        &self.client_token
    }

    /// Records which snapshot the upload makes. It is durable on return.
    ///
    /// # Errors
    ///
    /// [`ClientError::File`] if it cannot be written.
    pub(crate) async fn record_snapshot(&mut self, snapshot: SnapshotId) -> Result<(), ClientError> {
        self.append(line(&Started { snapshot: snapshot.to_string() })).await
    }

    /// Records that the block `index` and all before it are decided on, and whether it was written and acknowledged.
    /// Blocks come in ascending order. A crash forgets those of the last unfinished batch.
    ///
    /// # Errors
    ///
    /// [`ClientError::File`] if a batch is full and cannot be written.
    pub(crate) async fn record(&mut self, index: BlockIndex, written: bool) -> Result<(), ClientError> {
        self.batch.below = index.0.saturating_add(1);
        if written {
            self.written_in_batch += 1;
            match self.batch.written.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(index.0) => *last = index.0,
                _ => self.batch.written.push((index.0, index.0)),
            }
        }
        let decided = self.batch.below - self.below_durable;
        if self.written_in_batch >= WRITTEN_BATCH || decided >= DECIDED_BATCH {
            return self.flush().await;
        }
        Ok(())
    }

    /// Makes durable what was recorded.
    ///
    /// # Errors
    ///
    /// [`ClientError::File`] if it cannot be written.
    pub(crate) async fn flush(&mut self) -> Result<(), ClientError> {
        if self.batch.below == self.below_durable {
            return Ok(());
        }
        self.append(line(&self.batch)).await?;
        self.below_durable = self.batch.below;
        self.batch.written.clear();
        self.written_in_batch = 0;
        Ok(())
    }

    /// Removes the file: the upload needs it no more.
    ///
    /// # Errors
    ///
    /// [`ClientError::File`] if it cannot be removed.
    pub(crate) fn remove(self) -> Result<(), ClientError> {
        std::fs::remove_file(&self.path).map_err(ClientError::file("remove", &self.path))
    }

    async fn append(&mut self, line: Vec<u8>) -> Result<(), ClientError> {
        let file = Arc::clone(&self.file);
        let written = off_the_loop(move || (&*file).write_all(&line).and_then(|()| file.sync_data())).await;
        written.map_err(ClientError::file("write", &self.path))
    }
}

fn line(document: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(document).expect("numbers and texts always serialize");
    line.push(b'\n');
    line
}

fn begin(file: &mut File, header: &Header) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(&line(header))?;
    file.sync_all()
}

/// The text of the file up to its last line feed. What comes after is the beginning of a line whose end a crash has
/// cut off: it is taken away, so that the next line does not continue it.
fn read_whole_lines(file: &mut File, path: &Path) -> Result<String, ClientError> {
    let failed = |source| ClientError::File { action: "read", path: path.to_owned(), source };
    if file.metadata().map_err(failed)?.len() > LOG_BYTES_MAX {
        return Err(failed(io::ErrorKind::FileTooLarge.into()));
    }
    let mut bytes = Vec::new();
    file.take(LOG_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    if whole < bytes.len() {
        file.set_len(whole as u64).map_err(failed)?;
        bytes.truncate(whole);
    }
    String::from_utf8(bytes).map_err(|_| failed(io::ErrorKind::InvalidData.into()))
}

fn read(
    header: &str,
    rest: &str,
    identity: &UploadIdentity,
    path: &Path,
) -> Result<(String, Resumed), ClientError> {
    let broken = || ClientError::file("read", path)(io::ErrorKind::InvalidData.into());
    let header: Header = serde_json::from_str(header).map_err(|_| broken())?;
    if let Some(difference) = difference(&header, identity) {
        return Err(ClientError::StateMismatch { path: path.to_owned(), difference });
    }
    let mut resumed = Resumed::default();
    for line in rest.lines() {
        if let Ok(batch) = serde_json::from_str::<Batch>(line) {
            take_in(&mut resumed, batch).ok_or_else(broken)?;
        } else {
            let started: Started = serde_json::from_str(line).map_err(|_| broken())?;
            resumed.snapshot = Some(started.snapshot.parse().map_err(|_| broken())?);
        }
    }
    Ok((header.client_token, resumed))
}

/// Adds a batch, if it goes on where those before it ended.
fn take_in(resumed: &mut Resumed, batch: Batch) -> Option<()> {
    let mut from = resumed.below;
    for (first, last) in batch.written {
        if first < from || last < first || last >= batch.below {
            return None;
        }
        from = last + 1;
        match resumed.written.last_mut() {
            Some((_, end)) if *end + 1 == first => *end = last,
            _ => resumed.written.push((first, last)),
        }
    }
    resumed.below = Some(batch.below).filter(|below| *below >= from)?;
    Some(())
}

fn difference(header: &Header, now: &UploadIdentity) -> Option<&'static str> {
    let then = &header.upload;
    [
        (header.format != FORMAT, "format"),
        (then.image_bytes != now.image_bytes, "image length"),
        (then.image_modified != now.image_modified, "image modification time"),
        (then.volume_gib != now.volume_gib, "volume size"),
        (then.parent != now.parent, "parent"),
        (then.description != now.description, "description"),
        (then.tags != now.tags, "list of tags"),
        (then.region != now.region, "region"),
        (then.endpoint != now.endpoint, "endpoint"),
    ]
    .into_iter()
    .find_map(|(differs, what)| differs.then_some(what))
}

#[cfg(test)]
mod tests {
    use super::{Resumed, UploadIdentity, UploadLog};
    use crate::client::error::ClientError;
    use ebs::BlockIndex;
    use std::io::Write;
    use std::path::{Path, PathBuf};

    fn identity() -> UploadIdentity {
        UploadIdentity {
            image_bytes: 10,
            image_modified: (1, 2),
            volume_gib: 1,
            parent: None,
            description: Some("line\nfeed".to_owned()),
            tags: vec![("k".to_owned(), "v".to_owned())],
            region: "us-east-1".to_owned(),
            endpoint: "http://x".to_owned(),
        }
    }

    fn place() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state");
        (folder, path)
    }

    fn reopened(path: &Path) -> Resumed {
        let (log, resumed) = UploadLog::open(path, &identity(), "other").expect("a log");
        assert_eq!(log.client_token(), "token", "the first token stays");
        resumed
    }

    #[tokio::test]
    async fn what_was_flushed_is_found_again() {
        let (_folder, path) = place();
        let (mut log, resumed) = UploadLog::open(&path, &identity(), "token").expect("a log");
        assert_eq!(resumed, Resumed::default());
        log.record_snapshot("snap-00000001".parse().expect("an id")).await.expect("recorded");
        for (index, written) in [(0, true), (1, true), (5, false), (7, true)] {
            log.record(BlockIndex(index), written).await.expect("recorded");
        }
        log.flush().await.expect("flushed");
        for index in [8, 9] {
            log.record(BlockIndex(index), true).await.expect("recorded");
        }
        log.flush().await.expect("flushed");
        log.record(BlockIndex(20), true).await.expect("recorded, not flushed");
        drop(log);
        let resumed = reopened(&path);
        assert_eq!(resumed.snapshot.map(|id| id.to_string()).as_deref(), Some("snap-00000001"));
        assert_eq!((resumed.below, resumed.written.as_slice()), (10, &[(0, 1), (7, 9)][..]));
        assert_eq!(resumed.indexes().map(|index| index.0).collect::<Vec<_>>(), [0, 1, 7, 8, 9]);
    }

    #[tokio::test]
    async fn batches_become_durable_by_themselves() {
        let (_folder, path) = place();
        let (mut log, _) = UploadLog::open(&path, &identity(), "token").expect("a log");
        for index in 0..100 {
            log.record(BlockIndex(2 * index), true).await.expect("recorded");
        }
        drop(log);
        assert_eq!(reopened(&path).written.len(), 64);
    }

    #[tokio::test]
    async fn a_line_that_a_crash_has_cut_is_passed_over() {
        let (_folder, path) = place();
        let (mut log, _) = UploadLog::open(&path, &identity(), "token").expect("a log");
        log.record(BlockIndex(3), true).await.expect("recorded");
        log.flush().await.expect("flushed");
        drop(log);
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("the file");
        file.write_all(b"{\"below\":9,\"wri").expect("a write");
        let (mut log, resumed) = UploadLog::open(&path, &identity(), "other").expect("a log");
        assert_eq!((resumed.below, resumed.written.as_slice()), (4, &[(3, 3)][..]));
        log.record(BlockIndex(4), true).await.expect("recorded");
        log.flush().await.expect("flushed");
        drop(log);
        assert_eq!(reopened(&path).written, [(3, 4)]);
    }

    #[test]
    fn a_file_without_a_whole_first_line_begins_anew() {
        let (_folder, path) = place();
        std::fs::write(&path, "{\"format\":1,\"cli").expect("a file");
        let (log, resumed) = UploadLog::open(&path, &identity(), "token").expect("a log");
        assert_eq!((log.client_token(), resumed), ("token", Resumed::default()));
        drop(log);
        assert_eq!(reopened(&path), Resumed::default());
    }

    #[test]
    fn another_upload_is_refused() {
        let (_folder, path) = place();
        drop(UploadLog::open(&path, &identity(), "token").expect("a log"));
        for (changed, what) in [
            (UploadIdentity { image_bytes: 11, ..identity() }, "image length"),
            (UploadIdentity { image_modified: (1, 3), ..identity() }, "image modification time"),
            (UploadIdentity { endpoint: "http://y".to_owned(), ..identity() }, "endpoint"),
        ] {
            let refused = UploadLog::open(&path, &changed, "token").err();
            assert!(
                matches!(refused, Some(ClientError::StateMismatch { difference, .. }) if difference == what),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn a_broken_file_is_refused() {
        for lines in [
            "not json\n",
            "{\"below\":1,\"written\":[[5,6]]}\n",
            "{\"below\":9,\"written\":[[5,4]]}\n",
            "{\"below\":9,\"written\":[[5,6],[6,7]]}\n",
            "{\"below\":9,\"written\":[]}\n{\"below\":8,\"written\":[]}\n",
            "{\"below\":9,\"written\":[[0,4294967295]]}\n",
            "{\"snapshot\":\"vol-1\"}\n",
        ] {
            let (_folder, path) = place();
            drop(UploadLog::open(&path, &identity(), "token").expect("a log"));
            let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("the file");
            file.write_all(lines.as_bytes()).expect("a write");
            assert!(UploadLog::open(&path, &identity(), "token").is_err(), "{lines}");
        }
    }

    #[test]
    fn two_imports_do_not_share_a_file() {
        let (_folder, path) = place();
        let first = UploadLog::open(&path, &identity(), "token").expect("a log");
        assert!(UploadLog::open(&path, &identity(), "token").is_err());
        drop(first);
        assert!(UploadLog::open(&path, &identity(), "token").is_ok());
    }
}
