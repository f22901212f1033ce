//! Memory for blocks in flight, used again and again.

use std::sync::{Arc, Mutex, PoisonError};

use ebs::BLOCK_BYTES;

/// Buffers of a block's size. Taking one out never waits: what bounds their number is how many are in use at once.
#[derive(Clone, Default)]
pub(crate) struct BlockBuffers(Arc<Mutex<Vec<Vec<u8>>>>);

/// A buffer, which goes back to where it came from when it is dropped.
pub(crate) struct BlockBuffer {
    bytes: Vec<u8>,
    home: BlockBuffers,
}

impl BlockBuffers {
    /// A buffer with room for a block and with any content.
    pub(crate) fn take(&self) -> BlockBuffer {
        let used = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let bytes = used.unwrap_or_else(|| Vec::with_capacity(BLOCK_BYTES));
        BlockBuffer { bytes, home: self.clone() }
    }
}

impl BlockBuffer {
    /// The bytes, to be written anew or made longer. A buffer that outgrew a block is not used again.
    pub(crate) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The bytes as a block's, whatever they were before: length [`BLOCK_BYTES`].
    pub(crate) fn block_mut(&mut self) -> &mut [u8] {
        self.bytes.resize(BLOCK_BYTES, 0);
        &mut self.bytes
    }
}

impl AsRef<[u8]> for BlockBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for BlockBuffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.capacity() == BLOCK_BYTES {
            self.home.0.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
        }
    }
}

/// A block of zeros.
pub(crate) static ZERO_BLOCK: [u8; BLOCK_BYTES] = [0; BLOCK_BYTES];

/// Whether `bytes` are all zero.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    // In steps long enough for wide registers, short enough to stop early at data.
    bytes.chunks(4096).all(|chunk| chunk.iter().fold(0, |or, byte| or | byte) == 0)
}

#[cfg(test)]
mod tests {
    use super::{BlockBuffers, ZERO_BLOCK, is_zero};
    use ebs::BLOCK_BYTES;

    #[test]
    fn buffers_are_used_again() {
        let buffers = BlockBuffers::default();
        let mut buffer = buffers.take();
        buffer.block_mut()[0] = 9;
        let place = buffer.as_ref().as_ptr();
        drop(buffer);
        let mut again = buffers.take();
        assert_eq!((again.as_ref().as_ptr(), again.block_mut().len()), (place, BLOCK_BYTES));
        again.bytes_mut().resize(BLOCK_BYTES + 1, 0);
        drop(again);
        assert_ne!(buffers.take().block_mut().len(), BLOCK_BYTES + 1);
    }

    #[test]
    fn one_byte_is_not_zero() {
        assert!(is_zero(&ZERO_BLOCK));
        for place in [0, 4095, 4096, BLOCK_BYTES - 1] {
            let mut block = ZERO_BLOCK.to_vec();
            block[place] = 1;
            assert!(!is_zero(&block), "{place}");
        }
    }
}
