//! The closed world at the level of core WebAssembly: which functions a tool's module may import, with which types.

pub use self::CoreType::{I32, I64};

/// A core value type of the world's functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
}

/// A function of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Import {
    /// The interface, without package and version.
    pub interface: &'static str,
    /// The function.
    pub function: &'static str,
    /// Core parameters.
    pub params: &'static [CoreType],
    /// Core results.
    pub results: &'static [CoreType],
}

/// Which of the two worlds a component is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorldKind {
    /// `belljar:tool/tool`
    Tool,
    /// `belljar:engine/engine`
    Engine,
}

const fn import(
    interface: &'static str,
    function: &'static str,
    params: &'static [CoreType],
    results: &'static [CoreType],
) -> Import {
    Import { interface, function, params, results }
}

/// All functions of the world, as the Canonical ABI lays them out; a test derives the same from `wit/`.
pub const IMPORTS: &[Import] = &[
    import("waiting", "wait", &[I32, I32, I32, I64, I32], &[]),
    import("console", "write", &[I32, I32, I32], &[]),
    import("clock", "now", &[], &[I64]),
    import("random", "bytes", &[I32, I32], &[]),
    import("artifacts", "write", &[I32, I32, I32, I32, I32, I32, I32], &[]),
    import("kv", "start", &[I32, I32, I32, I32, I32], &[I32]),
    import("kv", "take", &[I32, I32], &[]),
    import("files", "start", &[I32, I32, I32, I64, I32, I64], &[I32]),
    import("files", "take", &[I32, I32], &[]),
    import("http", "start", &[I32, I32, I32, I32, I32, I32, I32, I32, I32, I32], &[I32]),
    import("http", "take", &[I32, I32], &[]),
    import("tools", "start", &[I32, I32, I32, I32], &[I32]),
    import("tools", "take", &[I32, I32], &[]),
    import("human", "start", &[I32, I32, I32, I32], &[I32]),
    import("human", "take", &[I32, I32], &[]),
    import("kv", "start-replace", &[I32, I32, I32, I32, I32, I32, I32, I32], &[I32]),
    import("kv", "start-page", &[I32, I32, I32, I32, I32], &[I32]),
    import("files", "start-page", &[I32, I32, I32, I32, I32], &[I32]),
    import("ending", "end", &[I32, I32, I32, I32, I32, I32, I32, I32], &[]),
];

/// Interfaces that hold types only; a component may import them, a core module does not see them.
#[cfg(feature = "admit")]
pub(crate) const TYPES_ONLY: &[&str] = &["types", "outcome"];

/// The interface's name in an import such as `belljar:tool/kv@0.1.0`.
#[cfg(feature = "admit")]
pub(crate) fn interface(name: &str) -> Option<&str> {
    name.strip_prefix("belljar:tool/")?.strip_suffix("@0.1.0")
}

/// Whether a component may import an interface.
#[cfg(feature = "admit")]
pub(crate) fn is_interface(name: &str) -> bool {
    interface(name).is_some_and(|name| TYPES_ONLY.contains(&name) || IMPORTS.iter().any(|i| i.interface == name))
}

/// The function that a core import names.
#[cfg(feature = "admit")]
pub(crate) fn find(module: &str, function: &str) -> Option<&'static Import> {
    let interface = interface(module)?;
    IMPORTS.iter().find(|i| i.interface == interface && i.function == function)
}

#[cfg(all(test, feature = "wrap"))]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_what_the_wit_says() {
        let mut resolve = wit_parser::Resolve::default();
        let package = resolve.push_str("tool.wit", include_str!("../../../wit/tool/tool.wit")).unwrap();
        let mut derived = Vec::new();
        for (name, &interface) in &resolve.packages[package].interfaces {
            for function in resolve.interfaces[interface].functions.values() {
                let signature = resolve.wasm_signature(wit_parser::abi::AbiVariant::GuestImport, function);
                let core = |types: &[wit_parser::abi::WasmType]| -> Vec<CoreType> {
                    types
                        .iter()
                        .map(|t| match t {
                            wit_parser::abi::WasmType::I64 | wit_parser::abi::WasmType::PointerOrI64 => I64,
                            _ => I32,
                        })
                        .collect()
                };
                derived.push((name.clone(), function.name.clone(), core(&signature.params), core(&signature.results)));
            }
        }
        derived.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        let mut table: Vec<_> = IMPORTS
            .iter()
            .map(|i| (i.interface.to_owned(), i.function.to_owned(), i.params.to_vec(), i.results.to_vec()))
            .collect();
        table.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        assert_eq!(table, derived);
    }
}
