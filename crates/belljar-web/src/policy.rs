//! The policy of a run, as a page gives it.

use std::sync::Arc;

use belljar_core::{SUPPORTED, Terms};
use belljar_policy::{Effect, Policy};
use wasm_bindgen::prelude::*;

/// A policy with its digest, shared by runs.
#[wasm_bindgen]
#[derive(Clone, Debug)]
pub struct Grants(pub(crate) Arc<Terms>);

#[wasm_bindgen]
impl Grants {
    /// Reads a `policy.toml` (nothing grants nothing) and adds rules as the command line takes them, such as
    /// "kv notes/**".
    #[wasm_bindgen(constructor)]
    pub fn new(
        toml: Option<String>,
        deny: Vec<String>,
        ask: Vec<String>,
        allow: Vec<String>,
    ) -> Result<Grants, JsError> {
        let mut policy = match toml {
            Some(text) => Policy::parse(&text)?,
            None => Policy::deny_all(),
        };
        for (effect, rules) in [(Effect::Deny, deny), (Effect::Ask, ask), (Effect::Allow, allow)] {
            for rule in rules {
                policy.add(effect, &rule)?;
            }
        }
        policy.check().map_err(|finding| JsError::new(&finding.to_string()))?;
        if let Some(finding) = policy.unsupported(&SUPPORTED).first() {
            return Err(JsError::new(&finding.to_string()));
        }
        Ok(Grants(Arc::new(Terms::from(policy))))
    }

    /// The same for a run of which it is known who starts it, as an authentication found out.
    #[wasm_bindgen(js_name = startedBy)]
    pub fn started_by(&self, identity: String) -> Grants {
        Grants(Arc::new(Terms::clone(&self.0).started_by(Some(identity))))
    }

    /// What it allows, in sentences.
    pub fn describe(&self) -> Vec<String> {
        self.0.policy().describe()
    }

    /// What in it comes to nothing, in sentences for who wrote it.
    pub fn findings(&self) -> Vec<String> {
        self.0.policy().findings().iter().map(ToString::to_string).collect()
    }

    /// Whether a tool gets anything by it beyond computing: a rule that allows, or one that asks.
    #[wasm_bindgen(js_name = grantsAnything)]
    pub fn grants_anything(&self) -> bool {
        self.0.policy().grants_anything()
    }

    /// The secrets that requests carry: name, origin and place of each, in turn.
    pub fn secrets(&self) -> Vec<String> {
        let secrets = self.0.policy().secrets.iter();
        secrets.flat_map(|s| [s.name.clone(), s.origin.clone(), s.place.to_string()]).collect()
    }

    /// Fails unless there is a value for all secrets that requests carry; `names` are those that there are.
    #[wasm_bindgen(js_name = checkSecrets)]
    pub fn check_secrets(&self, names: Vec<String>) -> Result<(), JsError> {
        Ok(belljar_core::check_secrets(self.0.policy(), |name| names.iter().any(|there| there == name))?)
    }

    /// The directories that its file rules name, as the host's name and the tool's, in turn.
    pub fn mounts(&self) -> Vec<String> {
        self.0.policy().mounts().iter().flat_map(|m| [m.host.clone(), m.guest.to_string()]).collect()
    }

    /// Whether files may be changed by it, or a person may allow that.
    #[wasm_bindgen(js_name = changesFiles)]
    pub fn changes_files(&self) -> bool {
        self.0.policy().changes_files()
    }
}

/// The smallest policy, as a `policy.toml`, that allows what logs show that was done. `names` are what the logs are called in it.
#[wasm_bindgen]
pub fn learn(names: Vec<String>, logs: Vec<String>) -> Result<String, JsError> {
    let logs: Vec<(String, String)> = names.into_iter().zip(logs).collect();
    Ok(belljar_core::learn(&logs)?)
}

/// Whether a rule can be read where it denies ("deny"), asks ("ask") or allows ("allow"), and if not, why.
#[wasm_bindgen(js_name = checkRule)]
pub fn check_rule(rule: &str, effect: &str) -> Option<String> {
    let Some(effect) = [Effect::Deny, Effect::Ask, Effect::Allow].into_iter().find(|known| known.name() == effect)
    else {
        return Some(format!("a rule denies, asks or allows; there is no {effect:?}"));
    };
    Policy::deny_all().add(effect, rule).err().map(|error| error.to_string())
}
