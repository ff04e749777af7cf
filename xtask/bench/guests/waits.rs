//! Waits, so that many of them live at once.

#[belljar::tool]
fn run(milliseconds: u64) -> u64 {
    belljar::clock::sleep(std::time::Duration::from_millis(milliseconds));
    milliseconds
}
