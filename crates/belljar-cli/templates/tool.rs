use belljar::{ToolError, kv};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
struct Input {
    /// Who is greeted.
    name: String,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    greeting: String,
    times: u64,
}

/// Greets somebody, and remembers how often.
#[belljar::tool(name = "NAME", wants = ["kv greeted/**"])]
fn run(input: Input) -> Result<Output, ToolError> {
    let key = format!("greeted/{}", input.name);
    let times = kv::get_text(&key)?.map_or(Ok(0), |text| text.parse::<u64>())? + 1;
    kv::set(&key, times.to_string())?;
    Ok(Output { greeting: format!("Hello, {}!", input.name), times })
}
