//! Calls and hardly anything else: Fibonacci numbers by their definition.

#[inline(never)]
fn fibonacci(n: u32) -> u64 {
    if std::hint::black_box(n) < 2 { u64::from(n) } else { fibonacci(n - 1) + fibonacci(n - 2) }
}

#[belljar::tool]
fn run(n: u32) -> u64 {
    fibonacci(n)
}
