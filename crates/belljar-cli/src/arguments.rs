//! The command line.

mod policy;

use std::path::PathBuf;
use std::sync::Arc;

use belljar::log::PublicKey;
use belljar::{KvStore, RunOptions, SpendLedger, Toolbox};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::Failure;

pub(crate) use policy::{Instead, PolicyCommand};

/// Runs tools that an AI agent wrote, under glass: with exactly the capabilities that you grant, on a measured
/// budget, every action logged.
#[derive(Debug, Parser)]
#[command(name = "belljar", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a tool once: its output on standard output, everything else on standard error.
    #[command(after_help = RUN_HELP)]
    Run(Box<Run>),
    /// Run a tool without changing anything, and print what it would ask for: a plan, which you can approve once
    /// (`belljar run --plan`).
    Rehearse(Box<Rehearse>),
    /// Make a tool's component and print its SHA-256.
    Build {
        #[command(flatten)]
        tool: ToolPath,
        /// Where the component goes; the tool's name with .wasm, in this folder, unless given.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Put a tool in JavaScript or Python and its engine into one component, which runs in any host of the world.
        #[arg(long)]
        standalone: bool,
        /// Admit the component too, for a page that is to fetch little: its `prepared` takes the file, and trusts it.
        #[arg(long)]
        prepared: bool,
    },
    /// Show what a tool is, takes, and can ask for at all.
    Inspect {
        #[command(flatten)]
        tool: ToolPath,
        /// Say of each of its wishes what this policy says of it, and which of the policy's rules no wish needs.
        #[arg(long, value_name = "POLICY")]
        against: Option<PathBuf>,
        /// How it is shown.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Run a recorded run again, from its recording alone and without performing anything, and compare every entry of
    /// its log.
    Replay {
        /// The recording, made with `belljar run --record FILE`.
        file: PathBuf,
        /// The public key that must have signed its log's head; 64 hexadecimal digits.
        #[arg(long, value_name = "PUBLIC-KEY")]
        signed_by: Option<PublicKey>,
        /// Grant the limits that the recording says, which may be far beyond the usual ones; with the digest that this
        /// command prints without it, only if it asks for what was shown then.
        #[arg(long, value_name = "DIGEST", num_args = 0..=1, require_equals = true, default_missing_value = "")]
        as_recorded: Option<AsRecorded>,
        /// What is printed on standard output.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Resume a run that was suspended while it waited for a person: `belljar run --suspend FILE`. The file grants nothing:
    /// give it the same policy again, or confirm what it asks for.
    Resume(Box<Resume>),
    /// Look at the log of a run.
    Log {
        #[command(subcommand)]
        command: LogCommand,
    },
    /// Look at the money that policies bound by day.
    Spend {
        #[command(subcommand)]
        command: SpendCommand,
    },
    /// Look at a policy.
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Make a folder with a tool that runs, and its policy.
    New {
        /// The tool's name, and the folder's: lower-case letters, digits, hyphens.
        name: String,
        /// What it is written in.
        #[arg(long, value_enum, default_value_t = Language::Ts)]
        lang: Language,
    },
    /// Serve the page, in which tools run in the browser, until Ctrl-C.
    Serve {
        /// The address and port; port 0 takes a free one.
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7357")]
        listen: std::net::SocketAddr,
        /// The folder with the page, as `cargo xtask site` makes it; beside this program unless given.
        #[arg(long, value_name = "DIR")]
        page: Option<PathBuf>,
        /// Let tools of the page send their requests through this program, as far as --policy allows: a browser keeps a page from
        /// reading most servers. Off unless given.
        #[arg(long, requires = "policy")]
        relay: bool,
        /// With --relay: the most that requests may do, whatever the page grants. What it asks about is refused.
        #[arg(long, value_name = "FILE", requires = "relay")]
        policy: Option<PathBuf>,
        /// With --relay: a file with the token that the page has to show, instead of a random one. Needed where --listen is not
        /// an address of this machine alone.
        #[arg(long, value_name = "FILE", requires = "relay")]
        relay_token: Option<PathBuf>,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Which tool.
#[derive(Args, Debug)]
pub(crate) struct ToolPath {
    /// A .ts, .js, .py, .rs, .wat or .wasm file, or a folder with a Cargo package.
    #[arg(value_name = "TOOL")]
    pub(crate) path: PathBuf,
    /// Build a Cargo package, whose build scripts and macros, and those of what it depends on, run on this machine: without
    /// network or your files where the system has Landlock, else with your rights.
    #[arg(long)]
    pub(crate) trust_build: bool,
    /// Let compiling the tool take this long, such as "2m", instead of a minute (building Rust: five minutes).
    #[arg(long, value_name = "DURATION")]
    pub(crate) compile_time: Option<String>,
    /// Let compiling the tool take this much memory, such as "2GiB", instead of 1 GiB.
    #[arg(long, value_name = "BYTES")]
    pub(crate) compile_memory: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Show a log in lines for people.
    Show {
        /// The log.
        file: PathBuf,
    },
    /// Check a log; names the first entry that does not hold.
    #[command(after_help = VERIFY_HELP)]
    Verify {
        /// The log.
        file: PathBuf,
        /// The hash of its last line, known from elsewhere: also shows a log that was replaced or shortened.
        #[arg(long, value_name = "HEX")]
        head: Option<String>,
        /// The public key that must have signed the log's head; 64 hexadecimal digits.
        #[arg(long, value_name = "PUBLIC-KEY")]
        signed_by: Option<PublicKey>,
        /// The file with the signature; FILE.sig unless given.
        #[arg(long, value_name = "FILE", requires = "signed_by")]
        signature: Option<PathBuf>,
    },
    /// Sign the head of a log that holds.
    Sign {
        /// The log; the signature goes to FILE.sig, which must not exist yet.
        file: PathBuf,
        /// The private key, made with `belljar log keygen`.
        #[arg(long, value_name = "KEYFILE")]
        key: PathBuf,
    },
    /// Make a private key for signing logs, in a new file that only you can read, and print its public key.
    Keygen {
        /// The private key's file.
        file: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// TypeScript.
    Ts,
    /// JavaScript.
    Js,
    /// Python.
    Python,
    /// Rust, in a single file.
    Rust,
    /// WebAssembly text.
    Wat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, and for pipes that want the bare output.
    Text,
    /// The whole report as one JSON object.
    Json,
}

const VERIFY_HELP: &str = "\
Exit codes: 0 the log holds and has its end, 1 it does not hold or is not the one that it should be,
2 wrong usage or unreadable, 3 it holds up to a last line that is torn, 4 it holds but has no end.";

const RUN_HELP: &str = "\
Rules: deny wins over ask, ask over allow. What no rule allows is refused.
  --allow 'kv notes/**'                       keys
  --allow 'files read ./data as /data'        a folder, as the tool sees it
  --ask   'files write ./out as /out'         ask on this terminal

Exit codes: 0 returned, 1 Belljar failed, 2 wrong usage or input, 3 the tool failed gracefully,
4 the tool broke, 5 refused, 6 out of budget, 75 suspended, 124 out of time, 130 cancelled.

Example:
  belljar run examples/word-count/tool.ts --input '{\"text\":\"To be, or not to be\"}'";

#[derive(Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) tool: ToolPath,
    /// The input as JSON; standard input is read if neither this nor a file is given.
    #[arg(long, value_name = "JSON", conflicts_with = "input_file")]
    pub(crate) input: Option<String>,
    /// A file with the input as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) input_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) grants: Grants,
    /// What is printed on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Keep the log in this file, as JSON lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Force each entry of the log to the disk before what it describes is done, so that the log survives a power cut,
    /// too; without it, it survives the end of this process.
    #[arg(long, requires = "log")]
    pub(crate) log_sync: bool,
    /// Keep in this file everything that `belljar replay` needs: the tool, the input, the policy, the log and what the
    /// tool was given. Whoever has the file can read all of it.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Sign the log's head with this private key, made with `belljar log keygen`: beside the log in FILE.sig, in the
    /// recording, and in what is suspended.
    #[arg(long, value_name = "KEYFILE")]
    pub(crate) sign: Option<PathBuf>,
    /// Suspend the run in this file whenever it waits for you, so that `belljar resume` can resume it after the end of
    /// this process; without a terminal it ends there, with exit code 75.
    #[arg(long, value_name = "FILE")]
    pub(crate) suspend: Option<PathBuf>,
    /// Do what a plan of `belljar rehearse` holds without asking about it again, in its order and as long as nothing else is asked
    /// for. You approve it at the terminal, or by --approve.
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Approve the plan with this digest, as `belljar rehearse` printed it.
    #[arg(long, value_name = "DIGEST", requires = "plan")]
    pub(crate) approve: Option<String>,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// How a tool is rehearsed. Keys and files are read, and not written; nothing is sent.
#[derive(Args, Debug)]
pub(crate) struct Rehearse {
    #[command(flatten)]
    pub(crate) tool: ToolPath,
    /// The input as JSON; standard input is read if neither this nor a file is given.
    #[arg(long, value_name = "JSON", conflicts_with = "input_file")]
    pub(crate) input: Option<String>,
    /// A file with the input as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) input_file: Option<PathBuf>,
    /// A recording whose answers of servers are given again, for the same requests; the policy's own answers need none.
    #[arg(long = "from", value_name = "RECORDING")]
    pub(crate) from: Vec<PathBuf>,
    /// Keep the plan in this new file, for `belljar run --plan`.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) grants: Grants,
    /// Read keys and values in this folder; without it there are none.
    #[arg(long, value_name = "DIR")]
    pub(crate) kv: Option<PathBuf>,
    /// The tools that this one can call, as for `belljar run`.
    #[arg(long, value_name = "DIR")]
    pub(crate) tools: Option<PathBuf>,
}

/// What a person gives to a run.
#[derive(Args, Debug)]
pub(crate) struct Grants {
    /// A policy file: policy.toml, or Wassette's policy.yaml; without one nothing is granted.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Allow what a rule matches.
    #[arg(long, value_name = "RULE")]
    pub(crate) allow: Vec<String>,
    /// Ask about what a rule matches.
    #[arg(long, value_name = "RULE")]
    pub(crate) ask: Vec<String>,
    /// Refuse what a rule matches.
    #[arg(long, value_name = "RULE")]
    pub(crate) deny: Vec<String>,
    /// Weighted instructions, such as "2G".
    #[arg(long, value_name = "COUNT")]
    pub(crate) fuel: Option<String>,
    /// Memory, such as "64MiB".
    #[arg(long, value_name = "BYTES")]
    pub(crate) memory: Option<String>,
    /// Wall clock, such as "10s"; waiting for you is not counted.
    #[arg(long, value_name = "DURATION")]
    pub(crate) time: Option<String>,
    /// Money for HTTP requests, such as "0.25USD"; the policy has the prices.
    #[arg(long, value_name = "AMOUNT")]
    pub(crate) spend: Option<String>,
}

impl Grants {
    /// Whether anything is said.
    pub(crate) fn any(&self) -> bool {
        !self.words().is_empty()
    }

    /// What was said, word by word.
    pub(crate) fn words(&self) -> Vec<String> {
        let policy = self.policy.iter().map(|path| ("--policy", path.to_string_lossy().into_owned()));
        let rules = [("--allow", &self.allow), ("--ask", &self.ask), ("--deny", &self.deny)];
        let rules = rules.into_iter().flat_map(|(option, rules)| rules.iter().map(move |rule| (option, rule.clone())));
        let limits =
            [("--fuel", &self.fuel), ("--memory", &self.memory), ("--time", &self.time), ("--spend", &self.spend)];
        let limits = limits.into_iter().filter_map(|(option, limit)| Some((option, limit.clone()?)));
        policy.chain(rules).chain(limits).flat_map(|(option, value)| [option.to_owned(), value]).collect()
    }
}

/// That somebody saw what a file asks for: anything, or what has this digest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsRecorded(pub(crate) Option<[u8; 32]>);

impl std::str::FromStr for AsRecorded {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digest = (!text.is_empty()).then(|| belljar::log::parse_hex(&text.to_ascii_lowercase()));
        match digest {
            None => Ok(AsRecorded(None)),
            Some(Some(digest)) => Ok(AsRecorded(Some(digest))),
            Some(None) => {
                Err("a digest is 64 hexadecimal digits, as the command that lacked this option printed it".into())
            }
        }
    }
}

/// What is done with the ledger of money by day.
#[derive(Debug, Subcommand)]
pub(crate) enum SpendCommand {
    /// List each day and account: what was spent and by which tools, and which runs hold money since when.
    Show {
        #[command(flatten)]
        ledger: LedgerPlace,
        /// How it is shown.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Settle what a run holds that was cut off, or was suspended and is given up.
    Settle {
        /// Under which it is held, as `belljar spend show` lists it.
        hold: String,
        /// What it spent, such as "0.25USD".
        #[arg(long = "as", value_name = "AMOUNT", required_unless_present = "log", conflicts_with = "log")]
        amount: Option<String>,
        /// The run's log, which says what it spent; a request that has no result in it counts with the most that it can cost.
        #[arg(long, value_name = "FILE")]
        log: Option<PathBuf>,
        #[command(flatten)]
        ledger: LedgerPlace,
    },
}

/// Where the ledger of money by day is.
#[derive(Args, Debug)]
pub(crate) struct LedgerPlace {
    /// Keep the ledger of money by day in this folder; without it in the user's own, $XDG_STATE_HOME/belljar.
    #[arg(long, value_name = "DIR")]
    pub(crate) ledger: Option<PathBuf>,
}

impl LedgerPlace {
    /// The ledger; none if nothing says where it is.
    pub(crate) fn open(&self) -> Option<SpendLedger> {
        let dir = self.ledger.clone().or_else(SpendLedger::usual_dir);
        dir.as_deref().map(SpendLedger::in_dir)
    }
}

/// Where things go that a run keeps and makes.
#[derive(Args, Debug)]
pub(crate) struct Places {
    /// Keep keys and values in this folder; without it they last for this run.
    #[arg(long, value_name = "DIR")]
    pub(crate) kv: Option<PathBuf>,
    /// Where the value of a secret of the policy is: "NAME=env:VARIABLE", "NAME=file:PATH" or
    /// "NAME=keyring:SERVICE/USER", the system's keyring. Without this it is looked for in
    /// the variable BELLJAR_SECRET_NAME.
    #[arg(long = "secret", value_name = "NAME=SOURCE")]
    pub(crate) secrets: Vec<String>,
    /// The tools that this one can call, by the names of their files: a folder with NAME.ts (.js, .py, .rs, .wat, .wasm) and beside it
    /// NAME.policy.toml. A called tool gets what its policy and the policy of its caller both give.
    #[arg(long, value_name = "DIR")]
    pub(crate) tools: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) ledger: LedgerPlace,
    /// Save the tool's artifacts as new files in this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) artifacts: Option<PathBuf>,
    /// Replace artifacts that an earlier run of this tool made in that folder, if nobody has changed them since.
    #[arg(long, requires = "artifacts")]
    pub(crate) overwrite: bool,
}

impl Places {
    /// Gives a run what it may reach there.
    pub(crate) fn give(&self, options: &mut RunOptions) -> Result<(), Failure> {
        if let Some(dir) = &self.kv {
            options.kv = KvStore::in_dir(dir);
        }
        options.spend = self.ledger.open();
        if let Some(dir) = &self.tools {
            options.tools = Arc::new(Toolbox::of_folder(dir).map_err(Failure::usage)?);
        }
        Ok(())
    }
}

/// How a run is resumed.
#[derive(Args, Debug)]
pub(crate) struct Resume {
    /// The run, as `belljar run --suspend FILE` left it. It is suspended there again when it waits for you once more.
    pub(crate) file: PathBuf,
    /// The answer to what it asks first: a yes for this once, a yes for everything under the same rule in this run, a no, or a
    /// no to everything under the same rule.
    #[arg(long, value_enum, conflicts_with = "say")]
    pub(crate) answer: Option<Word>,
    /// Why the answer is no, in one line for the tool.
    #[arg(long, value_name = "TEXT", requires = "answer")]
    pub(crate) because: Option<String>,
    /// Approve the request as this file has it, in the place of what it asks first: JSON as docs/wire.md has it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["answer", "say"])]
    pub(crate) edited: Option<PathBuf>,
    /// The answer to the tool's own question.
    #[arg(long, value_name = "TEXT")]
    pub(crate) say: Option<String>,
    /// What is printed on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Keep the log in this file, as JSON lines, from the run's beginning.
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Keep the recording of the whole run in this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// The public key that must have signed it when it was suspended; 64 hexadecimal digits. What it signed is granted.
    /// Without this the file may be anybody's.
    #[arg(long, value_name = "PUBLIC-KEY")]
    pub(crate) signed_by: Option<PublicKey>,
    /// Sign with this private key, as `belljar run --sign` does: the log, the recording, and the run if it is suspended again.
    /// What was done before is vouched for, too, so it must have been signed.
    #[arg(long, value_name = "KEYFILE", requires = "signed_by")]
    pub(crate) sign: Option<PathBuf>,
    /// Grant what the file asks for, rules and standing approvals; with the digest that this command prints without it, only
    /// if it asks for what was shown then. Give the policy instead, if you have it.
    #[arg(long, value_name = "DIGEST", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) as_recorded: Option<AsRecorded>,
    #[command(flatten)]
    pub(crate) grants: Grants,
    #[command(flatten)]
    pub(crate) places: Places,
}

/// An answer in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Word {
    /// Yes, this once.
    Once,
    /// Yes, for everything under the same rule in this run.
    Rule,
    /// No.
    No,
    /// No, to everything under the same rule in this run.
    Never,
}
