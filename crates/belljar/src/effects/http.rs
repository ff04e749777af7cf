//! HTTP: one client for all runs of a [`crate::Belljar`], made when it is first needed.

use std::sync::{Arc, OnceLock};

use belljar_core::HttpAct;
use belljar_core::abi::{Failure, HttpResponse};
use belljar_core::effects::Http;
use belljar_http::{Client, Options};

/// The client, whose connections no two requests share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Servers(Arc<(Options, OnceLock<Result<Client, String>>)>);

impl Servers {
    /// Servers as these options say.
    pub(crate) fn new(options: Options) -> Self {
        Servers(Arc::new((options, OnceLock::new())))
    }
}

impl Http for Servers {
    async fn send(&self, act: HttpAct, most: u64) -> Result<HttpResponse, Failure> {
        let (options, client) = &*self.0;
        let client = client.get_or_init(|| Client::new(options.clone()).map_err(|error| error.to_string()));
        let client = client.as_ref().map_err(|error| Failure::Other(format!("http: {error}")))?;
        Http::send(client, act, most).await
    }
}
