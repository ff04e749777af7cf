//! What of CPython and zlib is compiled, and how: what CPython's own build compiles for WASI, without sockets, threads, processes and
//! what a guest has no use for.

use std::fs;
use std::path::Path;

use crate::process::Failure;

/// C files that are compiled alike.
pub struct Part {
    /// Where they are, below the folder of the sources.
    pub folder: &'static str,
    /// The files, without `.c`; none for all of the folder.
    pub files: &'static str,
    /// Files of the folder that are left out.
    pub without: &'static str,
    /// What the compiler is told besides [`FLAGS`].
    pub flags: &'static [&'static str],
}

/// What the compiler is told for all of them. Nothing of the build's machine or moment gets into an object.
pub const FLAGS: [&str; 14] = [
    "-O2",
    "-g0",
    "-w",
    "-Wno-int-conversion",
    "-std=c11",
    "-DNDEBUG",
    "-fno-strict-overflow",
    "-fvisibility=hidden",
    "-Iconfig",
    "-Icpython/Include",
    "-Icpython/Include/internal",
    "-Icpython/Include/internal/mimalloc",
    "-Icpython/Python",
    "-Icpython/Objects",
];

const CORE: &[&str] = &["-DPy_BUILD_CORE"];
const BUILTIN: &[&str] = &["-DPy_BUILD_CORE_BUILTIN"];
const HASHES: &[&str] =
    &["-DPy_BUILD_CORE_BUILTIN", "-Icpython/Modules/_hacl/include", "-D_BSD_SOURCE", "-D_DEFAULT_SOURCE"];
const DECIMAL: &[&str] =
    &["-DPy_BUILD_CORE_BUILTIN", "-Icpython/Modules/_decimal/libmpdec", "-DCONFIG_32=1", "-DANSI=1"];
const XML: &[&str] = &["-DPy_BUILD_CORE_BUILTIN", "-Icpython/Modules/expat"];
const ZLIB: &[&str] = &["-DHAVE_UNISTD_H", "-Izlib"];

const fn part(folder: &'static str, files: &'static str, flags: &'static [&'static str]) -> Part {
    Part { folder, files, without: "", flags }
}

const fn all(folder: &'static str, without: &'static str, flags: &'static [&'static str]) -> Part {
    Part { folder, files: "", without, flags }
}

/// All that is compiled.
pub const PARTS: [Part; 21] = [
    all("cpython/Parser", "", CORE),
    all("cpython/Parser/lexer", "", CORE),
    all("cpython/Parser/tokenizer", "", CORE),
    all("cpython/Objects", "", CORE),
    all(
        "cpython/Python",
        "bytecodes optimizer_bytecodes dynload_hpux dynload_shlib dynload_win emscripten_signal emscripten_trampoline frozen \
         getplatform sysmodule",
        CORE,
    ),
    part("cpython/Python", "getplatform", &["-DPy_BUILD_CORE", "-DPLATFORM=\"wasi\""]),
    part("cpython/Python", "sysmodule", &["-DPy_BUILD_CORE", "-DABIFLAGS=\"\"", "-DMULTIARCH=\"wasm32-wasi\""]),
    part("cpython/Modules", "main gcmodule", CORE),
    // Where and when it was built stands in `sys.version`.
    part(
        "cpython/Modules",
        "getbuildinfo",
        &[
            "-DPy_BUILD_CORE",
            "-DGITVERSION=\"\"",
            "-DGITTAG=\"\"",
            "-DGITBRANCH=\"\"",
            "-DDATE=\"belljar\"",
            "-DTIME=\"\"",
        ],
    ),
    part(
        "cpython/Modules",
        "arraymodule _asynciomodule _bisectmodule _contextvarsmodule _csv _heapqmodule _json _opcode _pickle _queuemodule \
         _randommodule _struct _zoneinfo mathmodule cmathmodule _statisticsmodule _datetimemodule binascii unicodedata \
         selectmodule atexitmodule faulthandler posixmodule signalmodule _tracemalloc _suggestions _codecsmodule \
         _collectionsmodule errnomodule itertoolsmodule _sysconfig _threadmodule timemodule _typingmodule _weakref _abc \
         _functoolsmodule _localemodule _operator _stat symtablemodule",
        BUILTIN,
    ),
    part("cpython/Modules/_sre", "sre", BUILTIN),
    part("cpython/Modules/_blake2", "blake2module blake2b_impl blake2s_impl", BUILTIN),
    all("cpython/Modules/_io", "winconsoleio", &["-DPy_BUILD_CORE_BUILTIN", "-Icpython/Modules/_io"]),
    part("cpython/Modules", "md5module sha1module sha2module sha3module", HASHES),
    all("cpython/Modules/_hacl", "", HASHES),
    all("cpython/Modules/_decimal/libmpdec", "bench bench_full mpsignal", DECIMAL),
    part("cpython/Modules/_decimal", "_decimal", DECIMAL),
    part("cpython/Modules/expat", "xmlparse xmlrole xmltok", XML),
    part("cpython/Modules", "pyexpat _elementtree", XML),
    part("zlib", "adler32 crc32 deflate inflate inffast inftrees trees zutil compress uncompr infback", ZLIB),
    part("cpython/Modules", "zlibmodule", &["-DPy_BUILD_CORE_BUILTIN", "-Izlib"]),
];

impl Part {
    /// The names of its files, without `.c`.
    pub fn names(&self, sources: &Path) -> Result<Vec<String>, Failure> {
        if !self.files.is_empty() {
            return Ok(self.files.split_whitespace().map(str::to_owned).collect());
        }
        let folder = sources.join(self.folder);
        let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", folder.display()));
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            if let Some(name) = name.to_str().and_then(|name| name.strip_suffix(".c"))
                && self.without.split_whitespace().all(|without| without != name)
            {
                names.push(name.to_owned());
            }
        }
        // The order of a folder is the file system's, and the order of a link is in its bytes.
        names.sort();
        Ok(names)
    }
}
