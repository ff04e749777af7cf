#[belljar::tool]
fn run() {
    belljar::console::log("done");
}
