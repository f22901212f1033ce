//! Which access keys there are.

use std::collections::HashMap;

use aws_api::sigv4::{AuthError, SecretAccessKey};
use ebs::AccountId;
use iam::Principal;

/// Access keys, by their id.
pub(crate) struct AccessKeys {
    keys: HashMap<String, AccessKey>,
    stand_in: Principal,
}

/// An access key and whose it is.
pub(crate) struct AccessKey {
    pub(crate) secret: SecretAccessKey,
    pub(crate) principal: Principal,
}

impl AccessKeys {
    /// The one key of an account's root user.
    pub(crate) fn of_root(access_key_id: String, secret: SecretAccessKey, account: AccountId) -> Self {
        let principal = Principal::root(account);
        let stand_in = principal.clone();
        Self { keys: HashMap::from([(access_key_id, AccessKey { secret, principal })]), stand_in }
    }

    /// The key of this id.
    pub(crate) fn find(&self, access_key_id: &str) -> Option<&AccessKey> {
        self.keys.get(access_key_id)
    }

    /// Whom to take for the sender of a request with an unknown key until its signature is refused.
    pub(crate) fn stand_in(&self) -> &Principal {
        &self.stand_in
    }
}

impl AccessKey {
    /// Judges the session token that came with a request: keys that do not expire have none.
    pub(crate) fn check_session_token(&self, token: Option<&str>) -> Result<(), AuthError> {
        if token.is_some() { Err(AuthError::UnknownAccessKey) } else { Ok(()) }
    }
}
