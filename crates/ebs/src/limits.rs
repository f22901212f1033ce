//! Bounds of the domain. Each is Amazon's documented figure unless its comment says otherwise.

/// Largest volume, in GiB.
pub const VOLUME_SIZE_GIB_MAX: u32 = 65_536;
/// Most user tags on one resource.
pub const TAGS_MAX: usize = 50;
/// Longest description of a snapshot, in characters.
pub const DESCRIPTION_CHARS_MAX: usize = 255;
/// Most copies in flight to one destination region, by default.
pub const COPIES_IN_FLIGHT_DEFAULT: u32 = 20;
/// Most pending uploads (StartSnapshot) of one account in one region.
pub const UPLOADS_PENDING_MAX: u32 = 100;
/// Most snapshots of one account in one region.
pub const SNAPSHOTS_MAX: u32 = 100_000;
/// Most filters in one request.
pub const FILTERS_MAX: usize = 50;
/// Most values in one filter.
pub const FILTER_VALUES_MAX: usize = 200;
/// Longest value of a filter, in characters.
pub const FILTER_VALUE_CHARS_MAX: usize = 255;
/// Most resources named by one CreateTags or DeleteTags.
pub const TAGGED_RESOURCES_MAX: usize = 1_000;
/// Page size of Describe calls: least, most.
pub const DESCRIBE_PAGE: (u32, u32) = (5, 1_000);
/// Most rows that a paged Describe call looks at before it answers with a short page and a token. Ours.
pub const DESCRIBE_ROWS_SCANNED_MAX: u32 = 10_000;
/// Page size of ListSnapshotBlocks and ListChangedBlocks: least, most and default.
pub const LIST_BLOCKS_PAGE: (u32, u32) = (100, 10_000);
/// Inactivity timeout of an upload, in minutes: least, most.
pub const UPLOAD_TIMEOUT_MINUTES: (u32, u32) = (10, 4_320);
/// Inactivity timeout of an upload when none is asked for, in minutes.
pub const UPLOAD_TIMEOUT_MINUTES_DEFAULT: u32 = 60;
/// Duration of a time-based copy, in minutes: least, most; always a multiple of the least.
pub const COMPLETION_DURATION_MINUTES: (u32, u32) = (15, 2_880);
/// Longest client token, in bytes.
pub const CLIENT_TOKEN_BYTES_MAX: usize = 255;
/// Longest region name. Ours: it becomes a folder and a database schema.
pub const REGION_NAME_BYTES_MAX: usize = 32;

const _: () = assert!(COMPLETION_DURATION_MINUTES.1.is_multiple_of(COMPLETION_DURATION_MINUTES.0));
const _: () = assert!(VOLUME_SIZE_GIB_MAX as u64 * 2048 == 1 << 27, "the snapshot tree has 2^27 leaves");
