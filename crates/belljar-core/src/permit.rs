//! Permits: the only key to an effect, made by [`crate::Run`], by [`crate::relay::judge`] for a hop that a page sends to a relay, and
//! by nothing else.

use std::sync::Arc;

use belljar_abi::{Denial, Failure, FilesRequest, Header, HttpRequest, KvRequest, Ticket};
use belljar_policy::{Effect, FileAction, GuestPath, Place, Query, Secret, SyntheticAnswer, Url, escape};

use crate::capability::files::request::path as named;
use crate::effects::Quota;
use crate::limits;
use crate::terms::Terms;

/// The right to perform one act once. It cannot be made outside this crate, nor copied.
#[derive(Debug)]
#[must_use = "a permit that is not performed leaves its ticket waiting forever"]
pub struct Permit<T> {
    ticket: Ticket,
    act: T,
    most: u64,
}

impl<T> Permit<T> {
    pub(crate) fn new(ticket: Ticket, act: T) -> Self {
        Permit { ticket, act, most: limits::TRANSFER }
    }

    /// Bytes that the response may have: more is not to be loaded.
    pub fn most(&self) -> u64 {
        self.most
    }

    pub(crate) fn limit(&mut self, most: u64) {
        self.most = self.most.min(most);
    }

    pub(crate) fn act_mut(&mut self) -> &mut T {
        &mut self.act
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

/// A permitted hop of an HTTP request.
#[derive(Clone, Debug)]
pub struct HttpAct {
    /// The URL, parsed once: what was judged is what is connected to.
    pub url: Url,
    /// A rule names its very address or `localhost`, and its port, so that it may be private.
    pub named: bool,
    /// The method, the header fields and the body, in canonical form.
    pub request: Box<HttpRequest>,
    /// What the policy answers it with: then it is not sent.
    pub(crate) answer: Option<Arc<SyntheticAnswer>>,
    /// The secrets that it carries.
    pub(crate) secrets: Vec<Secret>,
    /// The header fields in which it carries a key.
    pub(crate) keys: Vec<Arc<str>>,
    /// These fields, with the key. They are sent with those of the request.
    pub(crate) key_fields: Vec<Header>,
}

/// A permitted request to keys.
#[derive(Clone, Debug)]
pub struct KvAct {
    /// What to do.
    pub request: KvRequest,
    /// What the tool may keep.
    pub quota: Quota,
}

/// A permitted request to files: the path is already mapped to a granted directory.
#[derive(Clone, Debug)]
pub struct FilesAct {
    /// The directory as the policy names it, in the host's terms.
    pub host: String,
    /// The path below it, `/`-separated, without `..`; empty for the directory itself.
    pub relative: String,
    /// What to do; its path is the tool's and is not for opening.
    pub request: FilesRequest,
    /// What was permitted by its name, to be compared with what is opened.
    pub guard: Guard,
}

/// What rules forbid though the name under which it was asked for is permitted: the same file can have other names, by a
/// file system that does not tell capitals from small letters or composed characters from decomposed ones, by hard links,
/// and by directories that are granted within each other.
///
/// A host opens what it permits and then asks here, by what it opened: by the place's identity where rules name places
/// ([`Guard::places`]), and by the name under which the directory itself lists it ([`Guard::listed`]).
#[derive(Clone, Debug)]
pub struct Guard {
    terms: Arc<Terms>,
    action: FileAction,
    effect: Effect,
}

impl Guard {
    pub(crate) fn new(terms: Arc<Terms>, action: FileAction, effect: Effect) -> Self {
        Guard { terms, action, effect }
    }

    /// The places of stricter rules, and whether there are stricter rules with patterns besides. If there are neither, names
    /// and identities do not matter.
    pub fn places(&self) -> (Vec<Place<'_>>, bool) {
        self.terms.policy().places(self.action, self.effect)
    }

    /// Whether what the directories list under `path` (a path in the tool's view, in their own spelling) is permitted, too.
    ///
    /// # Errors
    ///
    /// The refusal, for the tool.
    pub fn listed(&self, request: &FilesRequest, path: &str) -> Result<(), Failure> {
        let Ok(real) = GuestPath::parse(path) else { return Ok(()) };
        let decision = self.terms.policy().decide(&Query::Files { action: self.action, path: &real });
        if decision.effect <= self.effect {
            return Ok(());
        }
        Err(self.refusal(request, &format!("{}, as its directory calls it {}", decision.rule, escape(path))))
    }

    /// The refusal of what was opened and is a place of a stricter rule, or in it.
    pub fn found(&self, request: &FilesRequest, place: &Place<'_>) -> Failure {
        self.refusal(request, &format!("{}, which names the same file or folder", place.rule))
    }

    /// The refusal of a file with several names, where stricter rules are about more than single files.
    pub fn ambiguous(&self, request: &FilesRequest) -> Failure {
        self.refusal(
            request,
            "the file has several names, which are hard links; another one may be among those that a rule treats more \
             strictly, so it is not used under any",
        )
    }

    fn refusal(&self, request: &FilesRequest, rule: &str) -> Failure {
        Failure::Denied(Denial {
            capability: "files".into(),
            request: format!("{} {}", self.action.word(), escape(named(request))),
            rule: rule.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use belljar_abi::FileRange;
    use belljar_policy::Policy;

    /// What a file system that folds names lists for what was asked for.
    #[test]
    fn what_a_directory_lists_is_judged_as_what_was_asked_for() {
        for (rules, effect, asked, listed, refused) in [
            // A short name, which no rule can know.
            ("deny = ['read /d/secrets/**']", Effect::Allow, "/d/SECRET~1/x", "/d/secrets/x", true),
            ("deny = ['read /d/secrets/**']", Effect::Allow, "/d/OPEN~1/x", "/d/open/x", false),
            ("deny = ['read /d/**/*.pem']", Effect::Allow, "/d/KEY~1.PEM", "/d/private key.pem", true),
            ("deny = ['read ./d/private as /d/private']", Effect::Allow, "/d/PRIVAT~1/x", "/d/private/x", true),
            ("deny = ['write /d/secrets/**']", Effect::Allow, "/d/SECRET~1/x", "/d/secrets/x", false),
            // What a person would have been asked about is not done without asking; what was asked about is.
            ("ask = ['read /d/asked/**']", Effect::Allow, "/d/ASKED~1/x", "/d/asked/x", true),
            ("ask = ['read /d/**']", Effect::Ask, "/d/ASKED~1/x", "/d/asked/x", false),
        ] {
            let policy =
                Policy::parse(&format!("version = 1\n[files]\nallow = ['read ./d as /d']\n{rules}\n")).unwrap();
            let guard = Guard::new(Arc::new(Terms::from(policy)), FileAction::Read, effect);
            let request = FilesRequest::Read(FileRange { path: asked.into(), offset: 0, length: None });
            match guard.listed(&request, listed) {
                Ok(()) => assert!(!refused, "{rules} {listed}"),
                Err(Failure::Denied(denial)) => {
                    assert!(refused, "{rules} {listed}");
                    assert_eq!(denial.request, format!("read {asked}"));
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }
}
