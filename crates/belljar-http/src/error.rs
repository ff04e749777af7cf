//! Why a hop failed, in sentences that hold no header value and no body.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use thiserror::Error;

use crate::headers::HeaderFault;

/// Why there is no reply, and whether the server may have acted all the same.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{cause}")]
pub struct SendError {
    /// What went wrong.
    pub cause: Cause,
    /// Whether any byte of the request may have reached the server. If it is set, what the request asked for may have
    /// been done and paid for. If it is not, nothing but a look-up and a handshake took place.
    pub sent: bool,
}

/// What went wrong. Addresses and names are those that the host saw: how much of that a tool is told is not decided here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Cause {
    /// The request cannot be sent as it is. Nothing was looked up.
    #[error("{0}")]
    Request(RequestFault),
    /// A request header cannot be sent. Nothing was looked up.
    #[error("{0}")]
    Headers(HeaderFault),
    /// `localhost` or a name below it, which no rule names.
    #[error("{0} is this machine itself, and no rule names it with this port")]
    Local(String),
    /// An address that is not reached. If the name has others that could be, they are not tried either.
    #[error("the address {address} is refused: {why}")]
    Address {
        /// The address, as it was written or looked up.
        address: IpAddr,
        /// Why.
        why: Refused,
    },
    /// This machine's own addresses could not be listed, so none can be refused.
    #[error("the addresses of this machine could not be listed ({0}), so nothing is connected to")]
    Interfaces(io::ErrorKind),
    /// The name could not be looked up. What the resolver says of it.
    #[error("the name could not be looked up: {0}")]
    Resolve(String),
    /// The name has no address.
    #[error("the name has no address")]
    NoAddress,
    /// The name has more addresses than [`MAX_ADDRESSES`](crate::MAX_ADDRESSES): how many.
    #[error("the name has {0} addresses, more than {max}", max = crate::MAX_ADDRESSES)]
    ManyAddresses(usize),
    /// No address took the connection.
    #[error("{address} took no connection: {error}")]
    Connect {
        /// The last one tried.
        address: SocketAddr,
        /// What the system said of it.
        error: io::ErrorKind,
    },
    /// The connection leads to another address than the chosen one.
    #[error("the connection to {chosen} leads to {found}")]
    Peer {
        /// Where the connection was to lead.
        chosen: SocketAddr,
        /// Where it leads.
        found: SocketAddr,
    },
    /// There is no safe connection to the host of this name.
    #[error("no safe connection: {0}")]
    Tls(TlsFault),
    /// A limit of time passed.
    #[error("{0} took longer than {1:?}")]
    Time(Phase, Duration),
    /// The response is larger than a limit of its [`Bounds`](crate::Bounds), in bytes or in headers. That limit; for
    /// [`Part::Framing`] it is the one of encoded bytes, from which the one of frames follows.
    #[error("{}", .0.passed(*.1))]
    TooLarge(Part, u64),
    /// The content coding of the response cannot be taken off.
    #[error("{0}")]
    Encoding(EncodingFault),
    /// The response is not one of HTTP/1.1.
    #[error("{0}")]
    Protocol(ProtocolFault),
}

/// Why a request cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestFault {
    /// A scheme besides `http` and `https`.
    #[error("only URLs of http and https are requested")]
    Scheme,
    /// A user name or a password in the URL.
    #[error("the URL has a user name or a password in it: put it into a header")]
    UserInfo,
    /// No host in the URL.
    #[error("the URL has no host")]
    Host,
    /// Port 0.
    #[error("the URL has port 0, at which nothing can be reached")]
    Port,
    /// A path and query that a request line does not hold.
    #[error("the URL's path and query do not fit in a request line of {max} bytes", max = crate::MAX_TARGET)]
    Target,
    /// Not a method, or one that is for proxies and diagnosis.
    #[error("the method is not one that can be sent: CONNECT, TRACE and TRACK cannot, nor what is no token of HTTP")]
    Method,
}

/// Why an address is not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refused {
    /// [`belljar_policy::is_forbidden_address`].
    #[error("it is private, local or special")]
    Special,
    /// One of this machine's own addresses.
    #[error("it is one of this machine's own")]
    Own,
    /// The program's own server.
    #[error("this program listens there itself, which no rule can allow")]
    OwnServer,
}

/// Why there is no safe connection.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TlsFault {
    /// The certificate comes from an authority that is not trusted.
    #[error("an authority that is not trusted issued the server's certificate")]
    Authority,
    /// The certificate is not for this host.
    #[error("the server's certificate is for another host")]
    Name,
    /// The certificate is no longer valid, or not yet.
    #[error("the server's certificate is not valid at this time")]
    Expired,
    /// The host's name can stand in no certificate.
    #[error("the host's name can stand in no certificate")]
    HostName,
    /// The connection ended or broke during the handshake.
    #[error("the connection ended during the handshake: {0}")]
    Connection(io::ErrorKind),
    /// Anything else that is wrong with the certificate or the handshake.
    #[error("{0}")]
    Other(String),
}

/// A part of a hop that has a limit of time of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Looking the name up.
    Resolve,
    /// Connecting to one address; the last one if there were several.
    Connect,
    /// The handshake of TLS.
    Tls,
    /// Sending the request, until the response's headers are complete.
    Headers,
    /// Reading the response's body.
    Body,
    /// Everything together.
    Whole,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Resolve => "looking the name up",
            Phase::Connect => "connecting",
            Phase::Tls => "the handshake for a safe connection",
            Phase::Headers => "waiting for the response's headers",
            Phase::Body => "reading the response's body",
            Phase::Whole => "the whole request",
        })
    }
}

/// A part of a response that has a limit of size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Bytes of all heads together: status lines and headers, those of informational responses included.
    HeaderBytes,
    /// Headers in a head.
    HeaderCount,
    /// Bytes of the body as it was sent, without the frame of `chunked`.
    Encoded,
    /// Bytes of the body after its content coding was taken off.
    Decoded,
    /// Bytes on the wire after the head: what the body's frame adds to it is out of all proportion.
    Framing,
}

impl Part {
    fn passed(self, limit: u64) -> String {
        match self {
            Part::HeaderBytes => format!("the response's status lines and headers have more than {limit} bytes"),
            Part::HeaderCount => format!("the response has more than {limit} headers"),
            Part::Encoded => format!("the response's body has more than {limit} bytes as it is sent"),
            Part::Decoded => format!("the response's body decodes to more than {limit} bytes"),
            Part::Framing => {
                format!("the response's body is nothing but frames, far beyond its limit of {limit} bytes")
            }
        }
    }
}

/// A content coding that is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Coding::Gzip => "gzip",
            Coding::Brotli => "br",
        })
    }
}

/// Why a content coding cannot be taken off.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodingFault {
    /// More than one coding.
    #[error("the response has more than one content coding, of which at most one is taken off")]
    Several,
    /// One that was not asked for. Its name, made visible and shortened.
    #[error("the response has the content coding {0:?}; gzip and br were asked for")]
    Unknown(String),
    /// Bytes that are not of this coding, or that end too early.
    #[error("the response's body is not sound {0}, or it ends too early")]
    Broken(Coding),
    /// Bytes after the end of what was encoded.
    #[error("the response's body goes on after the end of its {0} data")]
    Trailing(Coding),
}

/// What about a response is not HTTP/1.1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProtocolFault {
    /// The connection ended before the response's headers did.
    #[error("the server closed the connection before it had answered")]
    Closed,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Connection(io::ErrorKind),
    /// The body ended before its length or its last chunk.
    #[error("the response's body ends too early")]
    Truncated,
    /// 101: another protocol.
    #[error("the server wants to speak another protocol, which is not done")]
    Upgrade,
    /// A transfer coding besides `chunked`.
    #[error("the response has a transfer coding besides \"chunked\"")]
    TransferCoding,
    /// `content-length` and `transfer-encoding` at once.
    #[error("the response gives its length twice, by content-length and by transfer-encoding")]
    TwoLengths,
    /// Anything else, as the parser says it.
    #[error("the response is malformed: {0}")]
    Malformed(String),
}
