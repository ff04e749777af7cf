//! Which language a file is in.

/// A language that this version compiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// JavaScript: an ES module.
    JavaScript,
    /// TypeScript: an ES module whose types are taken off.
    TypeScript,
    /// Python: a module.
    Python,
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
            Some("js" | "mjs") => Ok(Language::JavaScript),
            Some("ts" | "mts") => Ok(Language::TypeScript),
            Some("py") => Ok(Language::Python),
            Some("wat") => Ok(Language::Wat),
            Some("wasm") => Ok(Language::Wasm),
            Some("rs") => {
                Err("a tool in Rust is built with cargo: load it by its path, on a machine that has cargo".into())
            }
            Some(ending @ ("cjs" | "cts" | "jsx" | "tsx")) => {
                Err(format!("a tool is one plain ES module: write it as .js or .ts, not as .{ending}"))
            }
            _ => Err("this is not a tool's file: it ends in .ts, .js, .py, .rs, .wat or .wasm".into()),
        }
    }
}
