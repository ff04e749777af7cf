//! The command line of `belljar policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Print the JSON Schema of policy files, for editors.
    Schema,
    /// Check a policy file and say what it allows.
    Check {
        /// The policy: policy.toml, or Wassette's policy.yaml.
        file: PathBuf,
    },
    /// Say what of two policies each gives and the other does not, with a request that shows it.
    Diff {
        /// The policy before.
        old: PathBuf,
        /// The policy after.
        new: PathBuf,
    },
    /// Print the smallest policy that allows what logs or recordings show.
    Learn {
        /// Logs, as `belljar run --log` writes them, or recordings, as `belljar run --record` does.
        #[arg(required = true)]
        logs: Vec<PathBuf>,
    },
    /// Say what another policy would have made of runs that are over, from their recordings or logs; nothing is run.
    #[command(after_help = WHAT_IF_HELP)]
    WhatIf {
        #[command(flatten)]
        instead: Instead,
        /// Recordings, as `belljar run --record` writes them, or logs, as `belljar run --log` does. A log has no answers, so that
        /// prices per unit cannot be told from it.
        #[arg(required = true, value_name = "RECORDING")]
        histories: Vec<PathBuf>,
        /// How it is shown.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

/// What takes the place of what was.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Instead {
    /// The other policy.
    #[arg(long, value_name = "POLICY")]
    pub(crate) with: Option<PathBuf>,
    /// A policy of which only the prices and the spending limit count; what rules decided stays.
    #[arg(long, value_name = "POLICY")]
    pub(crate) prices: Option<PathBuf>,
}

const WHAT_IF_HELP: &str = "\
Files are judged by their names, and time is not judged. After a request that would be refused, the tool might
have done something else: what the log has is gone through all the same.";
