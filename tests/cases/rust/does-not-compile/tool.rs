#[belljar::tool]
fn run() -> u32 {
    "three"
}
