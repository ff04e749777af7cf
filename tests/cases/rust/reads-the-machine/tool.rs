const SECRET: &str = include_str!("/etc/passwd");

#[belljar::tool]
fn run() -> &'static str {
    SECRET
}
