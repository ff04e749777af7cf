//! An admitted component as compiled code with its imports bound: made once, instantiated for every run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use belljar_admit::{Admitted, IMPORTS, WorldKind};
use belljar_core::calls::Import;
use wasmtime::{Engine, FuncType, InstancePre, Linker, Module, ModuleExport, ValType};

use crate::apart::client::Compilers;
use crate::cache::Cache;
use crate::error::{Error, LoadError};
use crate::guest::Guest;
use crate::imports;
use crate::limits;

/// What a cache entry says besides the code.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facts {
    engine: bool,
    initial_pages: u32,
    start: bool,
    imports: Vec<(String, String)>,
    manifest: Option<belljar_admit::Manifest>,
}

impl Facts {
    pub(crate) fn of(admitted: Admitted) -> Self {
        Facts {
            engine: admitted.world == WorldKind::Engine,
            initial_pages: admitted.initial_pages,
            start: admitted.has_start,
            imports: admitted.imports.iter().map(|i| (i.interface.to_string(), i.function.to_string())).collect(),
            manifest: admitted.manifest,
        }
    }

    /// Whether they are as admission makes them.
    pub(crate) fn sound(&self) -> bool {
        let known = |(interface, function): &(String, String)| {
            IMPORTS.iter().any(|import| import.interface == interface && import.function == function)
        };
        u64::from(self.initial_pages) <= belljar_admit::limits::PAGES
            && self.imports.iter().all(known)
            && self.manifest.as_ref().is_none_or(|manifest| manifest.check().is_ok())
    }
}

/// Who made a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    /// This project: it is compiled here.
    Us,
    /// Anybody.
    Anybody,
}

/// What it takes to prepare a component.
pub(crate) struct Workshop<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) linker: &'a Linker<Guest>,
    pub(crate) cache: Option<&'a Cache>,
    pub(crate) compilers: &'a Compilers,
}

/// Compiled code, ready to start.
pub(crate) struct Prepared {
    pub(crate) pre: InstancePre<Guest>,
    pub(crate) exports: Exports,
    pub(crate) initial_pages: u32,
    pub(crate) world: WorldKind,
    pub(crate) imports: Vec<(String, String)>,
    pub(crate) manifest: Option<belljar_admit::Manifest>,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("world", &self.world).finish_non_exhaustive()
    }
}

/// Where to find what a host needs of an instance.
pub(crate) struct Exports {
    pub(crate) fuel: ModuleExport,
    pub(crate) pages: ModuleExport,
    pub(crate) stack: ModuleExport,
    pub(crate) refused: ModuleExport,
    pub(crate) memory: Option<ModuleExport>,
    pub(crate) realloc: Option<ModuleExport>,
    pub(crate) start: Option<ModuleExport>,
    pub(crate) initialize: Option<ModuleExport>,
    pub(crate) load: Option<ModuleExport>,
    pub(crate) describe: Option<ModuleExport>,
    pub(crate) run: ModuleExport,
    pub(crate) post_run: Option<ModuleExport>,
}

impl Prepared {
    /// Admits and compiles a component, or takes its code from the cache.
    pub(crate) fn new(
        workshop: &Workshop<'_>,
        file: &str,
        component: &[u8],
        identity: &[u8; 32],
        maker: Maker,
        before_compiling: impl FnOnce(),
    ) -> Result<Self, LoadError> {
        if let Some(cached) = Self::cached(workshop, identity) {
            return cached;
        }
        let Workshop { engine, linker, cache, compilers } = workshop;
        let name = cache.map(|_| Cache::name(engine, identity));
        before_compiling();
        let (facts, code) = compile(engine, compilers, file, component, maker)?;
        if let (Some(cache), Some(name)) = (cache, &name) {
            let facts = serde_json::to_vec(&facts).map_err(|e| LoadError::Host(e.to_string()))?;
            cache.put(name, &[&(facts.len() as u64).to_le_bytes(), &facts, &code]);
        }
        // SAFETY: these bytes were made just now, by this engine or by one of the same version and configuration in a
        // process that could do nothing but that.
        #[expect(unsafe_code, reason = "compiled code can only be loaded by trusting it; see ADR 24")]
        let module = unsafe { Module::deserialize(engine, &code) }.map_err(|e| fail(&e))?;
        Self::link(linker, module, facts).map_err(|e| LoadError::Host(e.to_string()))
    }

    /// Takes a component's code from the cache, if it is there: the component itself is not needed.
    pub(crate) fn cached(workshop: &Workshop<'_>, identity: &[u8; 32]) -> Option<Result<Self, LoadError>> {
        let Workshop { engine, linker, cache, .. } = workshop;
        let entry = (*cache)?.get(&Cache::name(engine, identity))?;
        let (facts, code) = split(&entry)?;
        // SAFETY: the entry is authentic, so it is what `compile` returned in `put`, for this version and configuration of the
        // engine, which are part of its name.
        #[expect(unsafe_code, reason = "compiled code can only be loaded by trusting it; see crate::cache")]
        let module = unsafe { Module::deserialize(engine, code) }.ok()?;
        Some(Self::link(linker, module, facts).map_err(|e| LoadError::Host(e.to_string())))
    }

    fn link(linker: &Linker<Guest>, module: Module, facts: Facts) -> Result<Self, Error> {
        let find = |name: &str| module.get_export_index(name);
        let must = |name: &str| find(name).ok_or_else(|| Error::Engine(format!("admitted code lacks {name}")));
        let exports = Exports {
            fuel: must("belljar:fuel")?,
            pages: must("belljar:pages")?,
            stack: must("belljar:stack")?,
            refused: must("belljar:refused")?,
            memory: find("memory"),
            realloc: find("cabi_realloc"),
            start: if facts.start { Some(must("belljar:start")?) } else { None },
            initialize: find("_initialize"),
            load: if facts.engine { Some(must("load")?) } else { None },
            describe: find("describe"),
            run: must("run")?,
            post_run: find("cabi_post_run"),
        };
        let pre = linker.instantiate_pre(&module).map_err(|e| Error::Engine(format!("{e:#}")))?;
        Ok(Prepared {
            pre,
            exports,
            initial_pages: facts.initial_pages,
            world: if facts.engine { WorldKind::Engine } else { WorldKind::Tool },
            imports: facts.imports,
            manifest: facts.manifest,
        })
    }
}

/// Admits a component and compiles it: here what is ours or cheap, and else in a process of its own.
fn compile(
    engine: &Engine,
    compilers: &Compilers,
    file: &str,
    component: &[u8],
    maker: Maker,
) -> Result<(Facts, Vec<u8>), LoadError> {
    if maker == Maker::Us || component.len() <= limits::ADMITTED_HERE {
        let admitted =
            belljar_admit::admit(component).map_err(|refusal| LoadError::Refused { file: file.to_owned(), refusal })?;
        if maker == Maker::Us || admitted.work <= limits::COMPILED_HERE {
            // What breaks the compiler must not break this program.
            let code = catch_unwind(AssertUnwindSafe(|| engine.precompile_module(&admitted.core)));
            let broke = |_| LoadError::Host(format!("the engine broke while it compiled {file}: please report it"));
            return Ok((Facts::of(admitted), code.map_err(broke)?.map_err(|e| fail(&e))?));
        }
    }
    compilers.component(file, component)
}

fn fail(error: &wasmtime::Error) -> LoadError {
    LoadError::Host(format!("the engine does not compile it: {error:#}"))
}

/// The facts and the code of a cache entry.
fn split(entry: &[u8]) -> Option<(Facts, &[u8])> {
    let (length, rest) = entry.split_first_chunk::<8>()?;
    let (facts, code) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    Some((serde_json::from_slice(facts).ok()?, code))
}

/// Binds every function of the closed world, and the meter, to the core.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<Guest>, Error> {
    let mut linker = Linker::new(engine);
    let fail = |e: wasmtime::Error| Error::Engine(format!("{e:#}"));
    for import in IMPORTS {
        let kind = Import::find(import.interface, import.function).ok_or_else(|| {
            Error::Engine(format!("no meaning for the import {}.{}", import.interface, import.function))
        })?;
        let of = |types: &[belljar_admit::CoreType]| {
            types
                .iter()
                .map(|t| match t {
                    belljar_admit::CoreType::I32 => ValType::I32,
                    belljar_admit::CoreType::I64 => ValType::I64,
                })
                .collect::<Vec<_>>()
        };
        let ty = FuncType::new(engine, of(import.params), of(import.results));
        let module = format!("belljar:tool/{}@0.1.0", import.interface);
        imports::bind(&mut linker, &module, import.function, ty, kind).map_err(fail)?;
    }
    imports::bind_meter(&mut linker).map_err(fail)?;
    Ok(linker)
}
