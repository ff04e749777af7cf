//! Keys and values that outlive the run.

use crate::error::Failure;
use crate::request::Started;
use crate::world::belljar::tool::kv::{Item, Request, Response, start, take};
use crate::world::belljar::tool::types;

/// The value of a key; nothing if there is no such key.
///
/// # Errors
///
/// If it is not allowed or fails.
pub fn get(key: &str) -> Result<Option<Vec<u8>>, Failure> {
    start_get(key).wait()
}

/// [`get`] as text.
///
/// # Errors
///
/// If it is not allowed or fails, or the value is not UTF-8.
pub fn get_text(key: &str) -> Result<Option<String>, Failure> {
    let text = get(key)?.map(String::from_utf8).transpose();
    text.map_err(|_| Failure::Invalid(format!("the value of {key} is not UTF-8")))
}

/// Sets a key's value.
///
/// # Errors
///
/// If it is not allowed or fails.
pub fn set(key: &str, value: impl AsRef<[u8]>) -> Result<(), Failure> {
    start_set(key, value).wait()
}

/// Removes a key; it need not be there.
///
/// # Errors
///
/// If it is not allowed or fails.
pub fn delete(key: &str) -> Result<(), Failure> {
    Started::new(start(&Request::Delete(key.into())), done).wait()
}

/// The keys that start with a prefix, sorted.
///
/// # Errors
///
/// If it is not allowed or fails.
pub fn list(prefix: &str) -> Result<Vec<String>, Failure> {
    Started::new(start(&Request::List(prefix.into())), |ticket| match take(ticket)? {
        Response::Keys(keys) => Ok(keys),
        _ => Err(types::Failure::Other("an unexpected response".into())),
    })
    .wait()
}

/// [`get`], without waiting.
pub fn start_get(key: &str) -> Started<Option<Vec<u8>>> {
    Started::new(start(&Request::Get(key.into())), |ticket| match take(ticket)? {
        Response::Value(value) => Ok(value),
        _ => Err(types::Failure::Other("an unexpected response".into())),
    })
}

/// [`set`], without waiting.
pub fn start_set(key: &str, value: impl AsRef<[u8]>) -> Started<()> {
    Started::new(start(&Request::Set(Item { key: key.into(), value: value.as_ref().into() })), done)
}

fn done(ticket: types::Ticket) -> Result<(), types::Failure> {
    take(ticket).map(|_| ())
}
