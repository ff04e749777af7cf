//! Servers in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use belljar_abi::{Failure, HttpRequest, HttpResponse};

use crate::effects::Http;
use crate::limits::response_too_large;
use crate::permit::HttpAct;

/// Answers by method and URL, and what was sent.
#[derive(Debug, Default)]
pub struct MemoryHttp {
    answers: BTreeMap<String, HttpResponse>,
    sent: Mutex<Vec<HttpRequest>>,
}

impl MemoryHttp {
    /// Answers a request such as "GET https://a.example/" with this from now on.
    pub fn answer(&mut self, request: &str, response: HttpResponse) {
        self.answers.insert(request.to_owned(), response);
    }

    /// The requests that were sent, in their order.
    pub fn sent(&self) -> Vec<HttpRequest> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Http for MemoryHttp {
    async fn send(&self, act: HttpAct, most: u64) -> Result<HttpResponse, Failure> {
        let asked = format!("{} {}", act.request.method, act.url);
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(*act.request);
        match self.answers.get(&asked) {
            Some(response) if response.body.len() as u64 > most => Err(response_too_large(response.body.len() as u64)),
            Some(response) => Ok(response.clone()),
            None => Err(Failure::Other(format!("no server answers {asked}"))),
        }
    }
}
