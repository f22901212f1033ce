//! Checksums of the EBS direct APIs: SHA-256, in base64.

use aws_api::sigv4::sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ebs::BlockDigest;

/// The digest of a block's bytes.
pub(crate) fn digest(block: &[u8]) -> BlockDigest {
    BlockDigest(sha256(block))
}

/// A checksum as headers carry it.
pub(crate) fn to_text(checksum: &[u8; 32]) -> String {
    STANDARD.encode(checksum)
}

/// The digest that a header carries, or nothing if it is none.
pub(crate) fn from_text(text: &str) -> Option<BlockDigest> {
    STANDARD.decode(text).ok()?.try_into().ok().map(BlockDigest)
}

#[cfg(test)]
mod tests {
    use super::{digest, from_text, to_text};
    use crate::client::block_buffer::ZERO_BLOCK;
    use ebs::BlockDigest;

    #[test]
    fn the_checksum_of_a_zero_block_is_the_one_that_clients_know() {
        assert_eq!(digest(&ZERO_BLOCK), BlockDigest::ZERO_BLOCK);
        let text = "B4VNL+8pega6gWheZgwzLeNtXRjVRpJ9MNqtbX/aFUE=";
        assert_eq!(to_text(&BlockDigest::ZERO_BLOCK.0), text);
        assert_eq!(from_text(text), Some(BlockDigest::ZERO_BLOCK));
        for text in ["", "AAAA", "B4VNL+8pega6gWheZgwzLeNtXRjVRpJ9MNqtbX/aFUE", "\u{e9}"] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }
}
