//! Permits: the only key to an effect, made by [`crate::Run`] and by nothing else.

use belljar_abi::{FilesRequest, KvRequest, Ticket};

/// The right to perform one act once. It cannot be made outside this crate, nor copied.
#[derive(Debug)]
#[must_use = "a permit that is not performed leaves its ticket waiting forever"]
pub struct Permit<T> {
    ticket: Ticket,
    act: T,
}

impl<T> Permit<T> {
    pub(crate) fn new(ticket: Ticket, act: T) -> Self {
        Permit { ticket, act }
    }

    /// What may be done.
    pub fn act(&self) -> &T {
        &self.act
    }

    /// Splits it into the act, to be performed now, and the receipt with which its result is handed in.
    pub fn spend(self) -> (T, Receipt) {
        (self.act, Receipt { ticket: self.ticket })
    }
}

/// Proof that an act was permitted, for handing in its result once.
#[derive(Debug)]
#[must_use = "a receipt that is not handed in leaves its ticket waiting forever"]
pub struct Receipt {
    pub(crate) ticket: Ticket,
}

impl Receipt {
    /// The ticket whose result is awaited.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }
}

/// A permitted request to files: the path is already mapped to a granted directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesAct {
    /// The directory as the policy names it, in the host's terms.
    pub host: String,
    /// The path below it, `/`-separated, without `..`; empty for the directory itself.
    pub relative: String,
    /// What to do; its path is the tool's and is not for opening.
    pub request: FilesRequest,
}

/// A permitted act, by capability.
#[derive(Debug)]
pub enum Act {
    /// Keys and values; a `list` answers all keys with the prefix, the core leaves out those not readable.
    Kv(Permit<KvRequest>),
    /// Files.
    Files(Permit<FilesAct>),
}
