//! Compiles modules in Python by CPython's own compiler, which `guests/python/src/freezer.c` makes a module of.

use std::fmt::Write as _;
use std::path::Path;

use wasmtime::{Error, Instance, Memory, Store, TypedFunc};

/// Compiles what the list names, and writes `frozen.bin`, one blob, and `frozen.h`, where in it each module is.
///
/// A line of the list has the table, the module's name, 1 if it is a package, the name of its file in stack traces, and the path of
/// its source, with tabs between.
pub fn library(freezer: &str, list: &str, folder: &str) -> wasmtime::Result<String> {
    let mut freezer = Freezer::new(&std::fs::read(freezer)?)?;
    let (mut blob, mut tables) = (Vec::new(), Vec::<(String, String)>::new());
    let list = std::fs::read_to_string(list)?;
    for line in list.lines() {
        let [table, name, package, file, path] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(Error::msg(format!("the list has the line {line:?}")));
        };
        let code = freezer.freeze(file, &std::fs::read(path)?).map_err(|error| error.context(path.to_owned()))?;
        // Unmarshalling is faster where numbers are aligned, and the snapshot joins zeros.
        blob.resize(blob.len().next_multiple_of(16), 0);
        if tables.last().is_none_or(|(last, _)| last != table) {
            tables.push((table.to_owned(), String::new()));
        }
        if let Some((_, rows)) = tables.last_mut() {
            writeln!(rows, "    {{\"{name}\", belljar_code + {}, {}, {package}}},", blob.len(), code.len())?;
        }
        blob.extend(code);
    }
    let mut header = String::from("extern unsigned char belljar_code[];\n");
    for (table, rows) in tables {
        write!(header, "static struct _frozen belljar_{table}[] = {{\n{rows}    {{0, 0, 0, 0}},\n}};\n")?;
    }
    let folder = Path::new(folder);
    std::fs::write(folder.join("frozen.bin"), &blob)?;
    std::fs::write(folder.join("frozen.h"), header)?;
    Ok(format!("{} modules in Python: {} bytes", list.lines().count(), blob.len()))
}

struct Freezer {
    store: Store<()>,
    memory: Memory,
    allocate: TypedFunc<(u32, u32, u32, u32), u32>,
    freeze: TypedFunc<(u32, u32), u32>,
}

impl Freezer {
    fn new(wasm: &[u8]) -> wasmtime::Result<Self> {
        let (mut store, instance): (_, Instance) = super::instance(wasm)?;
        instance.get_typed_func::<(), ()>(&mut store, "start")?.call(&mut store, ())?;
        let memory = instance.get_memory(&mut store, "memory").ok_or_else(|| Error::msg("it has no memory"))?;
        let allocate = instance.get_typed_func(&mut store, "cabi_realloc")?;
        let freeze = instance.get_typed_func(&mut store, "freeze")?;
        Ok(Freezer { store, memory, allocate, freeze })
    }

    /// The marshalled code of a source.
    fn freeze(&mut self, file: &str, source: &[u8]) -> wasmtime::Result<Vec<u8>> {
        let (file, source) = (self.text(file.as_bytes())?, self.text(source)?);
        let result = self.freeze.call(&mut self.store, (file, source))?;
        let [at, length] = [0, 4].map(|by| self.word(result + by));
        let code = self.memory.data(&self.store).get(at? as usize..).and_then(|rest| rest.get(..length.ok()? as usize));
        let code = code.ok_or_else(|| Error::msg("its answer lies outside of its memory"))?.to_vec();
        for text in [file, source] {
            // To no size: it is let go but for its smallest part.
            self.allocate.call(&mut self.store, (text, 1, 1, 1))?;
        }
        Ok(code)
    }

    fn word(&self, at: u32) -> wasmtime::Result<u32> {
        let mut word = [0; 4];
        self.memory.read(&self.store, at as usize, &mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    /// Puts a text into its memory, with a zero behind it.
    fn text(&mut self, text: &[u8]) -> wasmtime::Result<u32> {
        let length = u32::try_from(text.len())? + 1;
        let at = self.allocate.call(&mut self.store, (0, 0, 1, length))?;
        self.memory.write(&mut self.store, at as usize, &[text, b"\0"].concat())?;
        Ok(at)
    }
}
