//! What signatures are made with.

use std::fmt;

use zeroize::Zeroizing;

/// A secret access key. Its memory is overwritten when it is dropped, and nothing prints it.
#[derive(Clone)]
pub struct SecretAccessKey(Zeroizing<String>);

impl SecretAccessKey {
    /// The secret access key with this text, which is taken over without a copy.
    pub fn new(text: impl Into<Zeroizing<String>>) -> Self {
        Self(text.into())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for SecretAccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretAccessKey(..)")
    }
}

/// What a client signs with. Nothing prints the secret or the session token.
#[derive(Clone)]
pub struct Credentials {
    /// The access key's id.
    pub access_key_id: String,
    /// The access key's secret.
    pub secret: SecretAccessKey,
    /// The token that goes with temporary credentials.
    pub session_token: Option<Zeroizing<String>>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Credentials, SecretAccessKey};

    #[test]
    fn nothing_prints_a_secret() {
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret: SecretAccessKey::new("opensesame".to_owned()),
            session_token: Some("openbarley".to_owned().into()),
        };
        let text = format!("{credentials:?} {:?}", credentials.secret);
        assert!(text.contains("AKIDEXAMPLE") && !text.contains("open"), "{text}");
    }
}
