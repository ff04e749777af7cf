//! An admitted component as compiled code with its imports bound: made once, instantiated for every run.

use belljar_admit::{Admitted, IMPORTS, WorldKind};
use belljar_core::calls::Import;
use wasmtime::{Engine, FuncType, InstancePre, Linker, Module, ModuleExport, ValType};

use crate::cache::Cache;
use crate::error::{Error, LoadError};
use crate::guest::{self, Guest};

/// What a cache entry says besides the code.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Facts {
    engine: bool,
    initial_pages: u32,
    start: bool,
    imports: Vec<(String, String)>,
    manifest: Option<belljar_admit::Manifest>,
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
        engine: &Engine,
        linker: &Linker<Guest>,
        cache: Option<&Cache>,
        file: &str,
        component: &[u8],
        identity: &[u8; 32],
        before_compiling: impl FnOnce(),
    ) -> Result<Self, LoadError> {
        let name = cache.map(|_| Cache::name(engine, identity));
        if let (Some(cache), Some(name)) = (cache, &name)
            && let Some(entry) = cache.get(name)
            && let Some((facts, code)) = split(&entry)
        {
            // SAFETY: the entry is authentic, so it is what `precompile_module` returned in `put` below, for
            // this version and configuration of the engine, which are part of its name.
            #[expect(unsafe_code, reason = "compiled code can only be loaded by trusting it; see crate::cache")]
            let module = unsafe { Module::deserialize(engine, code) };
            if let Ok(module) = module {
                return Self::link(linker, module, facts).map_err(|e| LoadError::Host(e.to_string()));
            }
        }
        before_compiling();
        let admitted: Admitted =
            belljar_admit::admit(component).map_err(|refusal| LoadError::Refused { file: file.to_owned(), refusal })?;
        let facts = Facts {
            engine: admitted.world == WorldKind::Engine,
            initial_pages: admitted.initial_pages,
            start: admitted.has_start,
            imports: admitted.imports.iter().map(|i| (i.interface.to_string(), i.function.to_string())).collect(),
            manifest: admitted.manifest,
        };
        let fail = |e: wasmtime::Error| LoadError::Host(format!("the engine does not compile it: {e:#}"));
        let module = if let (Some(cache), Some(name)) = (cache, &name) {
            let code = engine.precompile_module(&admitted.core).map_err(fail)?;
            let facts = serde_json::to_vec(&facts).map_err(|e| LoadError::Host(e.to_string()))?;
            cache.put(name, &[&(facts.len() as u64).to_le_bytes(), &facts, &code]);
            // SAFETY: these bytes were made by this engine just now.
            #[expect(unsafe_code, reason = "compiled code can only be loaded by trusting it; it is our own")]
            unsafe { Module::deserialize(engine, &code) }.map_err(fail)?
        } else {
            Module::new(engine, &admitted.core).map_err(fail)?
        };
        Self::link(linker, module, facts).map_err(|e| LoadError::Host(e.to_string()))
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
        guest::bind(&mut linker, &module, import.function, ty, kind).map_err(fail)?;
    }
    guest::bind_meter(&mut linker).map_err(fail)?;
    Ok(linker)
}
