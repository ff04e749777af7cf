//! `belljar new`: a folder with a tool that runs, and its policy.

use std::fs;
use std::path::Path;

use belljar::Manifest;

use crate::Failure;
use crate::arguments::Language;
use crate::run::print;

const POLICY: &str = include_str!("../templates/policy.toml");

impl Language {
    /// The tool's file and its text.
    fn template(self) -> (&'static str, &'static str) {
        match self {
            Language::Ts => ("tool.ts", include_str!("../templates/tool.ts")),
            Language::Js => ("tool.js", include_str!("../templates/tool.js")),
            Language::Python => ("tool.py", include_str!("../templates/tool.py")),
            Language::Rust => ("tool.rs", include_str!("../templates/tool.rs")),
            Language::Wat => ("tool.wat", include_str!("../templates/tool.wat")),
        }
    }
}

pub(crate) fn new(name: &str, language: Language) -> Result<u8, Failure> {
    Manifest { name: name.to_owned(), ..Manifest::default() }.check().map_err(Failure::usage)?;
    let folder = Path::new(name);
    fs::create_dir(folder).map_err(|error| Failure::usage(format!("cannot make the folder {name}: {error}")))?;
    let (file, text) = language.template();
    for (file, text) in [(file, text.replace("NAME", name)), ("policy.toml", POLICY.to_owned())] {
        let path = folder.join(file);
        fs::write(&path, text).map_err(|error| Failure::fault(format!("cannot write {}: {error}", path.display())))?;
    }
    print(&format!(
        "{name}/{file}\n{name}/policy.toml\n\nRun it:\n  belljar run {name}/{file} --input '{{\"name\":\"you\"}}' \
         --policy {name}/policy.toml"
    ))?;
    Ok(0)
}
