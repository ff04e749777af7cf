//! The page's files and their headers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use serde::Deserialize;
use thiserror::Error;
use tower_http::services::ServeDir;

/// The file beside the page's that says with which headers they are sent: a JSON object of texts. Under a path that begins
/// with `/` it has an object of its own for that one file: texts that replace the general ones, and `null` for what that file
/// is sent without.
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
    /// The headers of single files, by their paths: all of them.
    single: BTreeMap<String, HeaderMap>,
}

/// What [`HEADERS`] says under one key.
#[derive(Deserialize)]
#[serde(untagged)]
enum Says {
    Value(String),
    File(BTreeMap<String, Option<String>>),
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
        let found: BTreeMap<String, Says> =
            serde_json::from_slice(&text).map_err(|error| not_there(format!("{HEADERS}: {error}")))?;
        let bad =
            |name: &str, error: &dyn std::fmt::Display| not_there(format!("{HEADERS}: the header {name:?}: {error}"));
        let set = |headers: &mut HeaderMap, name: &str, value: Option<&str>| -> Result<(), PageError> {
            let field = HeaderName::try_from(name).map_err(|error| bad(name, &error))?;
            match value {
                Some(value) => {
                    let value = HeaderValue::try_from(value).map_err(|error| bad(name, &error))?;
                    headers.insert(field, value);
                }
                None => drop(headers.remove(field)),
            }
            Ok(())
        };
        let mut headers = HeaderMap::new();
        for (name, says) in &found {
            if let Says::Value(value) = says {
                set(&mut headers, name, Some(value))?;
            }
        }
        let mut single = BTreeMap::new();
        for (path, says) in &found {
            let Says::File(own) = says else { continue };
            if !path.starts_with('/') {
                return Err(bad(path, &"a file's path begins with /, and a header's value is a text"));
            }
            let mut headers = headers.clone();
            for (name, value) in own {
                set(&mut headers, name, value.as_deref())?;
            }
            single.insert(path.clone(), headers);
        }
        for headers in single.values_mut().chain([&mut headers]) {
            for (name, value) in ALWAYS {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
        Ok(Page { folder: folder.to_owned(), headers, single })
    }

    pub(crate) fn router(self) -> Router {
        let Page { folder, headers, single } = self;
        let all = Arc::new((headers, single));
        // Files that were compressed beforehand lie beside the plain ones.
        let files = ServeDir::new(folder).precompressed_br().precompressed_gzip();
        let dress = move |request: Request, next: Next| {
            let (all, path) = (all.clone(), request.uri().path().to_owned());
            async move {
                let mut response = next.run(request).await;
                for (name, value) in all.1.get(&path).unwrap_or(&all.0) {
                    response.headers_mut().insert(name.clone(), value.clone());
                }
                response
            }
        };
        Router::new().fallback_service(files).layer(middleware::from_fn(dress))
    }
}
