//! Reads the open issues of a tracker, and asks before it comments on the oldest that nobody labelled.

use belljar::{ToolError, clock, http};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
struct Input {
    /// Where the tracker is, such as "https://tracker.example/repos/a/b".
    base: String,
    /// What to write under the oldest issue without a label.
    comment: String,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    labels: Vec<String>,
    created: String,
}

#[derive(Serialize)]
struct Comment<'a> {
    body: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    open: usize,
    unlabelled: usize,
    commented: Option<u64>,
}

/// A page of issues, and where the next one is.
fn page(url: &str) -> Result<(Vec<Issue>, Option<String>), ToolError> {
    for attempt in 1..4 {
        let response = http::get(url).header("accept", "application/json").send()?;
        if response.status == 429 {
            let seconds = response.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or(f64::from(attempt));
            eprintln!("the tracker is busy; waiting {seconds} s");
            clock::sleep(std::time::Duration::from_secs_f64(seconds));
            continue;
        }
        let response = response.error_for_status()?;
        let next = response.header("link").and_then(next);
        return Ok((response.json()?, next));
    }
    Err(ToolError::new("tracker", format!("{url} is busy")))
}

/// The next page, as the field `link` names it (RFC 8288).
fn next(link: &str) -> Option<String> {
    let entry = link.split(',').find(|entry| entry.contains("rel=\"next\""))?;
    Some(entry.split_once('<')?.1.split_once('>')?.0.to_owned())
}

/// Reads the open issues of a tracker, and comments on the oldest that nobody labelled.
#[belljar::tool(wants = ["http GET https://tracker.example/**", "http POST https://tracker.example/**"])]
fn run(Input { base, comment }: Input) -> Result<Output, ToolError> {
    let mut issues = Vec::new();
    let mut url = Some(format!("{base}/issues?state=open&page=1"));
    while let Some(at) = url {
        let (some, next) = page(&at)?;
        issues.extend(some);
        url = next;
    }
    let mut unlabelled: Vec<&Issue> = issues.iter().filter(|issue| issue.labels.is_empty()).collect();
    unlabelled.sort_by(|one, other| one.created.cmp(&other.created));
    let oldest = unlabelled.first().map(|issue| issue.number);
    if let Some(number) = oldest {
        let comments = format!("{base}/issues/{number}/comments");
        http::post(comments).json(&Comment { body: &comment })?.send()?.error_for_status()?;
    }
    Ok(Output { open: issues.len(), unlabelled: unlabelled.len(), commented: oldest })
}
