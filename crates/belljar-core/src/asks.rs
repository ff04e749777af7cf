//! What a recording asks for: a file is not a grant.
//!
//! Resuming a run, or running a recorded one again, needs what its policy says. The file says that itself, and it may be
//! anybody's. So nothing of it holds until it is granted anew: by the same policy from elsewhere, or by somebody who
//! looked at what it asks for ([`Grant`]).

use std::sync::Arc;

use belljar_abi::Moment;
use belljar_policy::limits::Limits;
use belljar_policy::{Policy, PolicyError};
use thiserror::Error;

use crate::clock::format_moment;
use crate::contract::{hex, sha256};
use crate::plan::Plan;
use crate::recording::Recording;
use crate::run_path::RunPath;

/// Who gives what a recording asks for.
#[derive(Clone, Copy, Debug)]
pub enum Grant<'a> {
    /// Whoever says so, after having seen [`Asks::sentences`], or because somebody who is trusted signed the recording:
    /// everything that it asks for.
    AsRecorded,
    /// Whoever says so, after having seen what has this [`Asks::digest`]; not if it asks for anything else by now.
    Seen([u8; 32]),
    /// This policy, which must be the recorded one. It says nothing of what a person approved during the run.
    Policy(&'a Policy),
    /// For a replay, which performs nothing: work within these limits.
    Limits(&'a Limits),
}

/// Why a recording gets nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotGranted {
    /// The policy that was given is another one.
    #[error("it asks for another policy than the one that is given here{}", listed(.missing, .beyond))]
    Policy {
        /// What it asks for and is not given, in sentences.
        missing: Vec<String>,
        /// What is given and not asked for.
        beyond: Vec<String>,
    },
    /// The policy is the one that was given, which says nothing of what a person approved.
    #[error("it says that a person allowed something for the whole run, which the policy given here does not say: {}", .0.join("; "))]
    Approved(Vec<String>),
    /// It asks for something else than what was seen.
    #[error("it asks for something else than what was seen: the digest of what it asks for is {}", hex(.0))]
    Other([u8; 32]),
    /// It would take more than what is given without asking.
    #[error("running it again may take more than what a run gets that nobody gave anything: {}", .0.join(", "))]
    Limits(Vec<String>),
}

/// The difference between two policies in words.
fn listed(missing: &[String], beyond: &[String]) -> String {
    let list = |what: &str, lines: &[String]| match lines {
        [] => String::new(),
        lines => format!("; {what}: {}", lines.join(" · ")),
    };
    match (missing, beyond) {
        ([], []) => "; clock, random seed, secrets, prices or a limit differ".into(),
        _ => list("it asks for", missing) + &list("given here", beyond),
    }
}

/// What a recording asks for.
#[derive(Clone, Debug)]
pub struct Asks {
    policy: Policy,
    approved: Vec<(String, Option<Moment>)>,
    refused: Vec<String>,
    tool: String,
    tool_hash: String,
    calls: Vec<Called>,
    plan: Option<Arc<Plan>>,
}

/// A run of a tool that was called: what it has is its caller's, so that it asks for no more than its approvals.
#[derive(Clone, Debug)]
struct Called {
    run: RunPath,
    tool: String,
    tool_hash: String,
    approved: Vec<(String, Option<Moment>)>,
}

impl Asks {
    /// Reads it out of a recording. That the policy is the one that the log names is checked when it is run.
    ///
    /// # Errors
    ///
    /// If its policy cannot be read.
    pub fn of(recording: &Recording) -> Result<Self, PolicyError> {
        let start = &recording.start;
        Ok(Asks {
            policy: Policy::parse(&recording.parts().policy)?,
            approved: recording.approved().map(|(rule, expires)| (rule.to_owned(), expires)).collect(),
            refused: recording.refused().map(str::to_owned).collect(),
            tool: start.tool.clone(),
            tool_hash: hex(&start.tool_hash),
            plan: recording.plan().filter(|_| !recording.ended()).cloned(),
            calls: recording.calls().map(|(run, called)| Called::of(run, called)).collect(),
        })
    }

    /// The name that the tool gives itself.
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// The tool's identity, in hexadecimal.
    pub fn tool_hash(&self) -> &str {
        &self.tool_hash
    }

    /// The recorded policy. Whoever runs anything under it has granted it.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Rules that a person is said to have approved for the whole run, or until a moment of its clock.
    pub fn approved(&self) -> &[(String, Option<Moment>)] {
        &self.approved
    }

    /// Everything that it asks for, in sentences for people. The text is the file's: show it escaped.
    pub fn sentences(&self) -> Vec<String> {
        let approved = self.approved.iter().map(|(rule, expires)| match expires {
            None => format!("allowed for this run, by an earlier answer: {rule}"),
            Some(moment) => {
                format!("allowed until {} of this run's clock, by an earlier answer: {rule}", format_moment(*moment))
            }
        });
        let calls = self.calls.iter().flat_map(|called| {
            let whose = format!("the called tool {} (run {}, {})", called.tool, called.run, called.tool_hash);
            let approved = called.approved.iter().map(move |(rule, expires)| match expires {
                None => format!("allowed for run {}, by an earlier answer: {rule}", called.run),
                Some(moment) => format!(
                    "allowed for run {} until {} of its clock, by an earlier answer: {rule}",
                    called.run,
                    format_moment(*moment)
                ),
            });
            std::iter::once(whose).chain(approved)
        });
        let plan = self.plan.iter().map(|plan| {
            let (count, digest) = (plan.requests.len(), hex(&plan.digest()));
            format!("{count} requests in their order are approved beforehand, by the plan {digest}")
        });
        let refused = self.refused.iter().map(|rule| format!("refused for this run, by an earlier answer: {rule}"));
        self.policy.describe().into_iter().chain(approved).chain(refused).chain(calls).chain(plan).collect()
    }

    /// What identifies all that it asks for, and for which tool: SHA-256 of lines, each with its newline, which are
    /// `belljar asks, version 2`, the tool's identity, the policy's digest, and the SHA-256 of each rule that was approved, in
    /// the order of the rules' bytes; behind it stand a space and the moment until which that holds, if it does not hold for
    /// the whole run. For each called run there follow, with its path and a space in front, its tool's identity and its approvals.
    pub fn digest(&self) -> [u8; 32] {
        let mut text = format!("belljar asks, version 2\n{}\n{}\n", self.tool_hash, hex(&self.policy.digest()));
        let approval = |(rule, expires): &(String, Option<Moment>)| {
            let until = expires.map(|moment| format!(" {}", format_moment(moment))).unwrap_or_default();
            format!("{}{until}\n", hex(&sha256(rule.as_bytes())))
        };
        text.extend(self.approved.iter().map(approval));
        for Called { run, tool_hash, approved, .. } in &self.calls {
            text.push_str(&format!("{run} {tool_hash}\n"));
            text.extend(approved.iter().map(|given| format!("{run} {}", approval(given))));
        }
        if let Some(plan) = &self.plan {
            text.push_str(&format!("plan {}\n", hex(&plan.digest())));
        }
        sha256(text.as_bytes())
    }

    /// What a person approved, in all runs.
    fn approvals(&self) -> impl Iterator<Item = &(String, Option<Moment>)> {
        self.approved.iter().chain(self.calls.iter().flat_map(|called| &called.approved))
    }

    /// The recorded policy, if it is granted.
    ///
    /// # Errors
    ///
    /// What is not granted.
    pub fn granted(self, grant: Grant<'_>) -> Result<Policy, NotGranted> {
        match grant {
            Grant::AsRecorded => Ok(self.policy),
            Grant::Seen(digest) if digest == self.digest() => Ok(self.policy),
            Grant::Seen(_) => Err(NotGranted::Other(self.digest())),
            Grant::Policy(given) if given.digest() != self.policy.digest() => {
                let (asked, given) = (self.policy.describe(), given.describe());
                let without = |lines: &[String], others: &[String]| {
                    lines.iter().filter(|line| !others.contains(line)).cloned().collect::<Vec<_>>()
                };
                Err(NotGranted::Policy { missing: without(&asked, &given), beyond: without(&given, &asked) })
            }
            Grant::Policy(_) if self.approvals().next().is_some() => {
                Err(NotGranted::Approved(self.approvals().map(|(rule, _)| rule.clone()).collect()))
            }
            Grant::Policy(_) if let Some(plan) = &self.plan => {
                Err(NotGranted::Approved(vec![format!("what stands in the plan {}", hex(&plan.digest()))]))
            }
            Grant::Policy(_) => Ok(self.policy),
            Grant::Limits(given) => {
                let beyond = beyond(&self.policy.limits, given);
                if beyond.is_empty() { Ok(self.policy) } else { Err(NotGranted::Limits(beyond)) }
            }
        }
    }
}

impl Called {
    fn of(run: &RunPath, recording: &Recording) -> Self {
        // What has ended is not gone on with.
        let open = !recording.ended();
        Called {
            run: run.clone(),
            tool: recording.start.tool.clone(),
            tool_hash: hex(&recording.start.tool_hash),
            approved: recording.approved().filter(|_| open).map(|(rule, expires)| (rule.to_owned(), expires)).collect(),
        }
    }
}

/// The limits that a replay uses up, as far as they are beyond what is given.
fn beyond(asked: &Limits, given: &Limits) -> Vec<String> {
    let pairs = [
        ("fuel", asked.fuel, given.fuel),
        ("memory", asked.memory, given.memory),
        ("output", asked.output, given.output),
        ("console", asked.log, given.log),
        ("artifacts", asked.artifacts, given.artifacts),
        ("requests", asked.calls, given.calls),
    ];
    let more = pairs.into_iter().filter(|(_, asked, given)| asked > given);
    more.map(|(name, asked, given)| format!("{name} {asked} instead of {given}")).collect()
}
