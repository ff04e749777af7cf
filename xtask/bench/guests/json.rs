//! Parses a megabyte of JSON that it makes first.

use serde_json::Value;

#[belljar::tool]
fn run(rounds: usize) -> usize {
    let line = r#"{"id":12345,"name":"a name of some length","tags":["one","two","three"],"score":0.75,"ok":true}"#;
    let text = format!("[{}]", vec![line; (1 << 20) / (line.len() + 1)].join(","));
    (0..rounds).map(|_| serde_json::from_str::<Vec<Value>>(&text).map_or(0, |values| values.len())).sum()
}
