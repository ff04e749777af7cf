//! Compiles C for WebAssembly, on all processors, and links it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use super::parts::{FLAGS, PARTS};
use super::sources::write;
use crate::engines::{make_folder, zig};
use crate::process::{self, Failure};

/// The compiler, and the folder that all paths it is given begin in.
pub struct Compiler {
    zig: PathBuf,
    /// The folder of the unpacked sources. In it paths are the same on every machine, and some get into objects.
    sources: PathBuf,
}

impl Compiler {
    pub fn new(tools: &Path, sources: &Path) -> Result<Self, Failure> {
        let python = zig(tools)?;
        let mut ask = Command::new(&python);
        ask.args(["-c", "import ziglang; print(ziglang.__path__[0])"]);
        let folder = process::ask(&mut ask).ok_or_else(|| Failure::new(format!("{} has no zig", python.display())))?;
        let program = format!("zig{}", std::env::consts::EXE_SUFFIX);
        Ok(Compiler { zig: Path::new(folder.trim()).join(program), sources: sources.to_owned() })
    }

    fn cc(&self) -> Command {
        let mut command = Command::new(&self.zig);
        command.args(["cc", "-target", "wasm32-wasi"]).current_dir(&self.sources);
        command
    }

    /// Compiles all of CPython and zlib that is not there yet; the objects, in the order in which they are linked.
    pub fn parts(&self, objects: &Path) -> Result<Vec<PathBuf>, Failure> {
        let (mut all, mut missing) = (Vec::new(), Vec::new());
        for part in &PARTS {
            for name in part.names(&self.sources)? {
                let object = objects.join(part.folder).join(format!("{name}.o"));
                if !object.is_file() {
                    missing.push((format!("{}/{name}.c", part.folder), part.flags.to_vec(), object.clone()));
                }
                all.push(object);
            }
        }
        if !missing.is_empty() {
            eprintln!("compiling {} files of CPython", missing.len());
        }
        self.compile(missing)?;
        Ok(all)
    }

    /// Compiles C files, each with its flags to its object.
    fn compile(&self, files: Vec<(String, Vec<&'static str>, PathBuf)>) -> Result<(), Failure> {
        let left = Mutex::new(files);
        let next = || left.lock().map_or(None, |mut left| left.pop());
        let work = || -> Result<(), Failure> {
            while let Some((source, flags, object)) = next() {
                make_folder(object.parent().unwrap_or(&object))?;
                // What is interrupted leaves nothing that looks whole.
                let beside = object.with_extension("part");
                let mut command = self.cc();
                command.arg("-c").args(FLAGS).args(flags).arg(&source).arg("-o").arg(&beside);
                quietly(&mut command)?;
                fs::rename(&beside, &object).map_err(|error| Failure::new(format!("{}: {error}", object.display())))?;
            }
            Ok(())
        };
        let workers = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|worker| {
                worker.join().unwrap_or_else(|_| Err(Failure::new("a thread that compiles C panicked")))
            })
        })
    }

    /// Compiles and links a module out of our own C files, objects and libraries.
    pub fn link(&self, module: &Module<'_>) -> Result<(), Failure> {
        // Relative to the sources, as all other paths.
        let config = self.sources.join("config");
        make_folder(&config)?;
        let list = module.to.with_extension("rsp");
        let objects: Vec<String> = module.objects.iter().map(|path| format!("\"{}\"\n", path.display())).collect();
        write(&list, objects.concat())?;
        let mut command = self.cc();
        // It is begun by exports of ours, which call the libc's constructors.
        command
            .args(["-mexec-model=reactor", "-nostartfiles", "-Wl,--no-entry", "-s"])
            .args(FLAGS)
            .arg("-DPy_BUILD_CORE");
        command.args(module.flags);
        for folder in module.include {
            command.arg("-I").arg(folder);
        }
        command.args(module.files).arg(format!("@{}", list.display())).args(module.libraries);
        command.args(["-lwasi-emulated-signal", "-lwasi-emulated-getpid", "-lwasi-emulated-process-clocks"]);
        command.arg(format!("-Wl,-z,stack-size={STACK}"));
        let beside = module.to.with_extension("part");
        quietly(command.arg("-o").arg(&beside))?;
        fs::rename(&beside, module.to).map_err(|error| Failure::new(format!("{}: {error}", module.to.display())))
    }
}

/// Bytes of the stack in C (1 MiB). How deep calls may go is bounded before that: see `guests/python/patches`.
const STACK: u32 = 1 << 20;

/// What is linked.
pub struct Module<'a> {
    pub flags: &'a [&'a str],
    pub include: &'a [PathBuf],
    pub files: &'a [PathBuf],
    pub objects: &'a [PathBuf],
    pub libraries: &'a [PathBuf],
    pub to: &'a Path,
}

/// Runs a command whose output is shown if it fails.
fn quietly(command: &mut Command) -> Result<(), Failure> {
    let output = command.output().map_err(|error| {
        Failure::new(format!("`{}` could not be started: {error}", command.get_program().display()))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    Err(Failure::new(format!("`zig {}` failed:\n{}", arguments.join(" "), String::from_utf8_lossy(&output.stderr))))
}
