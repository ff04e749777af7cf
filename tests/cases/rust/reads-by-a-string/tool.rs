//! The name of the macro that reads stands in a string, which serde's macro parses as Rust.
use schemars::JsonSchema;
use serde::Deserialize;

fn length<const N: usize>() -> usize {
    N
}

#[derive(Deserialize, JsonSchema)]
struct Input {
    #[serde(default = "length::<{ include_bytes!(\"/etc/passwd\").len() }>")]
    n: usize,
}

#[belljar::tool]
fn run(input: Input) -> usize {
    input.n
}
