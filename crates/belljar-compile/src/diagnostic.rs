//! What is wrong with a source, shown so that its author finds it.

use thiserror::Error;

/// Characters of a source line that are shown.
const WIDTH: usize = 100;

/// Something to say about a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file.
    pub file: String,
    /// Line and column from 1, and the line itself, where there is a place.
    pub place: Option<(usize, usize, String)>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            None => write!(f, "{}: {}", self.file, self.message),
            Some((line, column, text)) => {
                let width = line.to_string().len();
                writeln!(f, "{}:{line}:{column}: {}", self.file, self.message)?;
                // Of a long line, what stands around the place.
                let first = if text.chars().count() > WIDTH { column.saturating_sub(WIDTH / 2) } else { 0 };
                let shown: String = text.chars().skip(first).take(WIDTH).collect();
                let column = column - first;
                writeln!(f, "{line} | {shown}")?;
                write!(f, "{:width$} | {:>column$}", "", "^")
            }
        }
    }
}

/// A source does not compile.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct CompileError(pub Diagnostic);

impl CompileError {
    pub(crate) fn plain(file: &str, message: String) -> Self {
        CompileError(Diagnostic { file: file.to_owned(), place: None, message })
    }

    pub(crate) fn at(file: &str, text: &str, line: usize, column: usize, message: String) -> Self {
        // Tabs and control characters would move the caret.
        let shown = |c: char| if c.is_control() { ' ' } else { c };
        let text = text.lines().nth(line - 1).unwrap_or_default().chars().map(shown).collect();
        CompileError(Diagnostic { file: file.to_owned(), place: Some((line, column, text)), message })
    }
}
