//! TLS: whose certificates are trusted, and for which names.

use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::TlsFault;
use crate::headers::shown;
use crate::target::Place;

/// Why there is no client.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// What was given as certificates is not PEM, or holds something that is no certificate. Counted from 0.
    #[error("the certificates number {0} are not PEM with certificates in it: {1}")]
    Certificates(usize, String),
    /// There is no certificate at all in what was given. Counted from 0.
    #[error("the certificates number {0} hold no certificate")]
    NoCertificates(usize),
    /// Nobody is trusted: no server could be reached by https.
    #[error("no authority is trusted: give certificates, or leave those on that are compiled in")]
    NoRoots,
    /// The provider of cryptography and the versions of TLS do not fit.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// TLS 1.2 and 1.3, HTTP/1.1 alone. No session is resumed, because a ticket would tell a server that two requests of
/// different policies come from one client.
pub(crate) fn config(web_roots: bool, extra: &[Vec<u8>]) -> Result<Arc<ClientConfig>, ClientError> {
    let mut roots = RootCertStore::empty();
    if web_roots {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    for (number, pem) in extra.iter().enumerate() {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let bad = |error: &dyn std::fmt::Display| ClientError::Certificates(number, error.to_string());
            let certificate = certificate.map_err(|error| bad(&error))?;
            roots.add(certificate).map_err(|error| bad(&error))?;
        }
        if roots.len() == before {
            return Err(ClientError::NoCertificates(number));
        }
    }
    if roots.is_empty() {
        return Err(ClientError::NoRoots);
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::Tls(error.to_string()))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// The host's name as it stands in certificates.
pub(crate) fn server_name(place: &Place) -> Result<ServerName<'static>, TlsFault> {
    match place {
        Place::Literal(address) => Ok(ServerName::from(*address)),
        Place::Local(name) | Place::Name(name) => ServerName::try_from(name.clone()).map_err(|_| TlsFault::HostName),
    }
}

pub(crate) async fn handshake(
    config: &Arc<ClientConfig>,
    name: ServerName<'static>,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, TlsFault> {
    TlsConnector::from(Arc::clone(config)).connect(name, stream).await.map_err(|error| fault(&error))
}

/// What an error of a connection over TLS means.
fn fault(error: &io::Error) -> TlsFault {
    fault_within(error).unwrap_or(TlsFault::Connection(error.kind()))
}

/// The same, if the error is one of TLS.
pub(crate) fn fault_within(error: &io::Error) -> Option<TlsFault> {
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(match error {
        // A signature that does not hold comes from somebody who only has an authority's name.
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            TlsFault::Authority
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => TlsFault::Name,
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => TlsFault::Expired,
        other => TlsFault::Other(shown(&other.to_string())),
    })
}
