//! The run's random source: real randomness unless the policy fixes a seed.

use crate::world::belljar::tool::random;

/// Bytes that one call of the world returns at most.
const MOST: usize = 65_536;

/// Fills a buffer with random bytes.
pub fn fill(buffer: &mut [u8]) {
    for part in buffer.chunks_mut(MOST) {
        // At most `MOST` fits.
        part.copy_from_slice(&random::bytes(part.len() as u32));
    }
}
