//! What a host is to the harness.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::case::Reply;

/// A case, ready to be run once: everything that a host needs and nothing about what is expected.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The tool's file: a source, a component, a core module, or a folder with a Cargo package.
    pub tool: PathBuf,
    /// The input, JSON text as the case gives it; it need not be JSON, that is for the host to notice.
    pub input: Vec<u8>,
    /// The policy file's text; empty grants nothing.
    pub policy: String,
    /// Whether the policy is a `policy.yaml` of Wassette's.
    pub wassette: bool,
    /// A folder with the tools that it can call.
    pub tools: Option<PathBuf>,
    /// The values of the policy's secrets.
    pub secrets: BTreeMap<String, String>,
    /// What the person says to each question in turn; empty if nobody can be asked.
    pub answers: Vec<Reply>,
    /// What relative paths in the policy are relative to.
    pub files: PathBuf,
    /// Where keys and values are kept from one run of a case to the next.
    pub state: PathBuf,
}

/// What can be seen of a run from outside. Every host reports it in the same words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// The exit code of `belljar run`.
    pub exit: u8,
    /// The output's JSON text.
    pub output: Option<String>,
    /// What a person is told; empty when the tool returned.
    pub message: String,
    /// The word that the tool gave with a failure of its own.
    pub code: String,
    /// The tool's own call stack, a frame a line.
    pub stack: String,
    /// The lines of the log, oldest first; empty if the tool never started.
    pub log: Vec<String>,
    /// The artifacts by name.
    pub artifacts: BTreeMap<String, Vec<u8>>,
    /// Weighted instructions; nothing if the tool never started.
    pub fuel: Option<u64>,
    /// The run's recording; nothing if the tool never started.
    pub recording: Option<Vec<u8>>,
}

/// What a tool is made into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The tool's identity, in hexadecimal.
    pub identity: String,
    /// SHA-256 of its standalone component, in hexadecimal.
    pub standalone: String,
}

/// Somewhere that tools run.
pub trait Host: Send + Sync {
    /// The name on the command line and in a case's `hosts`.
    fn name(&self) -> &'static str;

    /// What it is called in what the harness prints, where hosts of one name differ.
    fn label(&self) -> &'static str {
        self.name()
    }

    /// Whether a tool is run again for each of its requests.
    fn runs_again(&self) -> bool {
        false
    }

    /// Compiles a tool and makes its standalone component.
    ///
    /// # Errors
    ///
    /// Why it cannot be made here, in words.
    fn make(&self, tool: &Path) -> Result<Made, String> {
        Err(format!("{} is made nowhere on the host {}", tool.display(), self.name()))
    }

    /// Runs a recorded run again, without performing anything.
    ///
    /// # Errors
    ///
    /// Why it cannot be replayed, or where it goes another way.
    fn replay(&self, recording: &[u8]) -> Result<Observed, String> {
        Err(format!("{} bytes are replayed nowhere on the host {}", recording.len(), self.name()))
    }

    /// Runs the trial once, to its end. What goes wrong is an observation, never an error.
    fn run(&self, trial: &Trial) -> Observed;
}
