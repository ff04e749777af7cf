use belljar::{Failure, ToolError, ask, start_ask};

/// Asks two things side by side, then what is refused.
#[belljar::tool]
fn run() -> Result<(String, String, String), ToolError> {
    let colour = start_ask("Which colour?", &["red", "blue"]);
    let name = start_ask("What shall it be called?", &[]);
    let (name, colour) = (name.wait()?, colour.wait()?);
    assert!(matches!(ask("", &[]), Err(Failure::Invalid(_))));
    let last = match ask("Anything else?", &[]) {
        Err(Failure::Denied(_)) => "denied".to_owned(),
        other => format!("{other:?}"),
    };
    Ok((colour, name, last))
}
