//! Connecting to one of the addresses that were chosen, and to no other.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::error::{Cause, Phase};

pub(crate) type Dialing<'a> = Pin<Box<dyn Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send + 'a>>;

/// How a connection is made. There is one way; the tests have another, so that public addresses can be tried without
/// leaving this machine.
pub(crate) trait Dial: Send + Sync {
    /// A connection, and whom it leads to.
    fn dial(&self, address: SocketAddr) -> Dialing<'_>;
}

pub(crate) struct Tcp;

impl Dial for Tcp {
    fn dial(&self, address: SocketAddr) -> Dialing<'_> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let peer = stream.peer_addr()?;
            Ok((stream, peer))
        })
    }
}

/// Tries one address after the other, each within the limit.
pub(crate) async fn connect(
    dial: &dyn Dial,
    addresses: &[SocketAddr],
    limit: Duration,
) -> Result<(TcpStream, SocketAddr), Cause> {
    let mut failed = Cause::NoAddress;
    for chosen in addresses.iter().copied() {
        match timeout(limit, dial.dial(chosen)).await {
            Ok(Ok((stream, found))) if same(found, chosen) => return Ok((stream, found)),
            // Something on the way sends connections elsewhere: the next address would fare no better.
            Ok(Ok((_, found))) => return Err(Cause::Peer { chosen, found }),
            Ok(Err(error)) => failed = Cause::Connect { address: chosen, error: error.kind() },
            Err(_) => failed = Cause::Time(Phase::Connect, limit),
        }
    }
    Err(failed)
}

/// A scope that the system adds to a link-local address is none of the URL's.
fn same(one: SocketAddr, other: SocketAddr) -> bool {
    one.ip().to_canonical() == other.ip().to_canonical() && one.port() == other.port()
}
