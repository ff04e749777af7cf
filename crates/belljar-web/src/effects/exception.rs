//! What a browser's errors about files mean.

use std::io::ErrorKind;

use belljar_core::effects::Trouble;
use js_sys::{JsString, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// What is said where the browser, or the system behind it, refuses.
const NOT_PERMITTED: &str = "the browser does not permit it: its permission for this folder is gone, or is for reading only. Whoever \
                             runs the tool gives it by opening the folder again";

/// What an error of an act on `name` means. A mismatch of types is told apart by whoever knows what was expected.
pub(super) fn explain(error: &JsValue, mismatch: Trouble) -> Trouble {
    let message = text(error, "message");
    match text(error, "name").as_str() {
        "NotFoundError" => Trouble::Missing,
        "TypeMismatchError" => mismatch,
        "InvalidModificationError" => Trouble::NotEmpty,
        "NotAllowedError" | "SecurityError" => Trouble::Other(NOT_PERMITTED.into()),
        "NoModificationAllowedError" => Trouble::Other("it is in use elsewhere in the browser".into()),
        // In the words of the server's disks.
        "QuotaExceededError" => Trouble::Other(ErrorKind::StorageFull.to_string()),
        "TypeError" => Trouble::Other(format!("the browser does not take this name: {message}")),
        _ if message.is_empty() => Trouble::Other("the browser failed and does not say why".into()),
        _ => Trouble::Other(message),
    }
}

/// What it means that a granted directory or file cannot be opened.
pub(super) fn unopened(trouble: Trouble) -> Trouble {
    match trouble {
        // In the words of folders in memory.
        Trouble::Missing | Trouble::NotADirectory(_) => Trouble::Unopened("there is no such folder".into()),
        Trouble::Other(reason) => Trouble::Unopened(reason),
        other => other,
    }
}

fn text(error: &JsValue, member: &str) -> String {
    let found = Reflect::get(error, &member.into()).ok();
    found.and_then(|found| found.dyn_into::<JsString>().ok()).map(String::from).unwrap_or_default()
}
