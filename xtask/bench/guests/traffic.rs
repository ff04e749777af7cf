//! Memory and hardly anything else: walks through four megabytes in an order that no cache foresees, and moves blocks.

#[belljar::tool]
fn run(rounds: u32) -> u64 {
    const WORDS: usize = 1 << 19;
    let mut words: Vec<u64> = (0..WORDS as u64).collect();
    let mut sum = 0u64;
    for round in 0..rounds {
        let mut at = round as usize;
        for _ in 0..WORDS / 2 {
            at = (at * 5 + 12_345) & (WORDS - 1);
            let word = words[at];
            words[at ^ 1] = word.wrapping_add(sum);
            sum = sum.rotate_left(5) ^ word;
        }
        words.copy_within(0..WORDS / 2, WORDS / 2);
    }
    sum
}
