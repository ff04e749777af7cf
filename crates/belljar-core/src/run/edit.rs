//! What becomes of a request that a person changes: it is judged anew, as if the tool had asked for it.

use std::sync::Arc;

use belljar_abi::{Request, Ticket};
use belljar_policy::{Assurance, SecretPlace};
use serde_json::Value;

use super::judge::{Bench, Fare, cost};
use super::keyed;
use super::state::{Asked, Run};
use crate::answerer::Approver;
use crate::capability::{self, Act, Ask, Judge, Judged, request_digest};
use crate::edit::{Edit, Part, differing};
use crate::ledger::{Budget, Ledger, Reservation};
use crate::limits;
use crate::outcome::{Edited, Stop};
use crate::pointer;
use crate::question::{NotTaken, Question};
use crate::remote::words;
use crate::standing::Standing;
use crate::terms::Terms;

/// By what a changed request is judged before it is an answer, so that a person sees what it comes to. What the run has used since
/// the question was put is not in it: an answer is judged by what there is then.
#[derive(Debug)]
pub(crate) struct Editor {
    request: Arc<Request>,
    terms: Arc<Terms>,
    standing: Standing,
    /// Without what is reserved for the request.
    ledger: Ledger,
}

/// A changed request that can be approved.
pub(super) struct Changed {
    pub(super) request: Request,
    /// It in the words of a rule.
    pub(super) what: String,
    /// All of it, as a recording has it, and the digest of that.
    pub(super) packed: Vec<u8>,
    pub(super) content: [u8; 32],
    /// What was changed.
    pub(super) parts: Vec<Part>,
    pub(super) rule: String,
    pub(super) secrets: Vec<String>,
    pub(super) keys: Vec<String>,
    pub(super) cost: Option<u64>,
    /// The weakest answer that approves it.
    least: Assurance,
    is_answered: bool,
    reserved: Option<Reservation>,
    fare: Option<Fare>,
}

impl Changed {
    /// Whom a yes to it is taken from.
    pub(super) fn approver(&self, asked: &Question) -> Approver {
        Approver { least: self.least, ..asked.approver.clone() }
    }
}

impl Editor {
    /// What the question would say, if the tool had asked for the changed request.
    pub(crate) fn question(&self, question: &Question, edit: &Edit) -> Result<Question, NotTaken> {
        let (id, policy) = (question.id, self.terms.policy());
        let mut ledger = self.ledger.clone();
        let changed = changed(&self.request, question, edit, &self.terms, &self.standing, &mut ledger)?;
        let approver = changed.approver(question);
        let Changed { request, what, rule, secrets, keys, .. } = changed;
        let payload = request.payload().unwrap_or_default();
        Ok(Question {
            request: what,
            headers: keyed(&id.run, id.ticket, request.headers(), &keys),
            secrets,
            cost: changed.cost.and_then(|most| cost(policy, most)),
            payload: payload.len() as u64,
            beginning: payload.get(..limits::BEGINNING).unwrap_or(payload).to_vec(),
            irreversible: request.irreversible().filter(|_| !changed.is_answered),
            rule,
            exact: request.exact(policy),
            problem: None,
            approver,
            ..question.clone()
        })
    }

    /// The request that is asked about.
    pub(crate) fn request(&self) -> &Request {
        &self.request
    }
}

/// Judges a changed request; what it can cost is reserved in the ledger.
fn changed(
    asked: &Request,
    question: &Question,
    edit: &Edit,
    terms: &Arc<Terms>,
    standing: &Standing,
    ledger: &mut Ledger,
) -> Result<Changed, NotTaken> {
    let not = |why: String| Err(NotTaken::Changed(why));
    if question.editor.is_none() {
        return not("it cannot be changed, only answered".into());
    }
    // What the host adds was shown, too, and is no part of the request.
    let added = question.headers.get(asked.headers().len()..).unwrap_or_default();
    let mut edit = edit.clone();
    edit.headers.retain(|header| !added.contains(header));
    let mut request = asked.edited(&edit).map_err(NotTaken::Changed)?;
    let canonical = request.canonicalize();
    if request == *asked {
        return not("nothing is changed: a yes approves it as it is".into());
    }
    let (ticket, what) = (question.id.ticket, request.describe());
    // What it would come to at another moment does not matter: whoever approves it approves exactly this.
    let bench = Bench { terms, standing, now: 0, is_foreseen: false };
    let judgement = bench.judge(ledger, ticket, &request, &what, canonical);
    if let Err(failure) = judgement.comes_to {
        return not(words(&failure));
    }
    if let Request::Http(http) = &request
        && let Ok(Judged::ByRules(_, Some(Act::Http(permit)))) = request.judge(ticket, terms)
    {
        for secret in &permit.act().secrets {
            if let SecretPlace::Body { pointer } = &secret.place {
                let body = http.body.as_deref();
                if body.and_then(|body| pointer::replace(body, pointer, &Value::Null)).is_none() {
                    let name = &secret.name;
                    return not(format!("the secret {name} goes to {pointer} of its body, which has no such place"));
                }
            }
        }
    }
    let packed = capability::packed(&request).map_err(|stop| NotTaken::Changed(stop.to_string()))?;
    let (content, parts) = (request_digest(&packed), differing(asked, &request));
    let (secrets, keys, rule, cost) = (judgement.secrets, judgement.keys, judgement.rule, judgement.cost);
    let (is_answered, reserved, fare) = (judgement.is_answered, judgement.reserved, judgement.fare);
    let floor = Approver::floor(request.acts() && !is_answered, &secrets, cost, &question.read);
    let least = judgement.least.max(floor);
    Ok(Changed { request, least, what, packed, content, parts, rule, secrets, keys, cost, is_answered, reserved, fare })
}

impl Run {
    /// By what changes of a request are judged that is asked about.
    pub(super) fn editor(&self, ticket: Ticket, request: &Arc<Request>, hops: u32) -> Option<Arc<Editor>> {
        // What a server redirects to is its word: it is followed or not.
        if hops > 0 || request.editable().is_empty() {
            return None;
        }
        let (terms, standing) = (self.terms.clone(), self.standing.clone());
        Some(Arc::new(Editor { request: request.clone(), terms, standing, ledger: self.ledger_without(ticket) }))
    }

    /// The ledger as it were without a request.
    fn ledger_without(&self, ticket: Ticket) -> Ledger {
        let mut ledger = self.at_once.ledger.clone();
        if let Some(reserved) = self.reserved.get(&ticket) {
            ledger.release(reserved);
        }
        ledger
    }

    /// What an open question's changed request comes to now.
    pub(super) fn changed(&self, asked: &Asked, edit: &Edit) -> Result<(Changed, Ledger), NotTaken> {
        let mut ledger = self.ledger_without(asked.question.id.ticket);
        let changed = changed(&asked.request, &asked.question, edit, &self.terms, &self.standing, &mut ledger)?;
        Ok((changed, ledger))
    }

    /// The changed request takes the place of the one that was asked for, in the ledger and for what comes of it.
    pub(super) fn exchange(&mut self, asked: &Asked, changed: &mut Changed, ledger: Ledger) -> Result<(), Stop> {
        let ticket = asked.question.id.ticket;
        self.at_once.ledger = ledger;
        let bytes =
            |reserved: &Option<Reservation>| reserved.as_ref().map_or(0, |reserved| reserved.amount(Budget::HttpBytes));
        let before = self.reserved.remove(&ticket);
        let after = changed.reserved.take().filter(|reserved| !reserved.is_empty());
        self.http_left = self.http_left.saturating_add(bytes(&before)).saturating_sub(bytes(&after));
        self.reserved.extend(after.map(|after| (ticket, after)));
        self.bills.remove(&ticket);
        if let Some(Fare { price, sent, room }) = changed.fare.take() {
            self.bills.entry(ticket).or_default().open(price, sent, room);
        }
        self.log.keep_edited(ticket, &changed.packed)?;
        let edited = Edited {
            capability: changed.request.capability().name().into(),
            request: asked.question.request.clone(),
            performed: changed.what.clone(),
            parts: changed.parts.clone(),
        };
        if self.edits.len() < limits::EDITED {
            self.edits.push(edited);
        }
        self.edited.insert(ticket, changed.parts.clone());
        Ok(())
    }
}
