//! What `#[tool]` expands to. Not for use by hand: it changes without notice.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::ToolError;
pub use crate::instead::instead;
use crate::world::belljar::tool::console;
pub use crate::world::belljar::tool::outcome::{Fault, FaultKind};
pub use crate::world::{self, Guest, export_tool};

/// The input of a tool that takes none: anything.
#[derive(Debug)]
pub struct Nothing;

impl<'de> Deserialize<'de> for Nothing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Nothing)
    }
}

impl JsonSchema for Nothing {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Nothing".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        true.into()
    }
}

/// A `Result`, whatever it is called.
pub trait Fallible {
    /// What it holds if all went well.
    type Output: Serialize + JsonSchema;

    /// As the `Result` that it is.
    fn outcome(self) -> Result<Self::Output, ToolError>;
}

impl<T: Serialize + JsonSchema, E: Into<ToolError>> Fallible for Result<T, E> {
    type Output = T;

    fn outcome(self) -> Result<T, ToolError> {
        self.map_err(Into::into)
    }
}

/// Runs a tool that can fail.
pub fn run_fallible<I: DeserializeOwned, R: Fallible>(input: &str, tool: impl FnOnce(I) -> R) -> Result<String, Fault> {
    report_panics();
    let outcome = tool(parse(input)?).outcome();
    crate::console::flush();
    let output = outcome.map_err(|error| Fault {
        kind: error.kind,
        code: error.code.into_owned(),
        message: error.message,
        stack: String::new(),
    })?;
    write(&output)
}

/// Runs a tool that cannot fail.
pub fn run_infallible<I: DeserializeOwned, O: Serialize>(
    input: &str,
    tool: impl FnOnce(I) -> O,
) -> Result<String, Fault> {
    report_panics();
    let output = tool(parse(input)?);
    crate::console::flush();
    write(&output)
}

fn parse<I: DeserializeOwned>(input: &str) -> Result<I, Fault> {
    serde_json::from_str(input).map_err(|error| crashed(format!("the input does not fit the tool's type: {error}")))
}

fn write<O: Serialize>(output: &O) -> Result<String, Fault> {
    crate::finite::check(output).map_err(|found| crashed(found.to_string()))?;
    serde_json::to_string(output).map_err(|error| crashed(format!("the output cannot be written as JSON: {error}")))
}

fn crashed(message: String) -> Fault {
    Fault { kind: FaultKind::Crashed, code: String::new(), message, stack: String::new() }
}

/// A panic ends in a trap, which says nothing: the console says what it was. The host takes that line, the last one before
/// the trap, for the run's message.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        crate::console::flush();
        // "Panicked" is what a host that is broken would say of itself.
        let mut text = panic.to_string().replacen("panicked at ", "panic at ", 1);
        // Not a place of the tool's: the path says only where the standard library was built.
        if let Some(place) = panic.location()
            && let Some((_, inner)) = place.file().split_once("/library/")
        {
            text = text.replace(place.file(), &format!("Rust's library {inner}"));
        }
        text.push_str(instead(&text));
        console::write(console::Level::Error, &text);
    }));
}

/// The tool's manifest as JSON text.
pub fn describe<I: JsonSchema, O: JsonSchema>(name: Option<&str>, description: &str, wants: &[&str]) -> String {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.meta_schema = None);
    let input = settings.clone().for_deserialize().into_generator().into_root_schema_for::<I>();
    let output = settings.for_serialize().into_generator().into_root_schema_for::<O>();
    let mut manifest = serde_json::json!({ "description": description, "wants": wants });
    for (key, schema) in [("input", input), ("output", output)] {
        // A schema that says nothing is none.
        if schema.as_bool() != Some(true) {
            manifest[key] = schema.into();
        }
    }
    if let Some(name) = name {
        manifest["name"] = name.into();
    }
    manifest.to_string()
}
