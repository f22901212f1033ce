//! Whether a claim is true.

use ebs::Timestamp;

use super::authorization::{Authorization, Payload};
use super::canonical::{PathRule, canonical_request};
use super::error::{AuthError, AuthPart};
use super::request_head::RequestHead;
use super::request_time::to_iso_basic;
use super::secret::SecretAccessKey;
use super::signature::{signature, string_to_sign};

/// Milliseconds by which the clocks of client and service may differ, either way: 15 minutes.
pub const SKEW_MS_MAX: i64 = 15 * 60 * 1000;

impl Authorization {
    /// Accepts the request if whoever signed it had `secret`, signed this head and this body, and did so at
    /// about `now`: within [`SKEW_MS_MAX`] of it, and for a presigned request not later than that and not
    /// longer ago than the request says.
    ///
    /// `secret` is that of [`Authorization::access_key_id`], which the header form does not sign. `head` is
    /// the one the claim was parsed from. `body_sha256` is the SHA-256 of the body; without it a body whose
    /// hash the client declared is accepted unseen, so that a caller who streams compares afterwards. Says
    /// nothing of region, service or session token, and accepts [`Payload::Unsigned`]: those are for the
    /// caller ([`Scope::require_region`](super::Scope::require_region), [`Payload::require_signed`]).
    ///
    /// # Errors
    ///
    /// [`AuthError::SignatureMismatch`] before all that is said of someone who had the secret:
    /// [`AuthError::PayloadMismatch`], [`AuthError::Skewed`], [`AuthError::Expired`].
    /// [`AuthError::PayloadUnread`] if the payload is [`Payload::OfBody`] and `body_sha256` is `None`. The
    /// variants of [`Authorization::parse`] if `head` is another.
    pub fn verify(
        &self,
        head: &RequestHead<'_>,
        secret: &SecretAccessKey,
        body_sha256: Option<[u8; 32]>,
        now: Timestamp,
    ) -> Result<(), AuthError> {
        self.verify_with(head, secret, body_sha256, now, PathRule::Normalized)
    }

    /// Refuses the request after the work of [`Self::verify`], for an access key that does not exist.
    ///
    /// Gives [`AuthError::UnknownAccessKey`], or what [`Self::verify`] would have said of the request before
    /// it used the secret.
    pub fn verify_against_nothing(&self, head: &RequestHead<'_>, body_sha256: Option<[u8; 32]>) -> AuthError {
        // As long as Amazon's own secrets. A client that signs with it is refused all the same.
        let nobody = SecretAccessKey::new("0".repeat(40));
        match self.signature_matches(head, &nobody, body_sha256, PathRule::Normalized) {
            Ok(_) => AuthError::UnknownAccessKey,
            Err(error) => error,
        }
    }

    pub(super) fn verify_with(
        &self,
        head: &RequestHead<'_>,
        secret: &SecretAccessKey,
        body_sha256: Option<[u8; 32]>,
        now: Timestamp,
        path_rule: PathRule,
    ) -> Result<(), AuthError> {
        // Signature first: who does not have the secret learns nothing else.
        if !self.signature_matches(head, secret, body_sha256, path_rule)? {
            return Err(AuthError::SignatureMismatch);
        }
        match (self.payload(), body_sha256) {
            (Payload::Declared(declared), Some(hash)) if declared != hash => {
                return Err(AuthError::PayloadMismatch);
            }
            _ => {}
        }
        self.verify_time(now)
    }

    fn signature_matches(
        &self,
        head: &RequestHead<'_>,
        secret: &SecretAccessKey,
        body_sha256: Option<[u8; 32]>,
        path_rule: PathRule,
    ) -> Result<bool, AuthError> {
        head.check()?;
        let payload = self.payload().canonical(body_sha256).ok_or(AuthError::PayloadUnread)?;
        let canonical = canonical_request(head, self.signed_headers(), &payload, path_rule)?;
        let signed_at = to_iso_basic(self.signed_at()).ok_or(AuthError::Malformed(AuthPart::Date))?;
        let expected = signature(secret, self.scope(), &string_to_sign(&canonical, &signed_at, self.scope()));
        Ok(self.signature().matches(&expected))
    }

    fn verify_time(&self, now: Timestamp) -> Result<(), AuthError> {
        let age_ms = now.ms_since(self.signed_at());
        if age_ms < -SKEW_MS_MAX {
            return Err(AuthError::Skewed { signed_at: self.signed_at(), now });
        }
        match self.lifetime_seconds() {
            None if age_ms > SKEW_MS_MAX => Err(AuthError::Skewed { signed_at: self.signed_at(), now }),
            Some(seconds) if age_ms > i64::from(seconds) * 1000 => {
                let expired_at = self.signed_at().plus_ms(i64::from(seconds) * 1000);
                Err(AuthError::Expired { expired_at, now })
            }
            _ => Ok(()),
        }
    }
}
