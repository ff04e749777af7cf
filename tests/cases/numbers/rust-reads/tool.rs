/// The bits of numbers, which are those that JavaScript reads.
#[belljar::tool]
fn run(numbers: Vec<f64>) -> Vec<String> {
    numbers.iter().map(|number| format!("{:016x}", number.to_bits())).collect()
}
