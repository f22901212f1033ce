//! Bounds of KMS. Each is Amazon's documented figure unless its comment says otherwise.

/// Longest plaintext of Encrypt, in bytes. A data key is shorter.
pub const PLAINTEXT_BYTES_MAX: usize = 4_096;
/// Longest data key, in bytes.
pub const DATA_KEY_BYTES_MAX: usize = 1_024;
/// Longest key policy, in bytes.
pub const POLICY_BYTES_MAX: usize = 32_768;
/// Most keys of one account in one region, those that AWS manages not counted.
pub const KEYS_MAX: u32 = 100_000;
/// Most aliases of one key.
pub const ALIASES_PER_KEY_MAX: u32 = 50;
/// Most grants for one key.
pub const GRANTS_PER_KEY_MAX: u32 = 50_000;
/// Most rotations on demand of one key.
pub const ON_DEMAND_ROTATIONS_MAX: u32 = 25;
/// Days between automatic rotations: least, most.
pub const ROTATION_PERIOD_DAYS: (u32, u32) = (90, 2_560);
/// Days between automatic rotations when none are asked for, and of keys that AWS manages.
pub const ROTATION_PERIOD_DAYS_DEFAULT: u32 = 365;
/// Days that a key waits for its deletion: least, most, which is also the default.
pub const DELETION_WINDOW_DAYS: (u32, u32) = (7, 30);
