//! Taking the core module out of a component, after checking that nothing else is in it.
//!
//! What `wit-component` puts around a core module is always the same: imported interfaces, lowered to core functions;
//! a *shim* module, whose functions call through a table, for those functions that need the memory of a module that
//! does not exist yet; the tool's module; a *fix-up* module that fills the table; a module whose start function is the
//! tool's `_initialize`; and the tool's exports, lifted. Hosts run the tool's module alone and connect it by name, so
//! admission checks that the wrapping connects what the names say: then the component means the same elsewhere.

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind,
    ComponentTypeRef, Encoding, Export, ExternalKind, Instance, Parser, Payload, TypeBounds,
};

use crate::limits;
use crate::manifest::{Manifest, SECTION};
use crate::plumbing::{self, Role};
use crate::refusal::Refusal;
use crate::world::{self, WorldKind};

/// A tool's core module and what is known of it from around it.
pub(crate) struct Unwrapped<'a> {
    pub(crate) core: &'a [u8],
    pub(crate) world: WorldKind,
    pub(crate) manifest: Option<Manifest>,
}

/// Finds the tool's core module in a component that is valid already.
pub(crate) fn unwrap(component: &[u8]) -> Result<Unwrapped<'_>, Refusal> {
    let mut wrapping = Wrapping::default();
    let mut inside = false;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { encoding: Encoding::Module, .. } => inside = true,
            Payload::End(_) => inside = false,
            payload if !inside => wrapping.add(component, payload)?,
            _ => {}
        }
    }
    let mut roles = Vec::new();
    for module in &wrapping.modules {
        roles.push(plumbing::role(module)?);
    }
    let mut tools = wrapping.modules.iter().zip(&roles).enumerate().filter(|(_, (_, role))| **role == Role::Tool);
    let (Some((main, (core, _))), None) = (tools.next(), tools.next()) else {
        return Err(Refusal::Shape("it has not exactly one core module with a memory of its own"));
    };
    wrapping.check(main as u32, core, &roles)?;
    let engine = wrapping.exports.iter().any(|(name, _)| *name == "load");
    let world = if engine { WorldKind::Engine } else { WorldKind::Tool };
    Ok(Unwrapped { core, world, manifest: wrapping.manifest })
}

/// A core function of the component.
enum CoreFunction<'a> {
    /// An export of a core instance.
    Export { instance: u32, name: &'a str },
    /// A function of an imported interface.
    Lowered { interface: &'a str, name: &'a str },
}

/// A component function.
#[derive(Clone, Copy)]
enum Function<'a> {
    Imported { interface: &'a str, name: &'a str },
    Lifted { core: u32, post_return: Option<u32> },
}

/// The component's own index spaces, as far as they matter.
#[derive(Default)]
struct Wrapping<'a> {
    modules: Vec<&'a [u8]>,
    instances: Vec<Instance<'a>>,
    core_functions: Vec<CoreFunction<'a>>,
    memories: Vec<(u32, &'a str)>,
    /// Imported interfaces.
    interfaces: Vec<&'a str>,
    functions: Vec<Function<'a>>,
    /// Exported functions: name and index.
    exports: Vec<(&'a str, u32)>,
    /// What canonical functions name as their memories and allocators.
    used_memories: Vec<u32>,
    used_reallocs: Vec<u32>,
    manifest: Option<Manifest>,
}

impl<'a> Wrapping<'a> {
    fn add(&mut self, component: &'a [u8], payload: Payload<'a>) -> Result<(), Refusal> {
        let odd = Refusal::Shape;
        match payload {
            Payload::ModuleSection { unchecked_range, .. } => {
                self.modules.push(component.get(unchecked_range).ok_or(odd("a module reaches beyond the file"))?);
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    self.instances.push(instance?);
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import?;
                    let name = import.name.name;
                    match import.ty {
                        ComponentTypeRef::Instance(_) if world::is_interface(name) => self.interfaces.push(name),
                        // A type that the world uses.
                        ComponentTypeRef::Type(TypeBounds::Eq(_)) => {}
                        _ => return Err(Refusal::OutsideTheWorld(name.to_owned())),
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    self.alias(alias?)?;
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    self.canonical(function?)?;
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export?;
                    let name = export.name.name;
                    match export.kind {
                        ComponentExternalKind::Func if ["run", "load", "describe"].contains(&name) => {
                            self.exports.push((name, export.index));
                            // An export is an item of its own, behind those before it.
                            let same = self.functions.get(export.index as usize).copied();
                            self.functions.push(same.ok_or(odd("an export is missing"))?);
                        }
                        ComponentExternalKind::Type => {}
                        _ => return Err(Refusal::StrangeExport(name.to_owned())),
                    }
                }
            }
            Payload::CustomSection(section) if section.name() == SECTION => {
                if self.manifest.is_some() {
                    return Err(Refusal::Manifest("there are two of them".into()));
                }
                if section.data().len() > limits::MANIFEST_BYTES {
                    let (found, limit) = (section.data().len(), limits::MANIFEST_BYTES);
                    return Err(crate::refusal::too_much("bytes of manifest", found, limit));
                }
                let text =
                    std::str::from_utf8(section.data()).map_err(|_| Refusal::Manifest("it is not UTF-8".into()))?;
                self.manifest = Some(Manifest::parse(text).map_err(|e| Refusal::Manifest(e.to_string()))?);
            }
            Payload::ComponentSection { .. } => return Err(odd("it holds a component inside")),
            Payload::ComponentInstanceSection(_) => return Err(odd("it makes component instances")),
            Payload::ComponentStartSection { .. } => return Err(odd("it has a component start function")),
            _ => {}
        }
        Ok(())
    }

    fn alias(&mut self, alias: ComponentAlias<'a>) -> Result<(), Refusal> {
        match alias {
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Type, .. }
            | ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::Type | ComponentOuterAliasKind::CoreType, ..
            } => {}
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Func, instance_index, name } => {
                let interface = self.interfaces.get(instance_index as usize).copied();
                let interface = interface.ok_or(Refusal::Shape("a function comes from nowhere"))?;
                self.functions.push(Function::Imported { interface, name });
            }
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Func, instance_index: instance, name } => {
                self.core_functions.push(CoreFunction::Export { instance, name });
            }
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Memory, instance_index, name } => {
                self.memories.push((instance_index, name));
            }
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Table | ExternalKind::Global, .. } => {}
            _ => return Err(Refusal::Shape("it takes something apart that wrapping does not take apart")),
        }
        Ok(())
    }

    fn canonical(&mut self, function: CanonicalFunction) -> Result<(), Refusal> {
        let odd = Refusal::Shape;
        let options = match &function {
            CanonicalFunction::Lift { options, .. } | CanonicalFunction::Lower { options, .. } => options,
            _ => return Err(odd("it uses canonical functions other than lift and lower")),
        };
        let mut after = None;
        for option in options {
            match option {
                CanonicalOption::UTF8 => {}
                CanonicalOption::Memory(memory) => self.used_memories.push(*memory),
                CanonicalOption::Realloc(function) => self.used_reallocs.push(*function),
                CanonicalOption::PostReturn(function) => after = Some(*function),
                _ => return Err(odd("its text is not UTF-8, or its calls are asynchronous")),
            }
        }
        match function {
            CanonicalFunction::Lift { core_func_index: core, .. } => {
                self.functions.push(Function::Lifted { core, post_return: after });
            }
            CanonicalFunction::Lower { func_index, .. } => match self.functions.get(func_index as usize) {
                Some(Function::Imported { interface, name }) => {
                    self.core_functions.push(CoreFunction::Lowered { interface, name });
                }
                _ => return Err(odd("it lowers a function that is no import")),
            },
            _ => {}
        }
        Ok(())
    }

    /// Checks that everything is connected as its name says.
    fn check(&self, main: u32, core: &[u8], roles: &[Role]) -> Result<(), Refusal> {
        let crossed = |name: &str| Refusal::Crossed(name.to_owned());
        let made = |module: u32| move |(_, instance): &(usize, &Instance<'_>)| matches!(instance, Instance::Instantiate { module_index, .. } if *module_index == module);
        let mut tools = self.instances.iter().enumerate().filter(made(main));
        let (Some((tool, _)), None) = (tools.next(), tools.next()) else {
            return Err(Refusal::Shape("its core module is not instantiated once"));
        };
        let tool = tool as u32;
        for (module, name) in plumbing::imports(core)? {
            let function = self.argument(tool, module).and_then(|instance| self.item(instance, name));
            match function.and_then(|index| self.source(index, roles)) {
                Some(source) if source == (module, name) => {}
                // Something outside the world is refused as that, by whoever reads the module's imports.
                _ if world::find(module, name).is_none() => {}
                _ => return Err(crossed(name)),
            }
        }
        for (name, index) in &self.exports {
            let Some(Function::Lifted { core, post_return }) = self.functions.get(*index as usize) else {
                return Err(crossed(name));
            };
            let after = format!("cabi_post_{name}");
            if !self.is_tools(*core, tool, name) || post_return.is_some_and(|f| !self.is_tools(f, tool, &after)) {
                return Err(crossed(name));
            }
        }
        if self.used_memories.iter().any(|m| self.memories.get(*m as usize) != Some(&(tool, "memory"))) {
            return Err(crossed("memory"));
        }
        if self.used_reallocs.iter().any(|f| !self.is_tools(*f, tool, "cabi_realloc")) {
            return Err(crossed("cabi_realloc"));
        }
        let mut initializes = false;
        for (instance, made) in self.instances.iter().enumerate() {
            let Instance::Instantiate { module_index, .. } = made else { continue };
            if roles.get(*module_index as usize) == Some(&Role::Initializer) {
                let function = self.argument(instance as u32, "").and_then(|bag| self.item(bag, ""));
                if initializes || !function.is_some_and(|f| self.is_tools(f, tool, "_initialize")) {
                    return Err(crossed("_initialize"));
                }
                initializes = true;
            }
        }
        if initializes != plumbing::exports(core, "_initialize")? {
            return Err(crossed("_initialize"));
        }
        Ok(())
    }

    fn is_tools(&self, function: u32, tool: u32, expected: &str) -> bool {
        matches!(self.core_functions.get(function as usize),
            Some(CoreFunction::Export { instance, name }) if *instance == tool && *name == expected)
    }

    /// The core instance that an instantiation is given under a name.
    fn argument(&self, instance: u32, name: &str) -> Option<u32> {
        match self.instances.get(instance as usize)? {
            Instance::Instantiate { args, .. } => args.iter().find(|arg| arg.name == name).map(|arg| arg.index),
            Instance::FromExports(_) => None,
        }
    }

    /// The core function that a bag of exports holds under a name.
    fn item(&self, instance: u32, expected: &str) -> Option<u32> {
        let Instance::FromExports(items) = self.instances.get(instance as usize)? else { return None };
        let function = |item: &&Export<'_>| item.kind == ExternalKind::Func && item.name == expected;
        items.iter().find(function).map(|item| item.index)
    }

    /// The imported function behind a core function: lowered at once, or by way of the shim.
    fn source(&self, function: u32, roles: &[Role]) -> Option<(&'a str, &'a str)> {
        match self.core_functions.get(function as usize)? {
            CoreFunction::Lowered { interface, name } => Some((interface, name)),
            CoreFunction::Export { instance, name } => {
                let plumbing = |instance: &Instance<'_>| match instance {
                    Instance::Instantiate { module_index, .. } => {
                        roles.get(*module_index as usize) == Some(&Role::Plumbing)
                    }
                    Instance::FromExports(_) => false,
                };
                if !plumbing(self.instances.get(*instance as usize)?) {
                    return None;
                }
                // The fix-up module is given, under the shim's number, what the shim's table is to hold.
                let fixed = self
                    .instances
                    .iter()
                    .enumerate()
                    .filter(|(_, instance)| plumbing(instance))
                    .find_map(|(index, _)| self.argument(index as u32, "").and_then(|bag| self.item(bag, name)))?;
                match self.core_functions.get(fixed as usize)? {
                    CoreFunction::Lowered { interface, name } => Some((interface, name)),
                    CoreFunction::Export { .. } => None,
                }
            }
        }
    }
}
