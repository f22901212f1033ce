//! A region's key, kept in a file beside the data.

use std::io::{Error, ErrorKind};
use std::path::PathBuf;

use kms::RegionKey;
use service::KeyKeeper;

use crate::private_file;

/// Keeps a region's key as 64 hexadecimal digits in a file that only its owner may read.
pub(crate) struct RegionKeyFile {
    pub(crate) path: PathBuf,
}

impl KeyKeeper for RegionKeyFile {
    fn load(&self) -> Result<Option<RegionKey>, Error> {
        let Some(text) = private_file::read(&self.path)? else { return Ok(None) };
        RegionKey::from_text(&text).map(Some).map_err(|error| Error::new(ErrorKind::InvalidData, error))
    }

    fn keep(&self, key: &RegionKey) -> Result<(), Error> {
        private_file::create(&self.path, &key.to_text())?;
        tracing::warn!(path = %self.path.display(), "a new region key was made: back this file up, nothing can be read without it");
        Ok(())
    }
}
