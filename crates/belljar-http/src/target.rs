//! Where a hop leads: a host and a port, and the addresses that are reached for it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use belljar_policy::{Url, innermost_address, is_forbidden_address};
use url::Host;

use crate::error::{Cause, Refused, RequestFault};

/// Most addresses of a name. With more it is refused, because each of them is checked.
pub const MAX_ADDRESSES: usize = 64;

/// Most addresses that are tried for one hop.
pub const MAX_TRIES: usize = 4;

/// Whom a URL names, once and for all: nothing is parsed a second time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) place: Place,
    pub(crate) port: u16,
    pub(crate) tls: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Literal(IpAddr),
    /// `localhost` or a name below it, without the dot at its end.
    Local(String),
    /// Another name, without the dot at its end.
    Name(String),
}

impl Target {
    pub(crate) fn of(url: &Url) -> Result<Self, RequestFault> {
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(RequestFault::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RequestFault::UserInfo);
        }
        let place = match url.host().ok_or(RequestFault::Host)? {
            Host::Ipv4(address) => Place::Literal(address.into()),
            Host::Ipv6(address) => Place::Literal(address.into()),
            Host::Domain(name) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                match name.strip_suffix("localhost") {
                    _ if name.is_empty() => return Err(RequestFault::Host),
                    Some(below) if below.is_empty() || below.ends_with('.') => Place::Local(name),
                    _ => Place::Name(name),
                }
            }
        };
        let port = url.port_or_known_default().filter(|port| *port != 0).ok_or(RequestFault::Port)?;
        Ok(Target { place, port, tls })
    }
}

/// What decides about addresses: the one rule, and what this machine is.
#[derive(Clone, Debug)]
pub(crate) struct Guard<'a> {
    /// This machine's own addresses.
    pub(crate) own: &'a [IpAddr],
    /// Ports at which this program listens itself.
    pub(crate) own_ports: &'a [u16],
}

impl Guard<'_> {
    /// Checks the addresses and returns those that are tried, in order. One that is refused refuses all: a name that
    /// has public and private addresses is somebody's attempt to get behind a filter, by what the connection falls back
    /// to or by what a second look-up would answer.
    pub(crate) fn choose(&self, addresses: &[IpAddr], port: u16, named: bool) -> Result<Vec<SocketAddr>, Cause> {
        if addresses.len() > MAX_ADDRESSES {
            return Err(Cause::ManyAddresses(addresses.len()));
        }
        for address in addresses {
            if let Some(why) = self.refuses(*address, port, named) {
                return Err(Cause::Address { address: *address, why });
            }
        }
        if addresses.is_empty() {
            return Err(Cause::NoAddress);
        }
        Ok(alternating(addresses).into_iter().map(|address| SocketAddr::new(address, port)).take(MAX_TRIES).collect())
    }

    fn refuses(&self, address: IpAddr, port: u16, named: bool) -> Option<Refused> {
        let inner = innermost_address(address);
        let own = self.own.iter().any(|own| innermost_address(*own) == inner);
        let here = own || inner.is_loopback() || inner.is_unspecified();
        if here && self.own_ports.contains(&port) {
            return Some(Refused::OwnServer);
        }
        match named {
            // A system connects to another address than this one: no rule can mean it.
            true if inner.is_unspecified() => Some(Refused::Special),
            true => None,
            false if is_forbidden_address(address) => Some(Refused::Special),
            false if own => Some(Refused::Own),
            false => None,
        }
    }
}

/// IPv6 and IPv4 by turns, beginning with what stands first, so that one that leads nowhere costs one try. An IPv4 address
/// written as IPv6 becomes what a system connects to.
fn alternating(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut rest: Vec<IpAddr> = Vec::with_capacity(addresses.len());
    for address in addresses.iter().map(IpAddr::to_canonical) {
        if !rest.contains(&address) {
            rest.push(address);
        }
    }
    let mut order: Vec<IpAddr> = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let last = order.last().map(IpAddr::is_ipv4);
        let next = rest.iter().position(|address| Some(address.is_ipv4()) != last).unwrap_or(0);
        order.push(rest.remove(next));
    }
    order
}

/// The addresses of `localhost`. No resolver is asked (RFC 6761, section 6.3).
pub(crate) const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// The addresses of this machine's network interfaces, as they are now.
pub(crate) fn own_addresses() -> io::Result<Vec<IpAddr>> {
    Ok(if_addrs::get_if_addrs()?.iter().map(if_addrs::Interface::ip).collect())
}
