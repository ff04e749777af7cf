//! Which functions of a module can be called: what of the adapter a command does not need is left away, so that the tool imports
//! no more of the world than it can use.

use wasmparser::{ElementItems, Operator, Parser, Payload};

use super::JoinError;
use super::survey::Facts;

/// What is reached from some functions.
#[derive(Debug)]
pub(super) struct Reached {
    /// By a function's index, whether it is.
    pub(super) functions: Vec<bool>,
    /// Whether tables are used, and with them all that they hold.
    pub(super) tables: bool,
}

/// What a function names.
#[derive(Default)]
struct Names {
    functions: Vec<u32>,
    tables: bool,
}

/// Walks from `roots` on.
pub(super) fn reach(module: &Facts<'_>, roots: Vec<u32>) -> Result<Reached, JoinError> {
    let (bodies, elements) = names(module)?;
    let imports = module.imports.len();
    let mut reached = Reached { functions: vec![false; imports + bodies.len()], tables: false };
    let mut open = roots;
    while let Some(function) = open.pop() {
        match reached.functions.get_mut(function as usize) {
            Some(known) if !*known => *known = true,
            _ => continue,
        }
        let Some(body) = (function as usize).checked_sub(imports).and_then(|place| bodies.get(place)) else { continue };
        open.extend(&body.functions);
        if body.tables && !reached.tables {
            reached.tables = true;
            open.extend(&elements);
        }
    }
    Ok(reached)
}

/// What each body names, and what the tables hold.
fn names(module: &Facts<'_>) -> Result<(Vec<Names>, Vec<u32>), JoinError> {
    let (mut bodies, mut elements) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(module.bytes) {
        match payload? {
            Payload::CodeSectionEntry(body) => {
                let mut names = Names::default();
                for operator in body.get_operators_reader()? {
                    match operator? {
                        Operator::Call { function_index } | Operator::RefFunc { function_index } => {
                            names.functions.push(function_index);
                        }
                        Operator::CallIndirect { .. }
                        | Operator::TableGet { .. }
                        | Operator::TableSet { .. }
                        | Operator::TableSize { .. }
                        | Operator::TableGrow { .. }
                        | Operator::TableFill { .. }
                        | Operator::TableCopy { .. }
                        | Operator::TableInit { .. }
                        | Operator::ElemDrop { .. } => names.tables = true,
                        _ => {}
                    }
                }
                bodies.push(names);
            }
            Payload::ElementSection(section) => {
                for element in section {
                    match element?.items {
                        ElementItems::Functions(items) => {
                            for function in items {
                                elements.push(function?);
                            }
                        }
                        ElementItems::Expressions(_, items) => {
                            for item in items {
                                if let Operator::RefFunc { function_index } = item?.get_operators_reader().read()? {
                                    elements.push(function_index);
                                }
                            }
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Ok((bodies, elements))
}
