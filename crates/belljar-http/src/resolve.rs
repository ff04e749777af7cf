//! Looking a name up.

use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// Most look-ups of one [`SystemResolver`] at a time. Each takes a thread, which works on after its caller has given up
/// until the system gives up; others wait.
pub const MAX_LOOKUPS: usize = 64;

/// What a look-up comes to.
pub type Addresses<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Who looks names up. Whatever it answers is filtered, so it need not be trusted about addresses.
pub trait Resolve: Send + Sync {
    /// All addresses of a name, those to be tried first in front. The name is absolute, without the dot at its end, in
    /// ASCII. It is called once a hop, and never for `localhost` and for literal addresses.
    fn resolve<'a>(&'a self, name: &'a str) -> Addresses<'a>;
}

/// The operating system's resolver (`getaddrinfo`), asked for absolute names only: the search list of this machine adds
/// nothing to them.
#[derive(Clone, Debug)]
pub struct SystemResolver {
    lookups: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        SystemResolver { lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)) }
    }
}

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Addresses<'a> {
        Box::pin(async move {
            let permit = Arc::clone(&self.lookups).acquire_owned().await.map_err(io::Error::other)?;
            let absolute = format!("{name}.");
            // tokio::net::lookup_host would do the same, but would not count threads whose callers have given up.
            let lookup = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                let found = (absolute.as_str(), 0).to_socket_addrs()?;
                Ok(found.map(|address| address.ip()).collect())
            });
            lookup.await.map_err(io::Error::other)?
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn lookups_wait_for_each_other() {
        let resolver = SystemResolver::default();
        let all = resolver.lookups.acquire_many(MAX_LOOKUPS as u32).await.unwrap();
        let mut waiting = resolver.resolve("a.invalid");
        assert!(timeout(Duration::from_millis(100), &mut waiting).await.is_err());
        drop(all);
        assert!(timeout(Duration::from_secs(60), waiting).await.unwrap().is_err(), "RFC 6761: it has no address");
        let all = timeout(Duration::from_secs(60), resolver.lookups.acquire_many(MAX_LOOKUPS as u32)).await;
        assert!(all.is_ok(), "what is over is given back");
    }
}
