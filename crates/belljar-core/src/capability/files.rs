//! Files below granted directories.

pub(crate) mod request;

use std::sync::Arc;

use belljar_abi::{Failure, Fault, FileWriting, FilesRequest, FilesResponse, Lift, Lower, Request, Ticket, WriteMode};
use belljar_policy::{GuestPath, Policy, Query, escape};

use super::content_alone;
use super::form::{Act, Answered, Ask, Capability, Filter, Judge, Judged, Kind, part_fits};
use crate::edit::{Edit, Part};
use crate::limits;
use crate::permit::{FilesAct, Guard, Permit};
use crate::terms::Terms;
use request::{action, path};

pub(super) const KIND: Kind = Kind {
    name: "files",
    most: limits::TRANSFER + limits::BESIDE,
    text: limits::TEXT,
    lift: |values, memory| match Lift::lift_flat(values, memory)? {
        // The last case has a function of its own.
        FilesRequest::Page(_) => Err(Fault::Discriminant { value: 6, cases: 6 }),
        request => Ok(Request::Files(request)),
    },
    failed: |failure| Err::<FilesResponse, _>(failure).plan(),
};

impl Ask for FilesRequest {
    fn capability(&self) -> Capability {
        Capability::Files
    }

    fn describe(&self) -> String {
        format!("{} {}", action(self).word(), escape(path(self)))
    }

    fn acts(&self) -> bool {
        !action(self).only_looks()
    }

    fn payload(&self) -> Option<&[u8]> {
        match self {
            FilesRequest::Write(writing) => Some(&writing.bytes),
            _ => None,
        }
    }

    fn part(&self) -> Option<u32> {
        match self {
            FilesRequest::Page(portion) => Some(portion.most),
            _ => None,
        }
    }

    fn irreversible(&self) -> Option<&'static str> {
        match self {
            FilesRequest::Write(FileWriting { mode: WriteMode::Replace, .. }) => {
                Some("What is in the file now, if there is one, is replaced.")
            }
            FilesRequest::Remove(_) => Some("What is removed is gone then; it goes to no wastebasket."),
            _ => None,
        }
    }

    fn editable(&self) -> &'static [Part] {
        if let FilesRequest::Write(_) = self { &[Part::Content] } else { &[] }
    }
}

impl Judge for FilesRequest {
    fn edited(&self, edit: &Edit) -> Result<Self, String> {
        let FilesRequest::Write(writing) = self else { return Err("it carries nothing that can be changed".into()) };
        let bytes = content_alone(self, edit)?.to_vec();
        Ok(FilesRequest::Write(FileWriting { path: writing.path.clone(), bytes, mode: writing.mode }))
    }

    /// A path is without `.` and empty names.
    fn canonicalize(&mut self) -> Result<(), String> {
        let path = match self {
            FilesRequest::Read(range) => &mut range.path,
            FilesRequest::Write(writing) => &mut writing.path,
            FilesRequest::Page(portion) => {
                if portion.after.len() > limits::NAME {
                    return Err(format!("a name has at most {} bytes, not {}", limits::NAME, portion.after.len()));
                }
                part_fits(portion.most, limits::FILES_PART)?;
                &mut portion.path
            }
            FilesRequest::List(path)
            | FilesRequest::Stat(path)
            | FilesRequest::Remove(path)
            | FilesRequest::MakeDirectory(path) => path,
        };
        *path = GuestPath::parse(path).map_err(|error| error.to_string())?.to_string();
        Ok(())
    }

    fn judge(&self, ticket: Ticket, terms: &Arc<Terms>) -> Result<Judged, Failure> {
        let (policy, action) = (terms.policy(), action(self));
        let path = GuestPath::parse(path(self)).map_err(|error| Failure::Invalid(error.to_string()))?;
        let decision = policy.decide(&Query::Files { action, path: &path });
        let act = policy.resolve(&path).map(|(mount, relative)| {
            let guard = Guard::new(terms.clone(), action, decision.effect);
            let act = FilesAct { host: mount.host.clone(), relative, request: self.clone(), guard };
            Act::Files(Permit::new(ticket, act))
        });
        Ok(Judged::ByRules(Box::new(decision), act))
    }

    fn grant(&self, policy: &Policy) -> Option<String> {
        let path = GuestPath::parse(path(self)).ok()?;
        policy.suggest(&Query::Files { action: action(self), path: &path })
    }

    fn exact(&self, policy: &Policy) -> Option<String> {
        let path = GuestPath::parse(path(self)).ok()?;
        policy.exact(&Query::Files { action: action(self), path: &path })
    }
}

impl Answered for FilesResponse {
    fn capability(&self) -> Capability {
        Capability::Files
    }

    fn size(&self) -> u64 {
        let size = match self {
            FilesResponse::Done(()) => 0,
            FilesResponse::Bytes(bytes) => bytes.len(),
            FilesResponse::Entries(entries) => entries.iter().map(|entry| entry.name.len() + 9).sum(),
            FilesResponse::Stat(entry) => entry.name.len() + 9,
        };
        size as u64
    }
}

impl Filter for FilesResponse {}
