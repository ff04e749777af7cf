//! `Math.random`: xoshiro256++ (Blackman and Vigna), seeded by the run.

/// The generator's state; nothing until it is seeded.
pub struct Generator(Option<[u64; 4]>);

impl Generator {
    pub const fn new() -> Self {
        Generator(None)
    }

    /// Forgets its state: the next number asks for a seed.
    pub fn reset(&mut self) {
        self.0 = None;
    }

    /// A number in [0, 1) of 53 random bits.
    pub fn next(&mut self, seed: impl FnOnce() -> Vec<u8>) -> f64 {
        let s = self.0.get_or_insert_with(|| {
            let bytes = seed();
            let mut words = [0; 4];
            for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
                *word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            }
            // All zeros is the one state that it never leaves.
            words[0] |= 1;
            words
        });
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        (result >> 11) as f64 / (1u64 << 53) as f64
    }
}
