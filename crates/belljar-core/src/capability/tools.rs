//! Calls of other tools. What a call is and what it may do is in `run/call.rs`.

use std::sync::Arc;

use belljar_abi::{Failure, Lift, Lower, Request, Ticket, ToolRequest, ToolResponse};
use belljar_policy::limits::TOOL_NAME;
use belljar_policy::{Policy, Query, escape, is_tool_name};

use super::content_alone;
use super::form::{Act, Answered, Ask, Capability, Filter, Judge, Judged, Kind};
use crate::edit::{Edit, Part};
use crate::limits;
use crate::permit::Permit;
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

    fn editable(&self) -> &'static [Part] {
        &[Part::Content]
    }
}

impl Judge for ToolRequest {
    fn canonicalize(&mut self) -> Result<(), String> {
        if !is_tool_name(&self.name) {
            return Err(format!(
                "a tool's name has 1 to {TOOL_NAME} lower-case letters, digits, hyphens, dots and underscores"
            ));
        }
        Ok(())
    }

    fn judge(&self, ticket: Ticket, terms: &Arc<Terms>) -> Result<Judged, Failure> {
        let decision = terms.policy().decide(&Query::Tool { name: &self.name });
        Ok(Judged::ByRules(Box::new(decision), Some(Act::Tools(Permit::new(ticket, self.clone())))))
    }

    /// Whether the called tool takes that input is seen when it begins, as with every call.
    fn edited(&self, edit: &Edit) -> Result<Self, String> {
        let content = content_alone(self, edit)?;
        let input = std::str::from_utf8(content).map_err(|_| "the input of a tool is text, and this is not UTF-8")?;
        serde_json::from_str::<serde::de::IgnoredAny>(input)
            .map_err(|error| format!("the input of a tool is JSON, and this is not: {error}"))?;
        Ok(ToolRequest { name: self.name.clone(), input: input.to_owned() })
    }

    fn grant(&self, policy: &Policy) -> Option<String> {
        policy.suggest(&Query::Tool { name: &self.name })
    }
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
