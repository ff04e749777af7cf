#[belljar::tool]
fn run() -> u32 {
    std::process::exit(3)
}
