//! `belljar inspect TOOL --against POLICY`: a tool's wishes beside a policy.

use belljar::Policy;
use belljar::policy::{Wish, WishSaid, Wished};
use serde_json::{Value, json};

use crate::Failure;
use crate::show::{say, visible};

/// What a policy says of a wish, or why the wish is none.
fn of(policy: &Policy, wish: &str) -> Result<Wished, String> {
    let read = Wish::parse(wish).map_err(|error| error.to_string())?;
    policy.wished(&read)
}

/// The rules that no wish needs.
fn unwanted(policy: &Policy, wants: &[String]) -> Vec<String> {
    let wishes: Vec<Wish> = wants.iter().filter_map(|wish| Wish::parse(wish).ok()).collect();
    policy.unwanted(&wishes)
}

/// For `--format json`.
pub(crate) fn report(policy: &Policy, wants: &[String]) -> Value {
    let wish = |wish: &String| match of(policy, wish) {
        Ok(Wished { said, rule, request }) => json!({
            "wish": wish, "said": said.words(), "rule": rule, "request": request.map(|request| request.to_string()),
        }),
        Err(why) => json!({ "wish": wish, "said": "no wish", "rule": why, "request": null }),
    };
    json!({ "wishes": wants.iter().map(wish).collect::<Vec<_>>(), "notWanted": unwanted(policy, wants) })
}

/// A line for each wish, and one for each rule that no wish needs.
pub(crate) fn show(policy: &Policy, wants: &[String]) -> Result<(), Failure> {
    for wish in wants {
        let line = match of(policy, wish) {
            Ok(Wished { said, rule, request: Some(request) }) if said != WishSaid::Refused => {
                format!("{}: {wish}: {request}: {rule}", said.words())
            }
            Ok(Wished { said, rule, .. }) => format!("{}: {wish}: {rule}", said.words()),
            Err(why) => format!("no wish: {wish}: {why}"),
        };
        say!("  {}", visible(&line))?;
    }
    for rule in unwanted(policy, wants) {
        say!("  not wanted: {}", visible(&rule))?;
    }
    if wants.is_empty() {
        say!("  it wishes for nothing")?;
    }
    Ok(())
}
