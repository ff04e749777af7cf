//! HTTP: one client for all runs of a [`crate::Belljar`], made when it is first needed.

use std::sync::{Arc, OnceLock};

use belljar_core::HttpAct;
use belljar_core::abi::{Failure, HttpResponse};
use belljar_core::effects::Http;
use belljar_http::{Client, Options};

/// The client, whose connections no two requests share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Servers(Arc<OnceLock<Result<Client, String>>>);

impl Http for Servers {
    async fn send(&self, act: HttpAct, most: u64) -> Result<HttpResponse, Failure> {
        let client = self.0.get_or_init(|| Client::new(Options::default()).map_err(|error| error.to_string()));
        let client = client.as_ref().map_err(|error| Failure::Other(format!("http: {error}")))?;
        Http::send(client, act, most).await
    }
}
