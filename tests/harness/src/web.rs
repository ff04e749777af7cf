//! The web of the cases: real servers on this machine, which answer what a case says and keep what they were asked.
//!
//! It listens at two ports, so that there is another origin. Each case has a path of its own, so that cases do not meet.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::case::{Case, Reply};
use crate::host::{Observed, Trial};

/// Bytes of a request's body that are read (16 MiB).
const LARGEST: usize = 16 << 20;

/// What the web answers at one path of a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Page {
    /// The path below the case's own, with its query, as a client sends it. Several pages of one path are answered in turn,
    /// the last one again and again.
    pub at: String,
    /// The status.
    #[serde(default = "ok")]
    pub status: u16,
    /// Header fields.
    #[serde(default)]
    pub headers: toml::Table,
    /// The body.
    #[serde(default)]
    pub body: String,
    /// Instead of `body`, so many bytes of it.
    pub bytes: Option<usize>,
    /// Instead of `body`, a JSON object with the method, the body and these header fields of the request, as they came.
    pub echo: Option<Vec<String>>,
    /// Whether other pages may read the answer (CORS).
    #[serde(default = "yes")]
    pub cors: bool,
    /// Milliseconds before it is answered.
    #[serde(default)]
    pub after: u64,
    /// The connection ends within the answer.
    #[serde(default)]
    pub cut: bool,
}

fn ok() -> u16 {
    200
}

fn yes() -> bool {
    true
}

/// What one case's servers answer, and what they were asked.
#[derive(Default)]
struct Site {
    pages: Vec<Page>,
    asked: Vec<String>,
    /// How often each path was asked for.
    times: HashMap<String, usize>,
}

type Sites = Arc<Mutex<HashMap<String, Site>>>;

/// The servers.
pub struct Web {
    sites: Sites,
    ports: [u16; 2],
    _runtime: Runtime,
}

impl Web {
    /// Starts them.
    pub fn start() -> Result<Self, String> {
        let fail = |error: std::io::Error| format!("the cases' web does not start: {error}");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(fail)?;
        let sites = Sites::default();
        let mut ports = [0; 2];
        for port in &mut ports {
            let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).map_err(fail)?;
            *port = listener.local_addr().map_err(fail)?.port();
            let router = Router::new().fallback(answer).with_state(sites.clone());
            runtime.spawn(async move { axum::serve(listener, router).await });
        }
        Ok(Web { sites, ports, _runtime: runtime })
    }

    /// Texts that stand in a case for what is known only now, with their meaning, the longest first.
    fn places(&self, case: &Case) -> [(&'static str, String); 4] {
        let [one, other] = self.ports.map(|port| format!("http://127.0.0.1:{port}"));
        let path = path(&case.name);
        [
            ("{web}", format!("{one}{path}")),
            ("{other}", format!("{other}{path}")),
            ("{web-origin}", one),
            ("{other-origin}", other),
        ]
    }

    /// Prepares a trial: its pages are there, nothing was asked yet, and its texts name the servers.
    pub fn set(&self, case: &Case, trial: &mut Trial) {
        if case.file.web.is_empty() {
            return;
        }
        let places = self.places(case);
        let meant = |text: &str| places.iter().fold(text.to_owned(), |text, (name, place)| text.replace(name, place));
        if let Ok(input) = std::str::from_utf8(&trial.input) {
            trial.input = meant(input).into_bytes();
        }
        trial.policy = meant(&trial.policy);
        for reply in &mut trial.answers {
            if let Reply::Edited(edited) = reply {
                edited.request = meant(&edited.request);
            }
        }
        let mut pages = case.file.web.clone();
        for page in &mut pages {
            page.body = meant(&page.body);
            for value in page.headers.iter_mut().map(|(_, value)| value) {
                if let toml::Value::String(text) = value {
                    *text = meant(text);
                }
            }
        }
        let site = Site { pages, ..Site::default() };
        self.sites.lock().unwrap_or_else(PoisonError::into_inner).insert(path(&case.name), site);
    }

    /// What was asked since, in turn.
    pub fn asked(&self, case: &Case) -> Vec<String> {
        let sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        sites.get(&path(&case.name)).map(|site| site.asked.clone()).unwrap_or_default()
    }

    /// What was seen, with the texts of the case instead of the servers.
    pub fn hide(&self, case: &Case, seen: &mut Observed) {
        if case.file.web.is_empty() {
            return;
        }
        let places = self.places(case);
        let hide = |text: &mut String| {
            for (name, place) in &places {
                *text = text.replace(place, name);
            }
        };
        hide(&mut seen.message);
        hide(&mut seen.stack);
        seen.output.iter_mut().for_each(hide);
        seen.log.iter_mut().for_each(hide);
    }
}

/// The path below which a case's pages are.
fn path(name: &str) -> String {
    format!("/{name}")
}

async fn answer(State(sites): State<Sites>, request: Request) -> Result<Response, std::convert::Infallible> {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map(|target| target.as_str().to_owned()).unwrap_or_default();
    if head.method == "OPTIONS" && head.headers.contains_key("access-control-request-method") {
        return Ok(preflight(&sites, &target));
    }
    let body = to_bytes(body, LARGEST).await.unwrap_or_default();
    let Some(page) = take(&sites, &target, head.method.as_str()) else {
        return Ok(plain(StatusCode::NOT_FOUND, "the case has no such page"));
    };
    tokio::time::sleep(Duration::from_millis(page.after)).await;
    if page.cut {
        return Ok(Response::new(Body::new(Broken)));
    }
    Ok(shown(&page, head.method.as_str(), &head.headers, &body))
}

/// A body that fails at once, and with it the connection.
struct Broken;

impl hyper::body::Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionAborted.into())))
    }
}

/// The page that is asked for, which is kept in mind.
fn take(sites: &Sites, target: &str, method: &str) -> Option<Page> {
    let mut sites = sites.lock().unwrap_or_else(PoisonError::into_inner);
    let (path, site) = sites.iter_mut().find(|(path, _)| below(target, path))?;
    let target = target.get(path.len()..)?.to_owned();
    site.asked.push(format!("{method} {target}"));
    let times = site.times.entry(target.clone()).or_default();
    let pages: Vec<&Page> = site.pages.iter().filter(|page| page.at == target).collect();
    let page = pages.get((*times).min(pages.len().saturating_sub(1))).copied().cloned();
    *times += 1;
    page
}

fn below(target: &str, path: &str) -> bool {
    target.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

fn shown(page: &Page, method: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    let body = match (&page.echo, page.bytes) {
        (Some(names), _) => {
            let mut echo = Map::new();
            echo.insert("method".into(), method.into());
            echo.insert("body".into(), String::from_utf8_lossy(body).into());
            for name in names {
                let value = headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
                echo.insert(name.clone(), value.map_or(Value::Null, Value::String));
            }
            Value::Object(echo).to_string()
        }
        (None, Some(bytes)) => "x".repeat(bytes),
        (None, None) => page.body.clone(),
    };
    let mut response = plain(StatusCode::from_u16(page.status).unwrap_or_default(), &body);
    if !page.cors {
        response.headers_mut().remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    }
    for (name, value) in &page.headers {
        let values = match value {
            toml::Value::Array(values) => values.clone(),
            value => vec![value.clone()],
        };
        for value in values {
            let value = value.as_str().map(str::to_owned).unwrap_or_else(|| value.to_string());
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
    }
    response
}

fn preflight(sites: &Sites, target: &str) -> Response {
    let sites = sites.lock().unwrap_or_else(PoisonError::into_inner);
    let site = sites.iter().find(|(path, _)| below(target, path));
    let cors = site.is_some_and(|(path, site)| {
        site.pages.iter().any(|page| page.cors && target.get(path.len()..) == Some(page.at.as_str()))
    });
    let mut response = plain(StatusCode::NO_CONTENT, "");
    if !cors {
        response.headers_mut().clear();
    }
    response
}

/// An answer that any page may read.
fn plain(status: StatusCode, body: &str) -> Response {
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = status;
    for (name, value) in [
        // The same at any time.
        (header::DATE, "Thu, 01 Jan 2026 00:00:00 GMT"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "*, authorization"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "*"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "*"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
