//! `belljar serve`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use belljar_server::{Page, Relay, Token};
use tokio::net::TcpListener;

use crate::Failure;
use crate::inspect::read_policy;
use crate::show::{say, tell, visible};

/// Where the page lies, seen from the folder of this program: where packages put it, and where it is built.
const BESIDE: [&str; 3] = ["../share/belljar/page", "page", "../site"];

/// Serves the page until Ctrl-C; with a policy, a relay of its requests, too.
pub(crate) fn serve(
    listen: SocketAddr,
    page: Option<PathBuf>,
    policy: Option<PathBuf>,
    token: Option<PathBuf>,
) -> Result<u8, Failure> {
    let folder = match page {
        Some(folder) => folder,
        None => beside().ok_or_else(|| {
            Failure::usage("there is no page beside this program: name its folder with --page, or use `npm start`")
        })?,
    };
    let page = Page::open(&folder).map_err(Failure::usage)?;
    let mut fragment = String::new();
    let relay = match policy {
        Some(policy) => Some(relay(listen, &policy, token.as_deref(), &mut fragment)?),
        None => None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::fault)?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            Failure::usage(format!(
                "{listen} cannot be listened to: {error}; --listen names another, port 0 a free one"
            ))
        })?;
        let address = listener.local_addr().map_err(Failure::fault)?;
        say!("The page is at http://{address}/{fragment} (Ctrl-C ends it)")?;
        let stop = async {
            // Without a signal handler Ctrl-C ends the process anyway.
            let _ = tokio::signal::ctrl_c().await;
        };
        belljar_server::serve(listener, page, relay, stop).await.map_err(Failure::fault)
    })?;
    Ok(0)
}

/// The relay. `fragment` becomes what hands a random token to the page: it stands behind the `#` of the address, which browsers send
/// to nobody.
fn relay(listen: SocketAddr, policy: &Path, token: Option<&Path>, fragment: &mut String) -> Result<Relay, Failure> {
    let token = match token {
        Some(file) => {
            let text = std::fs::read_to_string(file)
                .map_err(|error| Failure::usage(format!("cannot read the token {}: {error}", file.display())))?;
            Token::new(&text).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?
        }
        None if listen.ip().is_loopback() => {
            let token = Token::random().map_err(Failure::fault)?;
            *fragment = format!("#relay={}", token.reveal());
            token
        }
        None => {
            return Err(Failure::usage(format!(
                "--relay at {listen}, which others reach: give it a token of yours with --relay-token, and put TLS before it"
            )));
        }
    };
    let ceiling = read_policy(policy)?;
    for finding in ceiling.findings() {
        tell!("belljar: warning: {}", visible(&finding.to_string()));
    }
    ceiling.check().map_err(Failure::usage)?;
    Relay::new(ceiling, token).map_err(|error| Failure::usage(format!("{}: {error}", policy.display())))
}

fn beside() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folder = program.parent()?;
    BESIDE.iter().map(|path| folder.join(path)).find(|path| path.join("index.html").is_file())
}
