//! A module in another file, put together by a macro that throws its body away; rustc shows the line that is no Rust.
macro_rules! module {
    ($path:literal $a:tt $b:tt $body:tt) => {
        #[path = $path]
        $a $b;
    };
}
module!("/etc/passwd" mod x {});

#[belljar::tool]
fn run() -> String {
    String::new()
}
