//! The `belljar` program.

// They panic where nobody reads any more; `show` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod artifacts;
mod ask;
mod edit;
mod grant;
mod inspect;
mod log;
mod new;
mod private;
mod question;
mod rehearse;
mod replay;
mod resume;
mod run;
mod secrets;
mod serve;
mod show;
mod spend;
mod what_if;
mod wishes;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Command, LogCommand, PolicyCommand, SpendCommand};

/// Belljar itself failed.
const FAULT: u8 = 1;
/// The arguments, the policy, the input or the tool are wrong.
const USAGE: u8 = 2;

/// Why a command ends without having done its work: a message and an exit code.
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    fn usage(message: impl std::fmt::Display) -> Self {
        Failure { code: USAGE, message: message.to_string() }
    }

    fn fault(message: impl std::fmt::Display) -> Self {
        Failure { code: FAULT, message: message.to_string() }
    }
}

fn main() -> ExitCode {
    belljar::compile_server();
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Run(run) => run::run(*run),
        Command::Rehearse(arguments) => rehearse::rehearse(*arguments),
        Command::Build { tool, output, standalone, prepared } => inspect::build(&tool, output, standalone, prepared),
        Command::Inspect { tool, against, format } => inspect::inspect(&tool, against.as_deref(), format),
        Command::Replay { file, signed_by, as_recorded, format } => {
            replay::replay(&file, signed_by.as_ref(), as_recorded, format)
        }
        Command::Resume(arguments) => resume::resume(*arguments),
        Command::Log { command } => match command {
            LogCommand::Show { file } => log::show(&file),
            LogCommand::Verify { file, head, signed_by, signature } => {
                log::verify(&file, head.as_deref(), signed_by.as_ref(), signature)
            }
            LogCommand::Sign { file, key } => log::sign(&file, &key),
            LogCommand::Keygen { file } => log::keygen(&file),
        },
        Command::Spend { command: SpendCommand::Show { ledger, format } } => spend::show(&ledger, format),
        Command::Spend { command: SpendCommand::Settle { hold, amount, log, ledger } } => {
            spend::settle(&hold, amount.as_deref(), log.as_deref(), &ledger)
        }
        Command::Policy { command: PolicyCommand::Check { file } } => inspect::policy(&file),
        Command::Policy { command: PolicyCommand::Diff { old, new } } => inspect::policy_diff(&old, &new),
        Command::Policy { command: PolicyCommand::Learn { logs } } => inspect::policy_learn(&logs),
        Command::Policy { command: PolicyCommand::WhatIf { instead, histories, format } } => {
            what_if::what_if(&instead, &histories, format)
        }
        Command::Policy { command: PolicyCommand::Schema } => inspect::policy_schema(),
        Command::New { name, lang } => new::new(&name, lang),
        Command::Serve { listen, page, policy, relay_token, .. } => serve::serve(listen, page, policy, relay_token),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "belljar", &mut script);
            show::write(&script).map(|()| 0)
        }
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            show::tell!("belljar: {}", show::visible(&failure.message));
            ExitCode::from(failure.code)
        }
    }
}
