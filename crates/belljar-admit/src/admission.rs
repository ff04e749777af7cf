//! The steps of admission, in their order.

use sha2::{Digest, Sha256};
use wasmparser::{Parser, Validator, WasmFeatures};

use crate::admitted::{Admitted, Prepared};
use crate::features;
use crate::limits;
use crate::refusal::{Refusal, too_much};
use crate::{bounds, meter, module, section, unwrap};

/// Checks a component and rewrites its core module.
///
/// It is pure, takes time and memory in proportion to the component's size, and answers the same on every host: what
/// it admits is for [`crate::VERSION`] of admission always the same bytes.
///
/// # Errors
///
/// Why the component is refused, in words for the person who made it.
pub fn admit(component: &[u8]) -> Result<Admitted, Refusal> {
    admitted(component).map_err(|refusal| refusal.of(component))
}

fn admitted(component: &[u8]) -> Result<Admitted, Refusal> {
    if component.len() > limits::COMPONENT_BYTES {
        return Err(too_much("bytes", component.len(), limits::COMPONENT_BYTES));
    }
    if Parser::is_core_wasm(component) {
        return Err(Refusal::NotAComponent("it is a core module; wrap it first (`belljar build` does)"));
    }
    if !Parser::is_component(component) {
        return Err(Refusal::NotAComponent("its header is damaged"));
    }
    bounds::check(component)?;
    validate(component, features::admitted() | WasmFeatures::COMPONENT_MODEL)?;
    let unwrapped = unwrap::unwrap(component)?;
    let facts = module::inspect(unwrapped.core, unwrapped.world)?;
    let (core, work) = meter::rewrite(unwrapped.core)?;
    Ok(Admitted {
        core,
        world: unwrapped.world,
        manifest: unwrapped.manifest,
        origin: section::origin(component)?,
        imports: facts.imports,
        initial_pages: facts.initial_pages,
        has_start: facts.has_start,
        has_initialize: facts.has_initialize,
        original_core_len: unwrapped.core.len(),
        work,
    })
}

/// [`admit`], and what of the component itself is known beside it.
///
/// # Errors
///
/// As [`admit`].
pub fn prepare(component: &[u8]) -> Result<Prepared, Refusal> {
    let admitted = admit(component)?;
    Ok(Prepared { identity: Sha256::digest(component).into(), size: component.len(), admitted })
}

/// The core module of a component of the world, as it is.
///
/// For what is made of components before they are admitted, such as snapshots; what runs comes from [`admit`].
///
/// # Errors
///
/// Why the component is refused.
pub fn core_module(component: &[u8]) -> Result<&[u8], Refusal> {
    bounds::check(component)?;
    validate(component, features::admitted() | WasmFeatures::COMPONENT_MODEL)?;
    Ok(unwrap::unwrap(component)?.core)
}

/// Checks a core module that something else is made of before it is admitted: that it is valid, within [`limits`], and uses no
/// feature that is not admitted.
///
/// # Errors
///
/// Why it is refused.
pub fn check_module(core: &[u8]) -> Result<(), Refusal> {
    if core.len() > limits::COMPONENT_BYTES {
        return Err(too_much("bytes", core.len(), limits::COMPONENT_BYTES));
    }
    bounds::check(core)?;
    validate(core, features::admitted())
}

/// Writes the meter into a core module that imports nothing but functions, without asking whether it is of the world.
///
/// For measuring and testing the meter; what runs comes from [`admit`].
///
/// # Errors
///
/// Why the module is refused: it is invalid, or beyond [`limits`].
pub fn instrument(core: &[u8]) -> Result<Vec<u8>, Refusal> {
    check_module(core)?;
    Ok(meter::rewrite(core)?.0)
}

fn validate(bytes: &[u8], features: WasmFeatures) -> Result<(), Refusal> {
    match Validator::new_with_features(features).validate_all(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(match features::missing(bytes, features) {
            Some(feature) => {
                Refusal::Feature { feature, message: error.message().to_owned(), offset: error.offset() as u64 }
            }
            None => error.into(),
        }),
    }
}
