//! `belljar serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use belljar_server::Page;
use tokio::net::TcpListener;

use crate::Failure;
use crate::show::say;

/// Where the page lies, seen from the folder of this program: where packages put it, and where it is built.
const BESIDE: [&str; 3] = ["../share/belljar/page", "page", "../site"];

/// Serves the page until Ctrl-C.
pub(crate) fn serve(listen: SocketAddr, page: Option<PathBuf>) -> Result<u8, Failure> {
    let folder = match page {
        Some(folder) => folder,
        None => beside().ok_or_else(|| {
            Failure::usage("there is no page beside this program: name its folder with --page, or use `npm start`")
        })?,
    };
    let page = Page::open(&folder).map_err(Failure::usage)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::fault)?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            Failure::usage(format!(
                "{listen} cannot be listened to: {error}; --listen names another, port 0 a free one"
            ))
        })?;
        let address = listener.local_addr().map_err(Failure::fault)?;
        say!("The page is at http://{address}/ (Ctrl-C ends it)")?;
        let stop = async {
            // Without a signal handler Ctrl-C ends the process anyway.
            let _ = tokio::signal::ctrl_c().await;
        };
        belljar_server::serve(listener, page, stop).await.map_err(Failure::fault)
    })?;
    Ok(0)
}

fn beside() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folder = program.parent()?;
    BESIDE.iter().map(|path| folder.join(path)).find(|path| path.join("index.html").is_file())
}
