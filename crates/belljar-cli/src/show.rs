//! Text of others on a terminal.

use std::borrow::Cow;
use std::io::IsTerminal;

pub(crate) use belljar_text::{one_line, visible};

/// JSON text for standard output: exact for a file or a pipe; on a terminal, what hides is written as JSON's own escapes,
/// which is the same value.
pub(crate) fn json_for_output(text: &str) -> Cow<'_, str> {
    if std::io::stdout().is_terminal() { Cow::Owned(belljar_text::json(text)) } else { Cow::Borrowed(text) }
}
