//! The page's files and their headers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use thiserror::Error;
use tower_http::services::ServeDir;

/// The file beside the page's that says with which headers they are sent: a JSON object of texts.
const HEADERS: &str = "headers.json";

/// What every answer says, whatever [`HEADERS`] says.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-cache"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Why there is no page to serve.
#[derive(Debug, Error)]
pub enum PageError {
    /// The folder is not one that `cargo xtask site` made.
    #[error("{} has no page: {reason}; `cargo xtask site` makes one", folder.display())]
    NotThere {
        /// The folder.
        folder: PathBuf,
        /// What is missing.
        reason: String,
    },
}

/// A folder with the page.
#[derive(Clone, Debug)]
pub struct Page {
    folder: PathBuf,
    headers: HeaderMap,
}

impl Page {
    /// Looks at the folder.
    ///
    /// # Errors
    ///
    /// If it has no `index.html`, or no `headers.json` that can be read.
    pub fn open(folder: &Path) -> Result<Self, PageError> {
        let not_there = |reason: String| PageError::NotThere { folder: folder.to_owned(), reason };
        if !folder.join("index.html").is_file() {
            return Err(not_there("there is no index.html".into()));
        }
        let text = std::fs::read(folder.join(HEADERS)).map_err(|error| not_there(format!("{HEADERS}: {error}")))?;
        let found: BTreeMap<String, String> =
            serde_json::from_slice(&text).map_err(|error| not_there(format!("{HEADERS}: {error}")))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &found {
            let bad = |error: &dyn std::fmt::Display| not_there(format!("{HEADERS}: the header {name:?}: {error}"));
            let name = HeaderName::try_from(name).map_err(|error| bad(&error))?;
            headers.insert(name, HeaderValue::try_from(value).map_err(|error| bad(&error))?);
        }
        for (name, value) in ALWAYS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Ok(Page { folder: folder.to_owned(), headers })
    }

    pub(crate) fn router(self) -> Router {
        let Page { folder, headers } = self;
        // Files that were compressed beforehand lie beside the plain ones.
        let files = ServeDir::new(folder).precompressed_br().precompressed_gzip();
        let dress = move |request: Request, next: Next| {
            let headers = headers.clone();
            async move {
                let mut response = next.run(request).await;
                for (name, value) in &headers {
                    response.headers_mut().insert(name.clone(), value.clone());
                }
                response
            }
        };
        Router::new().fallback_service(files).layer(middleware::from_fn(dress))
    }
}
