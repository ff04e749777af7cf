#[belljar::tool]
fn run(numbers: Vec<u32>) -> u32 {
    numbers[10]
}
