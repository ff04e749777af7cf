//! Reading `policy.toml`, strictly.

mod spend;
mod table;

use std::time::Duration;

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::assurance::Assurance;
use crate::limits;
use crate::near::hint;
use crate::policy::{Clock, Policy};
use crate::rule::Effect;
use crate::secret::{Secret, SecretError};
use crate::section::READ;
use crate::units::{parse_bytes, parse_count, parse_duration};

/// Bytes of a policy file (256 KiB).
pub(crate) const SIZE: usize = 256 << 10;

/// What is wrong with a policy file, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("policy, line {line}, column {column}: {message}\n  | {source_line}\n  | {:>column$}", "^")]
pub struct PolicyError {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// What is wrong and what would be right.
    pub message: String,
    /// The line itself.
    pub source_line: String,
}

type Table<'a> = DeTable<'a>;
type Value<'a> = Spanned<DeValue<'a>>;

/// A problem at a byte of the file.
struct Problem(usize, String);
type Parsed<T = ()> = Result<T, Problem>;

impl Policy {
    /// Reads a `policy.toml`.
    pub fn parse(toml: &str) -> Result<Self, PolicyError> {
        parse(toml)
    }
}

/// Reads a policy.
pub(crate) fn parse(text: &str) -> Result<Policy, PolicyError> {
    // What some editors and shells put before UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let at = |problem: Problem| {
        let Problem(offset, message) = problem;
        let offset = (0..=offset.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        let before = &text[..offset];
        let start = before.rfind('\n').map_or(0, |i| i + 1);
        let line: String =
            text[start..].lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
        PolicyError {
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            message,
            source_line: line,
        }
    };
    if text.len() > SIZE {
        return Err(at(Problem(0, format!("a policy has at most {SIZE} bytes, not {}", text.len()))));
    }
    let table = DeTable::parse(text)
        .map_err(|e| at(Problem(e.span().map_or(0, |s| s.start), format!("not valid TOML: {}", e.message()))))?;
    policy(&table).map_err(at)
}

fn policy(table: &Spanned<Table<'_>>) -> Parsed<Policy> {
    let mut policy = Policy::deny_all();
    let root = table.get_ref();
    let sections = READ.map(|kind| kind.name);
    let others = ["network", "secret", "clock", "random", "ask", "limits", "spend"];
    let keys: Vec<&str> = ["version"].into_iter().chain(sections).chain(others).collect();
    known(root, &keys)?;
    match root.get("version") {
        None => return Err(Problem(table.span().start, "the key \"version\" is missing; write: version = 1".into())),
        Some(value) if integer(value)? == 1 => {}
        Some(value) => return Err(Problem(value.span().start, "only version 1 is known".into())),
    }
    // Where each rule stands.
    let mut places = Vec::new();
    for name in sections {
        if let Some(value) = root.get(name) {
            section(&mut policy, name, value, &mut places)?;
        }
    }
    if let Some((rule, message)) = policy.impossible() {
        let at = places.get(rule).copied().unwrap_or_default();
        return Err(Problem(at, message));
    }
    if let Some(value) = root.get("network") {
        network(&mut policy, value)?;
    }
    if let Some(value) = root.get("secret") {
        secrets(&mut policy, value)?;
    }
    if let Some(value) = root.get("clock") {
        clock(&mut policy, value)?;
    }
    if let Some(value) = root.get("random") {
        let random = as_table(value)?;
        known(random, &["seed"])?;
        policy.random_seed = random.get("seed").map(integer).transpose()?;
    }
    if let Some(value) = root.get("ask") {
        let ask = as_table(value)?;
        known(ask, &["expires", "least", "four-eyes"])?;
        policy.question_time = ask.get("expires").map(question_time).transpose()?;
        policy.least = ask.get("least").map(least).transpose()?.unwrap_or_default();
        policy.four_eyes = match ask.get("four-eyes").map(|value| (value, value.get_ref())) {
            None => false,
            Some((_, DeValue::Boolean(said))) => *said,
            Some((value, _)) => return wrong(value, "true or false"),
        };
    }
    if let Some(value) = root.get("limits") {
        limits(&mut policy, value)?;
    }
    if let Some(value) = root.get("spend") {
        spend::read(&mut policy, value)?;
    }
    Ok(policy)
}

fn section(policy: &mut Policy, name: &str, value: &Value<'_>, places: &mut Vec<usize>) -> Parsed {
    let table = as_table(value)?;
    if let Some((key, _)) = table.get_key_value("secret").filter(|_| name == "http") {
        let why = "write [[secret]] with name, for and in: in = \"header authorization: Bearer {}\"";
        return Err(Problem(key.span().start, why.into()));
    }
    let is_http = name == "http";
    known(table, if is_http { &["allow", "ask", "deny", "rule"] } else { &["allow", "ask", "deny"] })?;
    for effect in EFFECTS {
        let Some(list) = table.get(effect.name()) else { continue };
        for rule in as_array(list)? {
            let text = string(rule)?;
            // As a refusal names it and the command line takes it.
            policy.add_to(name, effect, bare(name, text)).map_err(|reason| {
                Problem(rule.span().start, format!("the rule {text:?} is not understood: {reason}"))
            })?;
            places.push(rule.span().start);
        }
    }
    for rule in table.get("rule").map(as_array).transpose()?.unwrap_or_default() {
        table::rule(policy, rule)?;
        places.push(rule.span().start);
    }
    Ok(())
}

/// The effects that a rule can have.
const EFFECTS: [Effect; 3] = [Effect::Allow, Effect::Ask, Effect::Deny];

/// A rule without the name of its section, with which a refusal names it and the command line takes it.
fn bare<'a>(section: &str, text: &'a str) -> &'a str {
    text.trim().strip_prefix(section).and_then(|rest| rest.strip_prefix(' ')).unwrap_or(text)
}

fn secrets(policy: &mut Policy, value: &Value<'_>) -> Parsed {
    for item in as_array(value)? {
        let table = as_table(item)?;
        known(table, &["name", "for", "in"])?;
        let field = |key| {
            let missing = || Problem(item.span().start, format!("a secret needs the key {key:?}"));
            table.get(key).ok_or_else(missing).and_then(|value| string(value).map(|text| (value.span().start, text)))
        };
        let ((name_at, name), (origin_at, origin), (place_at, place)) = (field("name")?, field("for")?, field("in")?);
        let secret = Secret::new(name, origin, place).map_err(|error| match error {
            SecretError::Name(why) => Problem(name_at, why),
            SecretError::Origin(why) => Problem(origin_at, why),
            SecretError::Place(why) => Problem(place_at, why),
        })?;
        if let Some(other) = policy.secrets.iter().find(|other| other.collides(&secret)) {
            let why = format!("the secret {} stands there already for {}", other.name, other.origin);
            return Err(Problem(place_at, why));
        }
        policy.secrets.push(secret);
    }
    Ok(())
}

/// Refusals of whole hosts.
fn network(policy: &mut Policy, value: &Value<'_>) -> Parsed {
    let table = as_table(value)?;
    known(table, &["deny"])?;
    let Some(list) = table.get("deny") else { return Ok(()) };
    for item in as_array(list)? {
        let host = string(item)?;
        policy
            .deny_host(host)
            .map_err(|reason| Problem(item.span().start, format!("the host {host:?} is not understood: {reason}")))?;
    }
    Ok(())
}

/// The weakest answer that is taken.
fn least(value: &Value<'_>) -> Parsed<Assurance> {
    let word = string(value)?;
    Assurance::of(word).ok_or_else(|| {
        let why = format!("{word:?} is no level of assurance; there are \"client\", \"command\" and \"inbox\"");
        Problem(value.span().start, why)
    })
}

/// How long a question stays open.
fn question_time(value: &Value<'_>) -> Parsed<Duration> {
    let time = unit(value, parse_duration)?;
    if time.is_zero() || time > limits::MOST_QUESTION_TIME {
        return Err(Problem(value.span().start, "a question stays open for some time, and at most 366 days".into()));
    }
    Ok(time)
}

fn clock(policy: &mut Policy, value: &Value<'_>) -> Parsed {
    let table = as_table(value)?;
    known(table, &["precision", "frozen"])?;
    match (table.get("precision"), table.get("frozen")) {
        (Some(_), Some(frozen)) => {
            return Err(Problem(frozen.span().start, "a clock has a precision or is frozen, not both".into()));
        }
        (Some(precision), None) => {
            let precision = unit(precision, parse_duration)?;
            policy.clock = Clock::Real { precision: precision.max(Duration::from_nanos(1)) };
        }
        (None, Some(frozen)) => {
            let text = match frozen.get_ref() {
                DeValue::Datetime(moment) => moment.to_string(),
                _ => string(frozen)?.to_owned(),
            };
            let error = || {
                let example = "\"2026-01-01T00:00:00Z\"";
                Problem(frozen.span().start, format!("a moment is written like {example}"))
            };
            let moment = humantime::parse_rfc3339(&text).map_err(|_| error())?;
            let since = moment.duration_since(std::time::UNIX_EPOCH).map_err(|_| error())?;
            policy.clock = Clock::Frozen { moment_ns: u64::try_from(since.as_nanos()).map_err(|_| error())? };
        }
        (None, None) => {}
    }
    Ok(())
}

/// The keys of `[limits]`, for the parser and its tests.
pub(crate) const LIMITS: &[&str] = &[
    "fuel",
    "memory",
    "time",
    "output",
    "log",
    "artifacts",
    "calls",
    "http-requests",
    "http-bytes",
    "kv-bytes",
    "kv-keys",
    "files-bytes",
];

fn limits(policy: &mut Policy, value: &Value<'_>) -> Parsed {
    let table = as_table(value)?;
    known(table, LIMITS)?;
    let l = &mut policy.limits;
    let mut named = false;
    for (key, value) in table {
        let at = value.span().start;
        let most = |amount: u64, limit: u64| {
            if amount > limit { Err(Problem(at, format!("at most {limit} can be granted"))) } else { Ok(amount) }
        };
        match key.get_ref().as_ref() {
            "fuel" => (l.fuel, named) = (unit(value, parse_count)?, true),
            "memory" => l.memory = most(unit(value, parse_bytes)?, limits::MOST_MEMORY)?,
            "time" => {
                l.time = unit(value, parse_duration)?;
                if l.time > limits::MOST_TIME {
                    return Err(Problem(at, "at most a day can be granted".into()));
                }
            }
            "output" => l.output = most(unit(value, parse_bytes)?, limits::MOST_OUTPUT)?,
            "log" => l.log = most(unit(value, parse_bytes)?, limits::MOST_OUTPUT)?,
            "artifacts" => l.artifacts = most(unit(value, parse_bytes)?, limits::MOST_OUTPUT)?,
            "calls" => l.calls = most(unit(value, parse_count)?, 1_000_000)?,
            "http-requests" => l.http_requests = unit(value, parse_count)?,
            "http-bytes" => l.http_bytes = unit(value, parse_bytes)?,
            "kv-bytes" => l.kv_bytes = most(unit(value, parse_bytes)?, limits::MOST_KV_BYTES)?,
            "kv-keys" => l.kv_keys = most(unit(value, parse_count)?, limits::MOST_KV_KEYS)?,
            _ => l.files_bytes = unit(value, parse_bytes)?,
        }
    }
    if !named {
        l.fuel = limits::Limits::fuel_for(l.time);
    }
    Ok(())
}

/// Refuses keys that nothing reads, and says which one was probably meant.
fn known(table: &Table<'_>, keys: &[&str]) -> Parsed {
    for key in table.keys() {
        let name = key.get_ref().as_ref();
        if !keys.contains(&name) {
            return Err(Problem(key.span().start, hint(name, keys)));
        }
    }
    Ok(())
}

fn wrong<T>(value: &Value<'_>, expected: &str) -> Parsed<T> {
    let found = match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a moment",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Err(Problem(value.span().start, format!("{expected} belongs here, not {found}")))
}

fn as_table<'v, 'a>(value: &'v Value<'a>) -> Parsed<&'v Table<'a>> {
    match value.get_ref() {
        DeValue::Table(table) => Ok(table),
        _ => wrong(value, "a table"),
    }
}

fn as_array<'v, 'a>(value: &'v Value<'a>) -> Parsed<&'v [Value<'a>]> {
    match value.get_ref() {
        DeValue::Array(array) => Ok(array),
        _ => wrong(value, "a list"),
    }
}

fn string<'v>(value: &'v Value<'_>) -> Parsed<&'v str> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        _ => wrong(value, "a string"),
    }
}

fn integer(value: &Value<'_>) -> Parsed<u64> {
    match value.get_ref() {
        DeValue::Integer(number) => u64::from_str_radix(&number.as_str().replace('_', ""), number.radix())
            .map_err(|_| Problem(value.span().start, "a whole number from 0 on belongs here".into())),
        _ => wrong(value, "an integer"),
    }
}

/// An amount with a unit in a string, or a bare integer where the unit may be left out.
fn unit<T>(value: &Value<'_>, parse: impl Fn(&str) -> Result<T, crate::units::UnitError>) -> Parsed<T> {
    let text = match value.get_ref() {
        DeValue::Integer(_) => integer(value)?.to_string(),
        _ => string(value)?.to_owned(),
    };
    parse(&text).map_err(|e| Problem(value.span().start, e.to_string()))
}
