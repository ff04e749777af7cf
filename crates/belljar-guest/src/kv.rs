//! Keys and values that outlive the run.

use crate::error::Failure;
use crate::request::Started;
use crate::world::belljar::tool::kv::{Change, Item, Range, Request, Response, start, start_page, start_replace, take};
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

/// Changes a key if it holds what is expected, in one step: nobody else's change comes between. `None` stands for a key that is
/// not there: as `expected`, the key must not exist; as `value`, it is removed. Whether it was changed.
///
/// # Errors
///
/// If it is not allowed or fails. It takes a rule for `get` beside the one for `set` or `delete`.
///
/// ```no_run
/// # fn main() -> Result<(), belljar_guest::Failure> {
/// use belljar_guest::kv;
/// // Counts, though others may count at the same time.
/// loop {
///     let before = kv::get_text("count")?;
///     let next = before.as_deref().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) + 1;
///     if kv::replace("count", before.as_deref().map(str::as_bytes), Some(next.to_string().as_bytes()))? {
///         return Ok(());
///     }
/// }
/// # }
/// ```
pub fn replace(key: &str, expected: Option<&[u8]>, value: Option<&[u8]>) -> Result<bool, Failure> {
    let bytes = |given: Option<&[u8]>| given.map(<[u8]>::to_vec);
    let change = Change { key: key.into(), expected: bytes(expected), value: bytes(value) };
    Started::new(start_replace(&change), |ticket| match take(ticket)? {
        Response::Replaced(replaced) => Ok(replaced),
        _ => Err(types::Failure::Other("an unexpected response".into())),
    })
    .wait()
}

/// The keys that start with a prefix, sorted by their bytes. More than 10,000 are an error: [`list_part`] lists those.
///
/// # Errors
///
/// If it is not allowed or fails.
pub fn list(prefix: &str) -> Result<Vec<String>, Failure> {
    Started::new(start(&Request::List(prefix.into())), keys).wait()
}

/// A part of what [`list`] gives: the first `most` keys (1 to 10,000) behind `after`, which is empty for the first part and the
/// last key of the part before for the next one. Fewer than `most` come only at the end.
///
/// # Errors
///
/// If it is not allowed or fails.
pub fn list_part(prefix: &str, after: &str, most: u32) -> Result<Vec<String>, Failure> {
    Started::new(start_page(&Range { prefix: prefix.into(), after: after.into(), most }), keys).wait()
}

fn keys(ticket: types::Ticket) -> Result<Vec<String>, types::Failure> {
    match take(ticket)? {
        Response::Keys(keys) => Ok(keys),
        _ => Err(types::Failure::Other("an unexpected response".into())),
    }
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
