//! Calls of other tools. They are judged and refused: no host performs them yet.

use std::sync::Arc;

use belljar_abi::{Failure, Lift, Lower, Request, Ticket, ToolRequest, ToolResponse};
use belljar_policy::{Decision, Effect, Policy, escape};

use super::form::{Answered, Ask, Capability, Filter, Judge, Judged, Kind};
use crate::limits;
use crate::terms::Terms;

pub(super) const KIND: Kind = Kind {
    name: "tools",
    most: limits::TRANSFER + limits::BESIDE,
    // The input of the called tool is one text.
    text: limits::TRANSFER,
    lift: |values, memory| Ok(Request::Tools(Lift::lift_flat(values, memory)?)),
    failed: |failure| Err::<ToolResponse, _>(failure).plan(),
};

impl Ask for ToolRequest {
    fn capability(&self) -> Capability {
        Capability::Tools
    }

    fn describe(&self) -> String {
        format!("call {}", escape(&self.name))
    }

    fn payload(&self) -> Option<&[u8]> {
        Some(self.input.as_bytes())
    }
}

impl Judge for ToolRequest {
    fn canonicalize(&mut self) -> Result<(), String> {
        let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.');
        if self.name.is_empty() || self.name.len() > limits::TOOL_NAME || !self.name.chars().all(plain) {
            return Err(format!(
                "a tool's name has 1 to {} lower-case letters, digits, hyphens, dots and underscores",
                limits::TOOL_NAME
            ));
        }
        Ok(())
    }

    fn judge(&self, _: Ticket, _: &Arc<Terms>) -> Result<Judged, Failure> {
        Ok(later(Capability::Tools))
    }

    /// What this version does not perform, no rule allows.
    fn grant(&self, _: &Policy) -> Option<String> {
        None
    }
}

/// A capability that this version of Belljar knows but does not perform.
fn later(capability: Capability) -> Judged {
    let rule = format!("this version of Belljar does not perform {} requests yet", capability.name());
    Judged::ByRules(Box::new(Decision::plain(Effect::Deny, rule)), None)
}

impl Answered for ToolResponse {
    fn capability(&self) -> Capability {
        Capability::Tools
    }

    fn size(&self) -> u64 {
        self.output.len() as u64
    }
}

impl Filter for ToolResponse {}
