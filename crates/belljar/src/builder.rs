//! [`Belljar`]: the engine and its cache, set up once per process.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use belljar_compile::Engine as Language;
use belljar_http::Options as HttpOptions;
use wasmtime::{Engine, Linker};

use crate::apart::Place;
use crate::apart::client::Compilers;
use crate::cache::Cache;
use crate::effects::http::Servers;
use crate::engines::{self, Engines};
use crate::error::{Error, LoadError};
use crate::guest::Guest;
use crate::limits;
use crate::prepared::{self, Maker, Prepared, Workshop};

type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// Sets up a [`Belljar`].
#[derive(Clone, Default)]
pub struct Builder {
    cache: CachePlace,
    slots: Option<u32>,
    progress: Option<Progress>,
    builds: Option<PathBuf>,
    trusts_builds: bool,
    compiler: Option<PathBuf>,
    python: Option<PathBuf>,
    compile_time: Option<Duration>,
    compile_memory: Option<u64>,
    http: HttpOptions,
}

#[derive(Clone, Default)]
enum CachePlace {
    #[default]
    Usual,
    In(PathBuf),
    None,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("slots", &self.slots).finish_non_exhaustive()
    }
}

impl Builder {
    /// Keeps compiled code in this folder instead of the user's cache folder.
    #[must_use]
    pub fn cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache = CachePlace::In(dir.into());
        self
    }

    /// Keeps no compiled code on disk.
    #[must_use]
    pub fn no_cache(mut self) -> Self {
        self.cache = CachePlace::None;
        self
    }

    /// Reserves room for this many instances at once, which makes each start faster and the process start about
    /// 9 ms slower: right for servers. A run beyond them ends with a host failure.
    #[must_use]
    pub fn pool(mut self, slots: u32) -> Self {
        self.slots = Some(slots);
        self
    }

    /// Builds tools in Rust in this folder instead of the user's cache folder.
    #[must_use]
    pub fn build_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.builds = Some(dir.into());
        self
    }

    /// Builds Cargo packages, too. Their build scripts and macros, and those of what they depend on, run on this machine:
    /// shut in where the system can do that (they reach the toolchain, the registry's crates, the package and its path
    /// dependencies; no network, nothing else of the machine), and with this program's rights where it cannot. (A tool that
    /// is a single `.rs` file has none of its own.)
    #[must_use]
    pub fn trust_builds(mut self) -> Self {
        self.trusts_builds = true;
        self
    }

    /// Compiles tools with this program, `belljar-compiler` or another that calls [`crate::compile_server`], instead of
    /// with this program itself.
    #[must_use]
    pub fn compiler(mut self, program: impl Into<PathBuf>) -> Self {
        self.compiler = Some(program.into());
        self
    }

    /// Takes the Python engine from this file, instead of from one that lies where this program looks: the file that the environment
    /// variable `BELLJAR_PYTHON` names, `python.wasm` beside the program, and `lib/belljar/python.wasm` beside its folder. It must be
    /// the one of this version.
    #[must_use]
    pub fn python_engine(mut self, file: impl Into<PathBuf>) -> Self {
        self.python = Some(file.into());
        self
    }

    /// Lets compiling a tool take this long, and building one in Rust, instead of [`limits::COMPILE_TIME`] and
    /// [`limits::BUILD_TIME`].
    #[must_use]
    pub fn compile_time(mut self, time: Duration) -> Self {
        self.compile_time = Some(time);
        self
    }

    /// Lets compiling a tool take this many bytes of memory instead of [`limits::COMPILE_MEMORY`].
    #[must_use]
    pub fn compile_memory(mut self, bytes: u64) -> Self {
        self.compile_memory = Some(bytes);
        self
    }

    /// Sends the requests of tools as these options say: whose certificates are trusted, who looks names up, which ports of
    /// this machine are the program's own and not to be reached.
    ///
    /// ```
    /// use belljar::{Belljar, HttpOptions};
    ///
    /// # fn main() -> Result<(), belljar::Error> {
    /// let http = HttpOptions { own_ports: vec![7357], ..HttpOptions::default() };
    /// let jar = Belljar::builder().http(http).build()?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.http = options;
        self
    }

    /// Is told before anything that may take more than a second.
    #[must_use]
    pub fn on_progress(mut self, progress: Arc<dyn Fn(&str) + Send + Sync>) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Sets it up.
    ///
    /// # Errors
    ///
    /// If wasmtime does not run on this machine, or a cache folder that was named explicitly cannot be used. The
    /// usual cache folder is done without if it cannot be used.
    pub fn build(self) -> Result<Belljar, Error> {
        let engine = crate::engine::engine(self.slots)?;
        let linker = prepared::linker(&engine)?;
        let cache = match self.cache {
            CachePlace::None => None,
            CachePlace::In(dir) => Some(Cache::open(&dir)?),
            CachePlace::Usual => usual_cache().and_then(|dir| match Cache::open(&dir) {
                Ok(cache) => Some(cache),
                Err(error) => {
                    if let Some(progress) = &self.progress {
                        progress(&format!("compiled code is not kept: {error}"));
                    }
                    None
                }
            }),
        };
        let builds = self.builds.or_else(|| crate::rust::usual_folder(usual_cache()));
        let (progress, trusts_builds) = (self.progress, self.trusts_builds);
        let compilers = Compilers {
            place: Place::find(self.compiler),
            time: self.compile_time.unwrap_or(limits::COMPILE_TIME),
            memory: self.compile_memory.unwrap_or(limits::COMPILE_MEMORY),
        };
        let build_time = self.compile_time.unwrap_or(limits::BUILD_TIME);
        let (js, python) = (Mutex::default(), Mutex::default());
        let engines = Engines { python: self.python };
        Ok(Belljar(Arc::new(Shop {
            engine,
            linker,
            cache,
            progress,
            builds,
            build_time,
            trusts_builds,
            compilers,
            js,
            python,
            engines,
            servers: Servers::new(self.http),
        })))
    }
}

/// The user's cache folder, by the XDG base directory specification.
fn usual_cache() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    base.or_else(|| absolute("LOCALAPPDATA")).map(|base| base.join("belljar").join("code"))
}

/// Loads and runs tools. One per process is enough; it is shared between threads, and cheap to clone.
#[derive(Clone)]
pub struct Belljar(Arc<Shop>);

impl std::ops::Deref for Belljar {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.0
    }
}

/// What all clones share.
#[doc(hidden)]
pub struct Shop {
    pub(crate) engine: Engine,
    linker: Linker<Guest>,
    cache: Option<Cache>,
    progress: Option<Progress>,
    pub(crate) builds: Option<PathBuf>,
    pub(crate) trusts_builds: bool,
    pub(crate) build_time: Duration,
    pub(crate) compilers: Compilers,
    js: Mutex<Option<Arc<Prepared>>>,
    python: Mutex<Option<Arc<Prepared>>>,
    pub(crate) engines: Engines,
    pub(crate) servers: Servers,
}

impl std::fmt::Debug for Belljar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Belljar").field("cache", &self.cache.is_some()).finish_non_exhaustive()
    }
}

impl Belljar {
    /// Starts setting one up.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A language engine's code, compiled at most once.
    pub(crate) fn engine_of(&self, engine: Language) -> Result<Arc<Prepared>, LoadError> {
        let slot = match engine {
            Language::JavaScript => &self.js,
            Language::Python => &self.python,
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = &*slot {
            return Ok(code.clone());
        }
        let hash = engines::hash(engine);
        if let Some(code) = Prepared::cached(&self.workshop(), &hash) {
            return Ok(slot.insert(Arc::new(code?)).clone());
        }
        let name = engines::name(engine);
        let what = format!("compiling {name} for this machine, once");
        let component = self.engines.component(engine)?;
        let code = self.prepare(name, &component, &hash, Maker::Us, &what)?;
        Ok(slot.insert(code).clone())
    }

    /// Admits and compiles a component, or takes its code from the cache.
    pub(crate) fn prepare(
        &self,
        file: &str,
        component: &[u8],
        hash: &[u8; 32],
        maker: Maker,
        what: &str,
    ) -> Result<Arc<Prepared>, LoadError> {
        Prepared::new(&self.workshop(), file, component, hash, maker, || self.tell(what)).map(Arc::new)
    }

    fn workshop(&self) -> Workshop<'_> {
        Workshop { engine: &self.engine, linker: &self.linker, cache: self.cache.as_ref(), compilers: &self.compilers }
    }

    /// Says what takes a while.
    pub(crate) fn tell(&self, what: &str) {
        if let Some(progress) = &self.progress {
            progress(what);
        }
    }
}
