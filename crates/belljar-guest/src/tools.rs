//! Calls of other tools.
//!
//! A called tool is a run of its own. It gets at most what this one has, and a share of what is left of its budgets.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Failure;
use crate::request::Started;
use crate::world::belljar::tool::tools::{Request, start, take};

/// Calls a tool by its name, and waits for its output.
///
/// ```no_run
/// # fn run() -> Result<(), belljar_guest::Failure> {
/// let words: u32 = belljar_guest::tools::call("word-count", &serde_json::json!({ "text": "two words" }))?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Failure::Denied`] if the call, or something that the called tool asked for, is refused; [`Failure::NotFound`] if there is no
/// tool of that name; [`Failure::Invalid`] if it does not take the input, is running already, or its output is not an `O`;
/// [`Failure::Exhausted`] and [`Failure::TimedOut`] if its share of the budgets ran out; [`Failure::Other`] with its own words if
/// it failed.
pub fn call<O: DeserializeOwned>(name: &str, input: &(impl Serialize + ?Sized)) -> Result<O, Failure> {
    let output = start_call(name, input)?.wait()?;
    serde_json::from_str(&output).map_err(|error| Failure::Invalid(format!("the output of {name}: {error}")))
}

/// [`call`], without waiting; the response is the output as JSON text.
///
/// # Errors
///
/// [`Failure::Invalid`] if the input has no JSON.
pub fn start_call(name: &str, input: &(impl Serialize + ?Sized)) -> Result<Started<String>, Failure> {
    let input =
        serde_json::to_string(input).map_err(|error| Failure::Invalid(format!("the input of {name}: {error}")))?;
    let ticket = start(&Request { name: name.into(), input });
    Ok(Started::new(ticket, |ticket| take(ticket).map(|response| response.output)))
}
