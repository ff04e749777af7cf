//! The form in which the core says what it has to say of a capability.

use std::sync::Arc;

use belljar_abi::{Failure, Fault, Header, Memory, Request, Ticket, ToolRequest, Writer};
use belljar_policy::{Decision, Policy, Query};

use crate::edit::{Edit, Part};
use crate::permit::{FilesAct, HttpAct, KvAct, Permit};
use crate::terms::Terms;

/// A capability whose requests are started, then taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Keys and values.
    Kv,
    /// Files below granted directories.
    Files,
    /// HTTP requests.
    Http,
    /// Calls of other tools.
    Tools,
    /// Questions to the person.
    Human,
}

impl Capability {
    /// All of them.
    pub const ALL: [Capability; 5] =
        [Capability::Kv, Capability::Files, Capability::Http, Capability::Tools, Capability::Human];
}

/// How a capability's values cross the boundary to the guest.
pub(crate) struct Kind {
    pub(super) name: &'static str,
    /// Bytes that a request can bring, all together and in one text.
    pub(crate) most: u64,
    pub(crate) text: u64,
    /// Lifts the arguments of `start`.
    pub(crate) lift: fn(&mut dyn Iterator<Item = u64>, &Memory<'_>) -> Result<Request, Fault>,
    /// Plans a failure as the result of `take`.
    pub(crate) failed: fn(Failure) -> Writer,
}

/// What can be said of every request.
pub trait Ask {
    /// Which capability it is for.
    fn capability(&self) -> Capability;

    /// What is asked, in the words of a policy's rule where there is one: "get notes/today". Characters that cannot be
    /// seen are written by their numbers, as [`belljar_policy::escape`] does, so that the text can be read, and pasted as
    /// a rule behind the capability's name.
    fn describe(&self) -> String;

    /// The bytes that the request carries besides its description.
    fn payload(&self) -> Option<&[u8]> {
        None
    }

    /// Bytes that it brings besides its description: its payload, and what is compared with something.
    fn carries(&self) -> usize {
        self.payload().map_or(0, <[u8]>::len)
    }

    /// How much at most of a list is asked for, if a part of one is.
    fn part(&self) -> Option<u32> {
        None
    }

    /// What is lost for good if it is performed, in a sentence for the person who is asked; nothing if it changes nothing, or what
    /// it changes can be changed back. It follows from what is asked, never from what the tool says of it.
    fn irreversible(&self) -> Option<&'static str> {
        None
    }

    /// Whether it changes anything, or has another tool run. It follows from what is asked, never from what the tool says of it.
    fn acts(&self) -> bool {
        true
    }

    /// The header fields that the request carries.
    fn headers(&self) -> &[Header] {
        &[]
    }

    /// What of it a person can change before approving it.
    fn editable(&self) -> &'static [Part] {
        &[]
    }
}

/// A permitted act, by capability.
#[derive(Debug)]
pub enum Act {
    /// Keys and values; a `list` answers all keys with the prefix, the core leaves out those not readable.
    Kv(Permit<KvAct>),
    /// Files.
    Files(Permit<FilesAct>),
    /// One hop of an HTTP request: redirects are not followed, but handed in as they are.
    Http(Permit<HttpAct>),
    /// A call of another tool: [`crate::Run::calling`] has what its run begins with.
    Tools(Permit<ToolRequest>),
}

impl Act {
    /// Lets the response have at most so many bytes.
    pub(crate) fn limit(&mut self, most: u64) {
        match self {
            Act::Kv(permit) => permit.limit(most),
            Act::Files(permit) => permit.limit(most),
            Act::Http(permit) => permit.limit(most),
            Act::Tools(permit) => permit.limit(most),
        }
    }

    /// The header fields in which it carries a key.
    pub(crate) fn keys(&self) -> Vec<String> {
        match self {
            Act::Http(permit) => permit.act().keys.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }

    /// The names of the secrets that the host puts into it.
    pub(crate) fn secrets(&self) -> Vec<String> {
        match self {
            Act::Http(permit) => permit.act().secrets.iter().map(|secret| secret.name.clone()).collect(),
            _ => Vec::new(),
        }
    }
}

/// Whether a part of a list can have so much.
pub(super) fn part_fits(most: u32, limit: usize) -> Result<(), String> {
    if (1..=limit).contains(&(most as usize)) {
        return Ok(());
    }
    Err(format!("a part of a list has 1 to {limit} entries, not {most}"))
}

/// What the policy says of a request.
pub(crate) enum Judged {
    /// What its rules say, and the act if there is one to perform.
    ByRules(Box<Decision>, Option<Act>),
    /// A person is asked whatever the rules say: that is what it is about. With what stands in place of the rule.
    ByPerson(&'static str),
}

/// What the core decides of a request of one capability.
pub(crate) trait Judge: Ask {
    /// Gives it the one form in which it is judged, shown, logged, approved and performed. What it is in that form is what
    /// happens.
    fn canonicalize(&mut self) -> Result<(), String>;

    /// What the policy says of it in that form. The act has its permit inside, with the ticket of the request; it leaves the
    /// core only if the verdict is to perform it.
    fn judge(&self, ticket: Ticket, terms: &Arc<Terms>) -> Result<Judged, Failure>;

    /// The request as a person changed it, not yet in canonical form. The error says which change is none of this request.
    fn edited(&self, _: &Edit) -> Result<Self, String>
    where
        Self: Sized,
    {
        Err("it cannot be changed, only answered".into())
    }

    /// The rule that would allow it.
    fn grant(&self, policy: &Policy) -> Option<String>;

    /// The rule that is about it and nothing else.
    fn exact(&self, _: &Policy) -> Option<String> {
        None
    }
}

/// What can be said of every response.
pub trait Answered {
    /// Which capability it is of.
    fn capability(&self) -> Capability;

    /// How many bytes of content it carries.
    fn size(&self) -> u64;
}

/// What of a response the tool gets to see.
pub(crate) trait Filter: Sized {
    /// The response without what the tool may not read; `may` says what it may, `part` how much of a list was asked for.
    fn filter(self, _part: Option<u32>, _may: &dyn Fn(&Query<'_>) -> bool) -> Result<Self, Failure> {
        Ok(self)
    }
}
