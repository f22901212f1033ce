//! Bounds on policies. Sizes count characters without white space, as the quotas of IAM do.

/// Most bytes of a document as it was sent, white space included.
pub const DOCUMENT_BYTES_MAX: usize = 131_072;
/// Most characters of an inline policy of a user, all of them together.
pub const USER_INLINE_CHARS_MAX: usize = 2_048;
/// Most characters of an inline policy of a group, all of them together.
pub const GROUP_INLINE_CHARS_MAX: usize = 5_120;
/// Most characters of an inline policy of a role, all of them together; no identity policy is longer.
pub const ROLE_INLINE_CHARS_MAX: usize = 10_240;
/// Most characters of a managed policy, which is what boundaries are.
pub const MANAGED_CHARS_MAX: usize = 6_144;
/// Most characters of a session policy.
pub const SESSION_CHARS_MAX: usize = 2_048;
/// Most characters of a role's trust policy.
pub const TRUST_CHARS_MAX: usize = 2_048;
/// Most characters of a resource policy, such as that of a key.
pub const RESOURCE_CHARS_MAX: usize = 32_768;
/// Most statements of a policy.
pub const STATEMENTS_MAX: usize = 512;
/// Most actions, resources, principals or values of one condition.
pub const VALUES_MAX: usize = 512;
/// Most characters of an encoded authorization message, and of the JSON that [`crate::denial_message`] makes.
pub const DENIAL_MESSAGE_CHARS_MAX: usize = 10_240;
