//! A seeded generator, so that a failure can be repeated.

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// How many pairs to try: `BELLJAR_SCHEMA_PAIRS`, or what is enough for every day.
pub fn pairs() -> usize {
    std::env::var("BELLJAR_SCHEMA_PAIRS").ok().and_then(|n| n.parse().ok()).unwrap_or(30_000)
}

/// The seed: `BELLJAR_SCHEMA_SEED`, or always the same.
pub fn seed() -> u64 {
    std::env::var("BELLJAR_SCHEMA_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}
