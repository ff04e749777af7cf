//! What admission makes of a component, and the file that it is handed around in.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limits;
use crate::manifest::Manifest;
use crate::origin::Origin;
use crate::positions::Positions;
use crate::world::{IMPORTS, WorldKind};

/// The custom section that holds what is known of an admitted module.
const SECTION: &str = "belljar:admitted";

/// How every module of WebAssembly begins.
const HEADER: &[u8; 8] = b"\0asm\x01\0\0\0";

/// A function of the world that a tool imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportName {
    /// The interface, without package and version.
    pub interface: &'static str,
    /// The function.
    pub function: &'static str,
}

/// An admitted component.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The rewritten core module, which counts its fuel.
    ///
    /// It imports the function `belljar:meter` `refill`, (i64) -> i64, besides the world's, and exports four mutable
    /// globals: `belljar:fuel` (i64, what is left of the slice), `belljar:stack` (i64, slots that are left),
    /// `belljar:pages` (i32, the most pages that its memory may have) and `belljar:refused` (i32, 1 once
    /// `memory.grow` was refused for that). They begin at zero, and the host sets the first three before it calls
    /// anything.
    pub core: Vec<u8>,
    /// A tool or a language engine.
    pub world: WorldKind,
    /// What it says of itself.
    pub manifest: Option<Manifest>,
    /// Where its stack traces come from, if it says so.
    pub origin: Option<Origin>,
    /// What it imports: what it can ask for at all.
    pub imports: Vec<ImportName>,
    /// Pages of 64 KiB that its memory starts with.
    pub initial_pages: u32,
    /// Whether the host must call the export `belljar:start` before anything else.
    pub has_start: bool,
    /// Whether the host must call the export `_initialize` after that and before anything else.
    pub has_initialize: bool,
    /// Bytes of the core module before it was rewritten.
    pub original_core_len: usize,
    /// What it is for a compiler that optimizes, in the units of [`limits::WORK`]; 0 if it was prepared elsewhere.
    pub work: u64,
}

/// What admission made of a component, and what of the component itself is known beside it.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The SHA-256 of the component.
    pub identity: [u8; 32],
    /// The component's size in bytes.
    pub size: usize,
    /// What was admitted.
    pub admitted: Admitted,
}

/// Why a file cannot be taken as an admitted module.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PreparedError {
    /// It is something else.
    #[error("this is no prepared tool: {0}; `belljar build --prepared` makes one")]
    Not(&'static str),
    /// What it says of itself cannot be read.
    #[error("this prepared tool is damaged: {0}; prepare it again with `belljar build --prepared`")]
    Damaged(String),
    /// Another version of Belljar made it.
    #[error("this tool was prepared by version {0} of admission, and this is version {now}; prepare it again with `belljar build --prepared`", now = crate::VERSION)]
    Version(u32),
}

/// The section's contents.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    admission: u32,
    identity: [u8; 32],
    size: usize,
    engine: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manifest: Option<Manifest>,
    imports: Vec<String>,
    pages: u32,
    start: bool,
    initialize: bool,
    original: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Traces>,
}

/// Where stack traces come from.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Traces {
    module: String,
    file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    positions: Option<Vec<u32>>,
}

impl Prepared {
    /// The file: the admitted module, with a custom section before everything else that says what is known of it.
    ///
    /// # Errors
    ///
    /// If the module does not begin as modules do.
    pub fn write(&self) -> Result<Vec<u8>, PreparedError> {
        let Prepared { identity, size, admitted } = self;
        let code = admitted.core.strip_prefix(HEADER).ok_or(PreparedError::Not("its header is damaged"))?;
        let about = About {
            admission: crate::VERSION,
            identity: *identity,
            size: *size,
            engine: admitted.world == WorldKind::Engine,
            manifest: admitted.manifest.clone(),
            imports: admitted.imports.iter().map(|i| format!("{}.{}", i.interface, i.function)).collect(),
            pages: admitted.initial_pages,
            start: admitted.has_start,
            initialize: admitted.has_initialize,
            original: admitted.original_core_len,
            origin: admitted.origin.as_ref().map(|origin| Traces {
                module: origin.module.clone(),
                file: origin.file.clone(),
                positions: origin.positions.flat(),
            }),
        };
        let about = serde_json::to_vec(&about).map_err(|error| PreparedError::Damaged(error.to_string()))?;
        let mut section = Vec::with_capacity(about.len() + SECTION.len() + 1);
        section.push(SECTION.len() as u8);
        section.extend_from_slice(SECTION.as_bytes());
        section.extend_from_slice(&about);
        let mut file = Vec::with_capacity(admitted.core.len() + section.len() + 6);
        file.extend_from_slice(HEADER);
        file.push(0);
        push(&mut file, section.len());
        file.extend_from_slice(&section);
        file.extend_from_slice(code);
        Ok(file)
    }

    /// Reads a file that [`Prepared::write`] made.
    ///
    /// It is believed: whoever takes such a file trusts who made it as much as who made this program. Nothing of it is
    /// checked but that it is whole and that this version of admission made it; what stays is the sandbox of the engine
    /// that runs it.
    ///
    /// # Errors
    ///
    /// If it is no such file, or another version made it.
    pub fn read(file: &[u8]) -> Result<Self, PreparedError> {
        let damaged = |what: &str| PreparedError::Damaged(what.to_owned());
        if file.len() > 4 * limits::COMPONENT_BYTES {
            return Err(PreparedError::Not("it is too large"));
        }
        let rest = file.strip_prefix(HEADER).ok_or(PreparedError::Not("it is no core module of WebAssembly"))?;
        let none = PreparedError::Not("its first section is not belljar:admitted");
        let mut rest = rest.strip_prefix(&[0]).ok_or(none.clone())?;
        let length = pull(&mut rest).ok_or_else(|| damaged("it ends too early"))?;
        let (section, code) = rest.split_at_checked(length).ok_or_else(|| damaged("it ends too early"))?;
        let name = section.split_first().and_then(|(length, rest)| rest.split_at_checked((*length).into()));
        let (_, about) = name.filter(|(name, _)| *name == SECTION.as_bytes()).ok_or(none)?;
        // The version comes first: another one may say other things.
        #[derive(Deserialize)]
        struct Version {
            admission: u32,
        }
        let Version { admission } = serde_json::from_slice(about).map_err(|e| damaged(&e.to_string()))?;
        if admission != crate::VERSION {
            return Err(PreparedError::Version(admission));
        }
        let about: About = serde_json::from_slice(about).map_err(|e| damaged(&e.to_string()))?;
        if let Some(manifest) = &about.manifest {
            manifest.check().map_err(|error| damaged(&error.to_string()))?;
        }
        let find = |name: &String| {
            let (interface, function) = name.split_once('.')?;
            let import = IMPORTS.iter().find(|i| i.interface == interface && i.function == function)?;
            Some(ImportName { interface: import.interface, function: import.function })
        };
        let imports: Option<Vec<ImportName>> = about.imports.iter().map(find).collect();
        let mut core = Vec::with_capacity(code.len() + HEADER.len());
        core.extend_from_slice(HEADER);
        core.extend_from_slice(code);
        Ok(Prepared {
            identity: about.identity,
            size: about.size,
            admitted: Admitted {
                core,
                world: if about.engine { WorldKind::Engine } else { WorldKind::Tool },
                manifest: about.manifest,
                origin: about.origin.map(|Traces { module, file, positions }| Origin {
                    module,
                    file,
                    positions: Positions::of_flat(positions.as_deref()),
                }),
                imports: imports.ok_or_else(|| damaged("it imports something outside the world"))?,
                initial_pages: about.pages,
                has_start: about.start,
                has_initialize: about.initialize,
                original_core_len: about.original,
                work: 0,
            },
        })
    }
}

/// Appends an unsigned LEB128.
fn push(to: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Takes an unsigned LEB128 of at most 32 bits.
fn pull(from: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in [0, 7, 14, 21, 28] {
        let (&byte, rest) = from.split_first()?;
        *from = rest;
        number |= (u64::from(byte) & 0x7f) << shift;
        if byte < 0x80 {
            return usize::try_from(number).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared() -> Prepared {
        Prepared {
            identity: [0xab; 32],
            size: 700,
            admitted: Admitted {
                core: [HEADER.as_slice(), &[1, 1, 0]].concat(),
                world: WorldKind::Tool,
                manifest: Some(Manifest { name: "adder".into(), ..Manifest::default() }),
                origin: Some(Origin {
                    module: "adder.js".into(),
                    file: "adder.ts".into(),
                    positions: Positions::of(vec![(0, 1, 2, 3)]),
                }),
                imports: vec![ImportName { interface: "kv", function: "start" }],
                initial_pages: 3,
                has_start: true,
                has_initialize: false,
                original_core_len: 9,
                work: 0,
            },
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let file = prepared().write().unwrap();
        let read = Prepared::read(&file).unwrap();
        assert_eq!(format!("{read:?}"), format!("{:?}", prepared()));
        assert_eq!(read.write().unwrap(), file);
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let file = prepared().write().unwrap();
        for length in 0..file.len() - 3 {
            assert!(Prepared::read(&file[..length]).is_err(), "{length} bytes");
        }
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 0x15;
            // It may be read as something else; it must not panic.
            let _ = Prepared::read(&changed);
        }
        let key = b"\"admission\":";
        let at = file.windows(key.len()).position(|window| window == key).unwrap() + key.len();
        let mut older = file.clone();
        older[at] -= 1;
        assert_eq!(Prepared::read(&older).unwrap_err(), PreparedError::Version(crate::VERSION - 1));
        assert!(matches!(Prepared::read(b"\0asm\x0d\0\x01\0"), Err(PreparedError::Not(_))));
    }
}
