//! Which run of a tree of runs: a tool that calls other tools has runs below its own.

use std::fmt;
use std::str::FromStr;

use belljar_abi::Ticket;

/// Where a run stands below the one that a person started: the tickets of the calls that lead to it.
///
/// Its text is these tickets, with dots between; that of the first run is empty.
///
/// ```
/// use belljar_core::RunPath;
///
/// let path: RunPath = "3.1".parse()?;
/// assert_eq!(path, RunPath::default().of_call(3).of_call(1));
/// assert_eq!((path.depth(), path.to_string()), (2, "3.1".into()));
/// assert!("3.01".parse::<RunPath>().is_err());
/// # Ok::<(), &'static str>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunPath(Vec<Ticket>);

impl RunPath {
    /// Whether it is the run that a person started.
    pub fn is_first(&self) -> bool {
        self.0.is_empty()
    }

    /// How many calls lead to it.
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// The run that a call of this one makes.
    pub fn of_call(&self, ticket: Ticket) -> RunPath {
        let mut path = self.0.clone();
        path.push(ticket);
        RunPath(path)
    }

    /// The run that made the call, and the call's ticket; nothing of the first run.
    pub fn caller(&self) -> Option<(RunPath, Ticket)> {
        let (ticket, before) = self.0.split_last()?;
        Some((RunPath(before.to_vec()), *ticket))
    }

    /// Whether it is below another run.
    pub fn is_below(&self, other: &RunPath) -> bool {
        self.0.len() > other.0.len() && self.0.starts_with(&other.0)
    }
}

impl fmt::Display for RunPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, ticket) in self.0.iter().enumerate() {
            write!(f, "{}{ticket}", if at == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

impl FromStr for RunPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(RunPath::default());
        }
        let path = text.split('.').map(str::parse).collect::<Result<_, _>>().ok().map(RunPath);
        path.filter(|path| path.to_string() == text)
            .ok_or("a run is named by the tickets of calls, with dots between: 3.1")
    }
}
