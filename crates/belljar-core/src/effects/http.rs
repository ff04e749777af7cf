//! HTTP: what a client does, and what a permitted hop means.

use belljar_abi::{Failure, HttpResponse, Response};

use crate::permit::{HttpAct, Permit, Receipt};
use crate::secret::Secrets;

/// What performs one hop of an HTTP request.
pub trait Http {
    /// Sends exactly this request to exactly this URL, and returns the answer to it as it is: redirects are not followed, and
    /// nothing is retried. A body of more than `most` bytes is not loaded, but a failure.
    fn send(&self, act: HttpAct, most: u64) -> impl Future<Output = Result<HttpResponse, Failure>>;
}

/// Spends a permit. The secrets of its policy are put into the request here, after it was judged and logged, and taken out of
/// the answer again.
pub async fn perform(
    permit: Permit<HttpAct>,
    http: &impl Http,
    secrets: &Secrets,
) -> (Receipt, Result<Response, Failure>) {
    let most = permit.most();
    let (mut act, receipt) = permit.spend();
    let (url, carried) = (act.url.to_string(), std::mem::take(&mut act.secrets));
    if let Err(failure) = secrets.put(&carried, &mut act.request, &mut act.url) {
        return (receipt, Err(failure));
    }
    let answer = http.send(act, most).await;
    // Names are in small letters, and an answer says where it came from, whatever the client makes of it.
    let answer = answer.map_err(|failure| secrets.redact_failure(&carried, failure));
    let answer = answer.map(|mut response| {
        secrets.redact(&carried, &mut response);
        response.headers.iter_mut().for_each(|header| header.name.make_ascii_lowercase());
        response.url = url;
        Response::Http(response)
    });
    (receipt, answer)
}
