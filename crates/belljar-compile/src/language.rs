//! Which language a file is in.

/// A language that this version compiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// WebAssembly text: a core module or a component.
    Wat,
    /// A WebAssembly binary: a core module or a component.
    Wasm,
}

impl Language {
    /// The language by a file's ending; the error says what to do instead.
    pub fn of_path(file: &str) -> Result<Self, String> {
        let ending = file.rsplit(['/', '\\']).next().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
        match ending {
            Some("wat") => Ok(Language::Wat),
            Some("wasm") => Ok(Language::Wasm),
            Some(ending @ ("ts" | "js" | "mts" | "mjs" | "rs" | "py")) => Err(format!(
                "this version of Belljar does not compile .{ending} files yet; it runs .wat and .wasm files of the world in wit/"
            )),
            _ => Err("this is not a tool's file: it ends in .wat or .wasm".into()),
        }
    }
}
