//! A private key in a file: PKCS #8 in PEM (RFC 8410), as OpenSSL reads and writes it, too.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use belljar_core::SigningKey;

use crate::error::Error;

/// What stands before the 32 bytes of an Ed25519 key in PKCS #8.
const PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// Bytes of a key's file (4 KiB), more than it needs: bounds what is read by mistake.
const MOST: u64 = 4 << 10;

/// Makes a key from the system's randomness and keeps it in a new file that only its owner can read.
///
/// # Errors
///
/// If the file exists or cannot be written, or the system gives no randomness.
pub fn create_key(path: &Path) -> Result<SigningKey, Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| Error::Randomness(error.to_string()))?;
    let key = SigningKey::from_seed(&seed);
    let io = |source| Error::Io { what: "cannot make the key's file", path: path.into(), source };
    let mut options = OpenOptions::new();
    // A key that is overwritten is lost, and with it what it signed.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(io)?;
    let bytes = [&PREFIX[..], key.seed()].concat();
    let text = format!("{BEGIN}\n{}\n{END}\n", BASE64_STANDARD.encode(bytes));
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
    Ok(key)
}

/// Reads a key that [`create_key`] made, or `openssl genpkey -algorithm ed25519`.
///
/// # Errors
///
/// If it cannot be read, is no such key, belongs to another user than this process's or root, or may be read or written by
/// others than its owner.
pub fn read_key(path: &Path) -> Result<SigningKey, Error> {
    let io = |source| Error::Io { what: "cannot read the key", path: path.into(), source };
    let mut text = String::new();
    let file = File::open(path).map_err(io)?;
    #[cfg(unix)]
    crate::owner::private_file(&file.metadata().map_err(io)?).map_err(|why| io(std::io::Error::other(why)))?;
    file.take(MOST).read_to_string(&mut text).map_err(io)?;
    let body = text.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
    let bytes = body.and_then(|body| BASE64_STANDARD.decode(body.replace(['\r', '\n'], "")).ok());
    let seed = bytes.as_ref().and_then(|bytes| bytes.strip_prefix(&PREFIX)).and_then(|seed| seed.try_into().ok());
    seed.map(SigningKey::from_seed).ok_or_else(|| Error::Key(path.into()))
}
