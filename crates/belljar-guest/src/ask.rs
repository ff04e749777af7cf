//! Questions to the person who runs the tool.

use crate::error::Failure;
use crate::request::Started;
use crate::world::belljar::tool::human::{Request, start, take};

/// Asks the person who runs the tool, and waits for the answer: one of `choices`, or free text if there are none.
///
/// The run may be suspended while it waits, and resumed later, elsewhere; the tool cannot tell.
///
/// ```no_run
/// # fn tell() -> Result<(), belljar_guest::Failure> {
/// let colour = belljar_guest::ask("Which colour?", &["red", "blue"])?;
/// let name = belljar_guest::ask("What shall it be called?", &[])?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Failure::Denied`] if nobody can be asked, the person does not answer, or says what is none of the choices.
/// [`Failure::Invalid`] if the question cannot be shown: it is empty or longer than 4 KiB, or has more than 20 choices, or
/// one that is empty, long, not one line, or there twice.
pub fn ask(question: &str, choices: &[&str]) -> Result<String, Failure> {
    start_ask(question, choices).wait()
}

/// [`ask`], without waiting.
pub fn start_ask(question: &str, choices: &[&str]) -> Started<String> {
    let choices = choices.iter().map(|&choice| choice.into()).collect();
    Started::new(start(&Request { question: question.into(), choices }), |ticket| take(ticket).map(|said| said.answer))
}
