//! What the core permits, as a hop: the same for everything that sends requests natively.

use belljar_core::abi::{Denial, Failure, Header, HttpResponse};
use belljar_core::effects::Http;
use belljar_core::{Ask as _, HttpAct, limits};

use crate::{Bounds, Cause, Client, Hop, Part, SendError};

impl Http for Client {
    async fn send(&self, act: HttpAct, most: u64) -> Result<HttpResponse, Failure> {
        let what = act.request.describe();
        let hop = Hop {
            method: act.request.method,
            url: act.url,
            headers: act.request.headers.into_iter().map(|header| (header.name, header.value)).collect(),
            body: act.request.body,
            named: act.named,
            bounds: Bounds {
                encoded_bytes: most,
                decoded_bytes: most,
                header_count: limits::ANSWER_HEADERS,
                header_bytes: limits::ANSWER_HEADER_BYTES as _,
                ..Bounds::default()
            },
        };
        match self.send(hop).await {
            Ok(reply) => Ok(HttpResponse {
                status: reply.status,
                url: String::new(),
                headers: reply.headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
                body: reply.body,
            }),
            Err(error) => Err(failure(&error, what)),
        }
    }
}

/// What a tool is told.
fn failure(SendError { cause, sent }: &SendError, request: String) -> Failure {
    match cause {
        Cause::Address { .. } | Cause::Local(_) => {
            Failure::Denied(Denial { capability: "http".into(), request, rule: cause.to_string() })
        }
        Cause::Time(..) => Failure::TimedOut(format!("{request}: {cause}")),
        Cause::TooLarge(Part::Encoded | Part::Decoded, _) => Failure::TooLarge(format!("{request}: {cause}")),
        Cause::Request(_) | Cause::Headers(_) => Failure::Invalid(format!("{request}: {cause}")),
        // No server was reached, so nothing was done and nothing is charged.
        _ if !sent => Failure::NotFound(format!("{request}: {cause}")),
        _ => Failure::Other(format!("{request}: {cause}")),
    }
}
