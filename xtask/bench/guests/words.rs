//! The small job of every day: a text in, two numbers out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
struct Input {
    text: String,
    numbers: Vec<f64>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    words: usize,
    sum: f64,
}

/// Counts words and adds numbers.
#[belljar::tool]
fn run(input: Input) -> Output {
    Output { words: input.text.split_whitespace().count(), sum: input.numbers.iter().sum() }
}
