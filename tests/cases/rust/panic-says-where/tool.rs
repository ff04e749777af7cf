#[belljar::tool]
fn run() -> u32 {
    pick(&[1, 2, 3], 7)
}

fn pick(values: &[u32], at: usize) -> u32 {
    values[at]
}
