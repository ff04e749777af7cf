//! Counts words and adds numbers, as `guests/words.rs` does, without Belljar's SDK: one function that takes JSON text and
//! returns JSON text.

use serde::{Deserialize, Serialize};

mod world {
    wit_bindgen::generate!({ path: "../../../wit/tool", world: "tool", generate_all });

    pub use belljar::tool::outcome::FaultKind;

    struct Peer;

    impl Guest for Peer {
        fn run(input: String) -> Result<String, Fault> {
            super::run(&input).map_err(|error| Fault {
                kind: FaultKind::Crashed,
                code: String::new(),
                message: error.to_string(),
                stack: String::new(),
            })
        }
    }

    export!(Peer);
}

#[derive(Deserialize)]
struct Input {
    text: String,
    numbers: Vec<f64>,
}

#[derive(Serialize)]
struct Output {
    words: usize,
    sum: f64,
}

fn run(input: &str) -> serde_json::Result<String> {
    let input: Input = serde_json::from_str(input)?;
    serde_json::to_string(&Output { words: input.text.split_whitespace().count(), sum: input.numbers.iter().sum() })
}
