//! Exit codes. Scripts rely on them: a code never changes its meaning.

/// It was done.
pub(super) const SUCCESS: u8 = 0;
/// It failed, for a reason that has no code of its own.
pub(super) const FAILURE: u8 = 1;
/// The command line is wrong, or a setting that it relies on.
pub(super) const USAGE: u8 = 2;
/// A snapshot that was named does not exist, or may not be seen.
pub(super) const NOT_FOUND: u8 = 3;
/// A snapshot ended in `error`.
pub(super) const SNAPSHOT_FAILED: u8 = 4;
/// What was waited for did not happen in the time given.
pub(super) const TIMED_OUT: u8 = 5;
/// There are no credentials, they are not valid, or they do not permit this.
pub(super) const ACCESS_DENIED: u8 = 6;
/// To this the number of the signal is added that ended the command.
pub(super) const SIGNALLED: u8 = 128;

/// What `--help` says about them.
pub(super) const HELP: &str = "\
Exit codes: 0 done; 1 failed; 2 wrong arguments or settings; 3 no such snapshot; 4 a snapshot ended in error; \
5 timed out; 6 no valid credentials, or not permitted; 130 and 143 interrupted.";
