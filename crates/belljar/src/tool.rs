//! A loaded tool: compiled, admitted, ready to run any number of times.

use std::path::Path;
use std::sync::Arc;

use belljar_admit::{Manifest, WorldKind};
use belljar_compile::{Compiled, Diagnostic, Form, Program, Source};
use belljar_core::Contract;
use sha2::{Digest, Sha256};

use crate::Belljar;
use crate::error::LoadError;
use crate::prepared::Prepared;

/// The name of a tool that does not change: the SHA-256 of what its author made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity(pub [u8; 32]);

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
    warnings: Vec<Diagnostic>,
}

impl Tool {
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

    /// The component, unless the tool is a program for an engine.
    pub fn component(&self) -> Option<&[u8]> {
        self.0.component.as_deref()
    }

    /// The program, if the tool is one.
    pub fn program(&self) -> Option<&Program> {
        self.0.program.as_ref()
    }

    /// The functions of the world that the tool imports, as interface and function. A program's engine imports
    /// all of them.
    pub fn imports(&self) -> &[(String, String)] {
        &self.0.code.imports
    }

    /// Checks an input and returns the JSON text that the tool would get, defaults filled in.
    pub fn accept_input(&self, input: &str) -> Result<String, belljar_core::InputError> {
        self.0.contract.accept_input(input)
    }
}

impl Belljar {
    /// Loads a tool from a path: a source file, a `.wasm` or `.wat` file, a Cargo package.
    pub fn load_path(&self, path: &Path) -> Result<Tool, LoadError> {
        let compiled = compile_path(path)?;
        self.load_compiled(compiled, &path.display().to_string())
    }

    /// Loads a tool from source text or wasm bytes.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let jar = belljar::Belljar::builder().build()?;
    /// let source = "export default ({ name }) => `Hello, ${name}!`;";
    /// let tool = jar.load("hello.js", source.as_bytes())?;
    /// let report = jar.run(&tool, r#"{"name":"you"}"#, belljar::RunOptions::default()).await?;
    /// assert_eq!(report.output.as_deref(), Some("\"Hello, you!\""));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn load(&self, file: &str, bytes: &[u8]) -> Result<Tool, LoadError> {
        self.load_compiled(belljar_compile::compile(&Source { file, bytes })?, file)
    }

    /// Loads what a compiler made.
    pub fn load_compiled(&self, compiled: Compiled, file: &str) -> Result<Tool, LoadError> {
        let Compiled { mut manifest, identity, form, warnings, .. } = compiled;
        let inner = match form {
            Form::Program(program) => {
                let code = self.js_engine()?;
                let contract = Contract::new(&manifest, identity, Some(*self.js_engine_hash()))?;
                Inner {
                    contract,
                    identity: Identity(identity),
                    manifest,
                    code,
                    program: Some(program),
                    component: None,
                    warnings,
                }
            }
            Form::Component(component) => {
                let hash: [u8; 32] = Sha256::digest(&component).into();
                let code = self.prepare(file, &component, &hash, "compiling the tool for this machine")?;
                if code.world == WorldKind::Engine {
                    return Err(LoadError::NotATool {
                        path: file.into(),
                        hint: "it is a language engine, which needs a program".into(),
                    });
                }
                if let Some(own) = &code.manifest {
                    manifest = own.clone();
                }
                let contract = Contract::new(&manifest, hash, None)?;
                Inner {
                    contract,
                    identity: Identity(hash),
                    manifest,
                    code,
                    program: None,
                    component: Some(component),
                    warnings,
                }
            }
        };
        Ok(Tool(Arc::new(inner)))
    }
}

/// Compiles whatever stands at a path.
fn compile_path(path: &Path) -> Result<Compiled, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        if path.join("Cargo.toml").is_file() {
            return Ok(belljar_compile::rust::build_package(path, &crate::describe::Describer)?);
        }
        return Err(LoadError::NotATool {
            path: path.to_owned(),
            hint: "a directory with a tool has a Cargo.toml in it; or name the tool's file".into(),
        });
    }
    if !metadata.is_file() {
        return Err(LoadError::NotATool { path: path.to_owned(), hint: "it is no regular file".into() });
    }
    if path.extension().is_some_and(|e| e == "rs") {
        return Ok(belljar_compile::rust::build_file(path, &crate::describe::Describer)?);
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    Ok(belljar_compile::compile(&Source { file: &path.display().to_string(), bytes: &bytes })?)
}
