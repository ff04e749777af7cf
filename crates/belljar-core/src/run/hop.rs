//! Redirects: each hop of an HTTP request is judged, logged and, if a rule says so, asked about as a request of its own.
//!
//! A hop is caused by an effect and not by the tool, so a replay takes it from the log, as it does answers. What it asks for
//! follows from the request before it and from where the server redirected to; that is what the entry says.

use belljar_abi::{Failure, Request, Response, Ticket};
use belljar_policy::Url;

use super::state::{Acting, Run, State, Verdict};
use crate::capability::Ask;
use crate::capability::http::{self, Led};
use crate::entry::Entry;
use crate::limits;
use crate::outcome::Stop;
use crate::price::Bill;

/// What a result is.
pub(super) enum Hopped {
    /// A redirect that is followed: the verdict on the next hop.
    On(Box<Verdict>),
    /// The result.
    Not(Result<Response, Failure>),
}

impl Run {
    /// Follows a redirect, if a result is one.
    pub(super) fn hopped(&mut self, ticket: Ticket, result: Result<Response, Failure>) -> Result<Hopped, Stop> {
        let left = self.http_left;
        let priced = self.bills.get(&ticket).and_then(Bill::room).unwrap_or(u64::MAX);
        let Ok(Response::Http(response)) = &result else {
            let is_http = matches!(self.slot(ticket)?, State::Acting(Acting { http: Some(_), .. }));
            return Ok(Hopped::Not(match result {
                // More than was left is not loaded, nor more than is paid for.
                Err(Failure::TooLarge(_)) if is_http && priced <= left.min(limits::TRANSFER) => {
                    let text = format!("the answer has more than the {priced} bytes that its price is for");
                    Err(Failure::TooLarge(text))
                }
                Err(Failure::TooLarge(_)) if is_http && left < limits::TRANSFER => Err(self.used_up()),
                result => result,
            }));
        };
        let State::Acting(Acting { http: Some(http), .. }) = self.slot(ticket)? else { return Ok(Hopped::Not(result)) };
        let status = response.status;
        let url = match http::leads(&http.0, response, http.1) {
            Led::Here => return self.drawn(result).map(Hopped::Not),
            Led::Nowhere(why) => return Ok(Hopped::Not(Err(Failure::Other(why)))),
            Led::To(url) => url,
        };
        if let Err(why) = http::next(&http.0, status, &url) {
            return Ok(Hopped::Not(Err(Failure::Other(why))));
        }
        self.hop(ticket, status, &url).map(Box::new).map(Hopped::On)
    }

    /// What has come is taken off what can still come.
    fn drawn(&mut self, result: Result<Response, Failure>) -> Result<Result<Response, Failure>, Stop> {
        let size = result.as_ref().map_or(0, crate::capability::Answered::size);
        Ok(match self.http_left.checked_sub(size) {
            Some(left) => {
                self.http_left = left;
                result
            }
            None => Err(self.used_up()),
        })
    }

    fn used_up(&self) -> Failure {
        let limit = self.terms.policy().limits.http_bytes;
        Failure::Exhausted(format!("http-bytes: the limit is {limit} bytes sent and received in one run"))
    }

    /// Judges and logs the next hop of a request.
    pub(super) fn hop(&mut self, ticket: Ticket, status: u16, url: &Url) -> Result<Verdict, Stop> {
        let empty = self.empty();
        let not_acting = || Stop::Host(format!("ticket {ticket} is not a request that can be redirected"));
        let State::Acting(Acting { http: Some(http), .. }) = self.slot(ticket)? else { return Err(not_acting()) };
        let hops = http.1 + 1;
        let next = http::next(&http.0, status, url).map_err(Stop::Host)?;
        let mut request = Request::Http(next);
        let canonical = crate::capability::Judge::canonicalize(&mut request);
        let what = request.describe();
        if let Some(bill) = self.bills.get_mut(&ticket) {
            bill.redirected();
        }
        let planned = self.foresee(ticket, &request, &what, canonical.is_ok())?;
        let judgement = self.judgement(ticket, &request, &what, canonical, Ok(()));
        self.write_down(planned, &judgement)?;
        self.log.entry(&Entry::Redirect {
            cost: judgement.cost,
            empty: (empty > 0).then_some(empty),
            idempotency_keys: judgement.keys.iter().map(|name| name.as_str().into()).collect(),
            rule: (!judgement.rule.is_empty()).then_some(judgement.rule.as_str().into()),
            secrets: judgement.secrets.iter().map(|name| name.as_str().into()).collect(),
            status: status.into(),
            ticket,
            verdict: judgement.word.into(),
            what: what.as_str().into(),
        })?;
        self.follow(ticket, request, what, judgement, hops)
    }
}
