//! Loops without calls: primes by sieve.

#[belljar::tool]
fn run(most: usize) -> usize {
    let mut composite = vec![false; most + 1];
    let mut found = 0;
    for n in 2..=most {
        if !composite[n] {
            found += 1;
            for multiple in (n * n..=most).step_by(n) {
                composite[multiple] = true;
            }
        }
    }
    found
}
