//! Bounds of what is read from clients. They are ours unless a comment says otherwise.

/// Longest form, as a body or as a query string, in bytes.
pub const FORM_BYTES_MAX: usize = 1 << 20;
/// Most parameters in a form. The filters that Amazon documents, 50 of 200 values each, fit.
pub const FORM_PARAMETERS_MAX: usize = 16_384;
/// Longest name of a parameter, in bytes after decoding.
pub const PARAMETER_NAME_BYTES_MAX: usize = 256;
/// Most parts of a parameter's name: `TagSpecification.1.Tag.1.Key` has five.
pub const PARAMETER_NAME_PARTS_MAX: usize = 8;
/// Largest index of a list's member.
pub const LIST_INDEX_MAX: u32 = 100_000;
/// Longest JSON body, in bytes.
pub const JSON_BYTES_MAX: usize = 64 * 1024;
/// Longest presigned URL in a request, in bytes.
pub const PRESIGNED_URL_BYTES_MAX: usize = 8 * 1024;
/// Longest token of the EBS direct APIs, in characters. Amazon's figure.
pub const EBS_TOKEN_CHARS_MAX: usize = 256;
/// Longest page token of the EC2 API, in characters. It carries a tag's key, of up to 256 characters of four bytes.
pub const EC2_TOKEN_CHARS_MAX: usize = 2_048;
/// How long a block token can be used: Amazon's seven days.
pub const BLOCK_TOKEN_VALID_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// How long a page token of the EBS direct APIs can be used: Amazon's 60 minutes.
pub const EBS_PAGE_TOKEN_VALID_MS: i64 = 60 * 60 * 1000;
/// How long a page token of the EC2 API can be used.
pub const EC2_PAGE_TOKEN_VALID_MS: i64 = 24 * 60 * 60 * 1000;
/// Longest body of a request to KMS, in bytes: the longest policy that Amazon documents, 32 KiB, with every character
/// written as an escape of six.
pub const KMS_BODY_BYTES_MAX: usize = 192 * 1024;
/// Longest marker of a listing of KMS, in characters. Amazon's figure.
pub const KMS_MARKER_CHARS_MAX: usize = 1_024;
/// How long a marker of KMS can be used.
pub const KMS_MARKER_VALID_MS: i64 = 24 * 60 * 60 * 1000;
/// Longest sentence in an error answer, in characters; what goes beyond is cut.
pub const ERROR_MESSAGE_CHARS_MAX: usize = 1_024;

const _: () = assert!(
    FORM_PARAMETERS_MAX > ebs::limits::FILTERS_MAX * (ebs::limits::FILTER_VALUES_MAX + 1),
    "every documented filter fits"
);
const _: () = assert!(
    FORM_PARAMETERS_MAX > ebs::limits::TAGGED_RESOURCES_MAX + 2 * ebs::limits::TAGS_MAX,
    "every documented CreateTags fits"
);
const _: () = assert!(LIST_INDEX_MAX as usize > FORM_PARAMETERS_MAX, "a list without gaps is never refused");
