//! The root user's access key.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use aws_api::sigv4::SecretAccessKey;
use ebs::Randomness;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::private_file;

/// An access key and its secret.
pub(crate) struct RootCredentials {
    pub(crate) access_key_id: String,
    pub(crate) secret: Zeroizing<String>,
}

const ACCESS_KEY_VARIABLE: &str = "EBBSTONE_ROOT_ACCESS_KEY_ID";
const SECRET_VARIABLE: &str = "EBBSTONE_ROOT_SECRET_ACCESS_KEY";
const FILE: &str = "root-credentials.json";
const ID_ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    access_key_id: String,
    secret_access_key: String,
}

impl RootCredentials {
    /// The credentials that the environment gives, or those in the data folder, which are made on the first start.
    ///
    /// # Errors
    /// If only half of them is set, or the file cannot be used.
    pub(crate) fn load(data_dir: &Path, randomness: &dyn Randomness) -> anyhow::Result<Self> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        match (variable(ACCESS_KEY_VARIABLE), variable(SECRET_VARIABLE)) {
            (Some(access_key_id), Some(secret)) => Ok(Self { access_key_id, secret: Zeroizing::new(secret) }),
            (None, None) => Self::from_folder(data_dir, randomness),
            _ => bail!("{ACCESS_KEY_VARIABLE} and {SECRET_VARIABLE} go together"),
        }
    }

    /// The file in which they are kept when the environment does not give them.
    pub(crate) fn file(data_dir: &Path) -> PathBuf {
        data_dir.join(FILE)
    }

    /// The secret as the verifier takes it.
    pub(crate) fn signing_secret(&self) -> SecretAccessKey {
        SecretAccessKey::new(self.secret.clone())
    }

    fn from_folder(data_dir: &Path, randomness: &dyn Randomness) -> anyhow::Result<Self> {
        let path = Self::file(data_dir);
        let kept = private_file::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if let Some(text) = kept {
            let kept: Kept =
                serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
            return Ok(Self {
                access_key_id: kept.access_key_id,
                secret: Zeroizing::new(kept.secret_access_key),
            });
        }
        let made = Self::draw(randomness);
        let text = Zeroizing::new(format!(
            "{{\"access_key_id\": \"{}\", \"secret_access_key\": \"{}\"}}\n",
            made.access_key_id, *made.secret
        ));
        private_file::create(&path, &text).with_context(|| format!("cannot write {}", path.display()))?;
        tracing::info!(path = %path.display(), "root credentials were made");
        Ok(made)
    }

    fn draw(randomness: &dyn Randomness) -> Self {
        let mut random = Zeroizing::new([0; 16 + 40]);
        randomness.fill(&mut random[..]);
        let letter = |byte: &u8| char::from(ID_ALPHABET[usize::from(byte % 32)]);
        let access_key_id = "AKIA".chars().chain(random[..16].iter().map(letter)).collect();
        let secret = random[16..].iter().map(|byte| letter(byte).to_ascii_lowercase()).collect();
        Self { access_key_id, secret: Zeroizing::new(secret) }
    }
}

#[cfg(test)]
mod tests {
    use super::RootCredentials;
    use crate::system::SystemRandomness;

    #[test]
    fn the_first_start_makes_credentials_and_the_next_finds_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = RootCredentials::from_folder(folder.path(), &SystemRandomness).expect("makes");
        let found = RootCredentials::from_folder(folder.path(), &SystemRandomness).expect("finds");
        assert_eq!((made.access_key_id.len(), made.secret.len()), (20, 40));
        assert_eq!((made.access_key_id, made.secret), (found.access_key_id, found.secret));
    }
}
