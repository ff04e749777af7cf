use belljar::{Failure, http, wait_any};
use serde_json::{Value, json};

/// Asks a tracker for its issues, and files one.
#[belljar::tool(wants = ["http GET,POST https://tracker.example/**"])]
fn run(base: String) -> Result<Value, Failure> {
    let issues: Value = http::get(format!("{base}/issues")).header("Accept", "application/json").send()?.json()?;
    let made = http::post(format!("{base}/issues")).json(&json!({ "title": "new" }))?.send()?.error_for_status()?;
    let missing = http::get(format!("{base}/missing")).send()?.error_for_status().unwrap_err().to_string();
    let denied = http::request("DELETE", format!("{base}/issues")).send().unwrap_err();
    let mut started = vec![http::get(format!("{base}/slow")).start(), http::get(format!("{base}/issues")).start()];
    let first = wait_any(&started, None).map(|first| started.swap_remove(first).wait()).transpose()?;
    Ok(json!({
        "issues": issues,
        "made": made.json::<Value>()?,
        "location": made.header("Location"),
        "missing": missing.replace(&base, ""),
        "denied": matches!(denied, Failure::Denied(_)),
        "first": first.map(|first| first.text()).transpose()?,
    }))
}
