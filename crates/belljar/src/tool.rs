//! A loaded tool: compiled, admitted, ready to run any number of times.

use std::path::Path;
use std::sync::Arc;

use belljar_admit::{Manifest, WorldKind};
use belljar_compile::{Compiled, Diagnostic, Engine, Form, Language, Program, Source};
use belljar_core::Contract;
use belljar_core::abi::ToolFault;
use sha2::{Digest, Sha256};

use crate::error::LoadError;
use crate::prepared::{Maker, Prepared};
use crate::{Belljar, engines};

/// The name of a tool that does not change: the SHA-256 of what its author made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity(pub [u8; 32]);

impl Identity {
    /// The identity of a component.
    pub fn of(component: &[u8]) -> Self {
        Identity(Sha256::digest(component).into())
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&belljar_core::hex(&self.0))
    }
}

/// A tool, ready to run. Cheap to clone; runs share its compiled code.
#[derive(Clone, Debug)]
pub struct Tool(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) manifest: Manifest,
    pub(crate) identity: Identity,
    pub(crate) contract: Contract,
    pub(crate) code: Arc<Prepared>,
    pub(crate) program: Option<Program>,
    component: Option<Vec<u8>>,
    source: Option<Vec<u8>>,
    wasi: Option<Vec<String>>,
    warnings: Vec<Diagnostic>,
}

impl Tool {
    /// A tool whose code is that of its component.
    pub(crate) fn of_component(
        component: Vec<u8>,
        identity: Identity,
        manifest: Manifest,
        code: Arc<Prepared>,
        wasi: Option<Vec<String>>,
        warnings: Vec<Diagnostic>,
    ) -> Result<Self, LoadError> {
        let contract = Contract::new(&manifest, identity.0, None)?;
        let component = Some(component);
        Ok(Tool(Arc::new(Inner {
            manifest,
            identity,
            contract,
            code,
            program: None,
            component,
            source: None,
            wasi,
            warnings,
        })))
    }

    /// Name, description, schemas and wishes. The tool's own words: data, not promises.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// The tool's identity.
    pub fn identity(&self) -> Identity {
        self.0.identity
    }

    /// What the compiler had to remark.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.0.warnings
    }

    /// The component's bytes, unless the tool is a program for an engine.
    pub fn component(&self) -> Option<&[u8]> {
        self.0.component.as_deref()
    }

    /// The program, if the tool is one.
    pub fn program(&self) -> Option<&Program> {
        self.0.program.as_ref()
    }

    /// What it can be loaded from again, with a file's name that says what it is: a program's source, or the component.
    /// Nothing if it is a program whose source was compiled elsewhere.
    pub(crate) fn origin(&self) -> Option<(String, Vec<u8>)> {
        match (&self.0.program, &self.0.source, &self.0.component) {
            (Some(program), Some(source), _) => Some((program.file.clone(), source.clone())),
            (None, _, Some(component)) => Some((format!("{}.wasm", self.0.manifest.name), component.clone())),
            _ => None,
        }
    }

    /// The functions of the world that the tool imports, as interface and function: what it can ask for at all.
    pub fn imports(&self) -> &[(String, String)] {
        &self.0.code.imports
    }

    /// The functions that its source imports from WASI preview 1, if it was loaded from a command of WASI: the adapter that was joined to
    /// it answers them with [`Tool::imports`].
    pub fn wasi(&self) -> Option<&[String]> {
        self.0.wasi.as_deref()
    }

    /// Puts what a fault says into positions of the author's file.
    pub(crate) fn locate(&self, mut fault: ToolFault) -> ToolFault {
        // It was admitted, so what it carries is sound; it is read only when there is a fault to explain.
        let carried = self.component().and_then(|component| belljar_admit::origin(component).ok().flatten());
        let map = |text: &str| match (self.program(), &carried) {
            (Some(program), _) => program.map_stack(text),
            (None, Some(origin)) => origin.map(text),
            (None, None) => text.to_owned(),
        };
        (fault.stack, fault.message) = (map(&fault.stack), map(&fault.message));
        fault
    }

    /// Checks an input and returns the JSON text that the tool would get, defaults filled in.
    pub fn accept_input(&self, input: &str) -> Result<String, belljar_core::InputError> {
        self.0.contract.accept_input(input)
    }
}

impl Belljar {
    /// Loads a tool from a file (`.ts`, `.js`, `.py`, `.rs`, `.wat` or `.wasm`) or a folder with a Cargo package.
    ///
    /// Rust is built by cargo on this machine; a package only after [`crate::Builder::trust_builds`].
    pub fn load_path(&self, path: &Path) -> Result<Tool, LoadError> {
        if crate::rust::is_rust(path) {
            return self.load_rust(path);
        }
        let source = read(path)?;
        let file = path.display().to_string();
        let compiled = self.compile(&file, &source)?;
        self.load_from(compiled, &file, Some(source))
    }

    /// Loads a tool from source text or bytes. `file` says what they are, names them in messages and, without a
    /// manifest, the tool.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let jar = belljar::Belljar::builder().no_cache().build()?;
    /// let tool = jar.load("hello.js", b"export default ({ name }) => `Hello, ${name}!`;")?;
    /// let report = jar.run_blocking(&tool, r#"{"name":"you"}"#, belljar::RunOptions::default())?;
    /// assert_eq!(report.output.as_deref(), Some("\"Hello, you!\""));
    /// # Ok(())
    /// # }
    /// ```
    pub fn load(&self, file: &str, bytes: &[u8]) -> Result<Tool, LoadError> {
        self.load_from(self.compile(file, bytes)?, file, Some(bytes.to_vec()))
    }

    /// Compiles here what takes next to nothing, and the rest where it can be stopped.
    fn compile(&self, file: &str, bytes: &[u8]) -> Result<Compiled, LoadError> {
        let source = Source { file, bytes };
        if belljar_compile::is_light(&source) || Language::of_path(file).is_err() {
            return Ok(belljar_compile::compile(&source)?);
        }
        self.compilers.source(file, bytes)
    }

    /// Loads what a compiler made.
    pub fn load_compiled(&self, compiled: Compiled, file: &str) -> Result<Tool, LoadError> {
        self.load_from(compiled, file, None)
    }

    fn load_from(&self, compiled: Compiled, file: &str, source: Option<Vec<u8>>) -> Result<Tool, LoadError> {
        let Compiled { manifest, form, warnings } = compiled;
        let component = match form {
            Form::Component(component) => component,
            Form::Program(program) if program.engine == Engine::Python => {
                let Compiled { manifest, form, warnings } = self.describe_python(program)?;
                let Form::Program(program) = form else {
                    return Err(LoadError::Host("a program in Python became something else".into()));
                };
                return self.load_program(program, manifest, warnings, source);
            }
            Form::Program(program) => return self.load_program(program, manifest, warnings, source),
        };
        let identity = Identity::of(&component);
        let code =
            self.prepare(file, &component, &identity.0, Maker::Anybody, "compiling the tool for this machine, once")?;
        if code.world == WorldKind::Engine {
            let hint = "it is a language engine, which needs a program".into();
            return Err(LoadError::NotATool { path: file.into(), hint });
        }
        let manifest = code.manifest.clone().unwrap_or(manifest);
        let wasi = source.as_deref().and_then(belljar_compile::wasi_imports);
        Tool::of_component(component, identity, manifest, code, wasi, warnings)
    }

    /// A program runs in its engine, whose code all such tools share.
    fn load_program(
        &self,
        program: Program,
        manifest: Manifest,
        warnings: Vec<Diagnostic>,
        source: Option<Vec<u8>>,
    ) -> Result<Tool, LoadError> {
        let code = self.engine_of(program.engine)?;
        let contract = Contract::new(&manifest, program.identity, Some(engines::hash(program.engine)))?;
        let identity = Identity(program.identity);
        Ok(Tool(Arc::new(Inner {
            manifest,
            identity,
            contract,
            code,
            program: Some(program),
            component: None,
            source,
            wasi: None,
            warnings,
        })))
    }
}

/// Reads whatever stands at a path.
fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        let hint = "name a .ts, .js, .py, .rs, .wat or .wasm file, or a folder with a Cargo.toml".into();
        return Err(LoadError::NotATool { path: path.to_owned(), hint });
    }
    if metadata.len() > belljar_admit::limits::COMPONENT_BYTES as u64 {
        let hint =
            format!("it has {} bytes; at most {} are read", metadata.len(), belljar_admit::limits::COMPONENT_BYTES);
        return Err(LoadError::NotATool { path: path.to_owned(), hint });
    }
    std::fs::read(path).map_err(unreadable)
}
