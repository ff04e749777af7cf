//! Reading `[[http.rule]]`: a rule with conditions, with words for who meets it, or with an answer.

use std::sync::Arc;

use toml::de::DeValue;

use super::{EFFECTS, Parsed, Problem, Table, Value, as_table, bare, integer, known, least, string};
use crate::answer::{Beside, Part, SyntheticAnswer};
use crate::glob::flat::Flat;
use crate::header::{is_blank, is_header_name, is_in_value, reserved};
use crate::http::HttpRule;
use crate::http::conditions::Fields;
use crate::policy::Policy;
use crate::rule::Effect;
use crate::text::check_words;

const KEYS: [&str; 10] =
    ["allow", "ask", "deny", "query", "headers", "reason", "instead", "answer", "idempotency-key", "least"];

/// Reads one and adds it.
pub(super) fn rule(policy: &mut Policy, value: &Value<'_>) -> Parsed {
    let table = as_table(value)?;
    known(table, &KEYS)?;
    let mut effects = EFFECTS.into_iter().filter_map(|effect| Some((effect, table.get_key_value(effect.name())?)));
    let Some((effect, (_, text))) = effects.next() else {
        let why =
            "a rule needs one of the keys \"allow\", \"ask\" and \"deny\": allow = \"GET https://api.example.com/**\"";
        return Err(Problem(value.span().start, why.into()));
    };
    if let Some((other, (key, _))) = effects.next() {
        let why =
            format!("a rule has one effect, not both {:?} and {:?}; write two rules", effect.name(), other.name());
        return Err(Problem(key.span().start, why));
    }
    let at = text.span().start;
    let text = string(text)?;
    let not_understood = |reason: String| Problem(at, format!("the rule {text:?} is not understood: {reason}"));
    let mut http = HttpRule::parse(bare("http", text).trim()).map_err(not_understood)?;
    http.conditions.query = conditions(table, "query", parameter)?;
    http.conditions.headers = conditions(table, "headers", field)?;
    let idempotency_key = table.get("idempotency-key").map(|value| key(&mut http, value)).transpose()?;
    // So that rules without conditions are the same whatever their effect.
    http.conditions.any = effect == Effect::Deny && !http.conditions.is_empty();
    let unless = |key: &str, effects: &[Effect], why: &str| match table.get_key_value(key) {
        Some((key, _)) if effects.contains(&effect) => Err(Problem(key.span().start, why.to_owned())),
        _ => Ok(()),
    };
    for key in ["reason", "instead"] {
        let why = format!("{key:?} is told with a refusal or a question; leave it out of a rule that allows");
        unless(key, &[Effect::Allow], &why)?;
    }
    unless("answer", &[Effect::Deny], "what is refused has no answer; write \"reason\", or allow it")?;
    unless(
        "least",
        &[Effect::Allow, Effect::Deny],
        "\"least\" says who can approve what is asked about; leave it out of a rule that does not ask",
    )?;
    unless("idempotency-key", &[Effect::Deny], "what is refused carries no key; leave it out")?;
    if let (Some((at, _)), Some(_)) = (table.get_key_value("idempotency-key"), table.get("answer")) {
        return Err(Problem(
            at.span().start,
            "what is answered is not sent, so that it carries no key; leave it out".into(),
        ));
    }
    let beside = Beside {
        idempotency_key,
        least: table.get("least").map(least).transpose()?.unwrap_or_default(),
        reason: words(table, "reason")?,
        instead: words(table, "instead")?,
        answer: table.get("answer").map(answer).transpose()?.map(Arc::new),
    };
    policy.add_table(effect, http, beside);
    Ok(())
}

/// The keys of a table that has some, with their places, in the order of the file.
fn filled<'v, 'a>(value: &'v Value<'a>) -> Parsed<Vec<(usize, &'v str, &'v Value<'a>)>> {
    let table = as_table(value)?;
    if table.is_empty() {
        return Err(Problem(value.span().start, "it is empty and says nothing; leave the key out".into()));
    }
    let mut keys: Vec<_> = table.iter().map(|(key, value)| (key.span().start, key.get_ref().as_ref(), value)).collect();
    keys.sort_unstable_by_key(|(at, _, _)| *at);
    Ok(keys)
}

/// Reads the conditions of a kind. `read` gives a name its one form, or says why no request has it with such a value.
fn conditions(table: &Table<'_>, key: &str, read: fn(&str, Option<&Flat>) -> Result<String, String>) -> Parsed<Fields> {
    let mut fields = Fields::default();
    let Some(value) = table.get(key) else { return Ok(fields) };
    for (at, text, value) in filled(value)? {
        let pattern = match value.get_ref() {
            DeValue::Boolean(false) => None,
            DeValue::String(text) => Some(Flat::parse(text).map_err(|why| Problem(value.span().start, why))?),
            DeValue::Boolean(true) => {
                let why = "\"*\" stands for any value; false says that there is none";
                return Err(Problem(value.span().start, why.into()));
            }
            _ => return super::wrong(value, "a pattern, or false,"),
        };
        if text == "*" && key == "query" {
            if pattern.is_some() {
                let why = "all other parameters have no pattern; write \"*\" = false to have none of them, or name one";
                return Err(Problem(value.span().start, why.into()));
            }
            fields.closed = true;
            continue;
        }
        if text.contains('*') {
            let stands = if key == "query" { "; only \"*\" = false stands for all others" } else { "" };
            return Err(Problem(at, format!("the name {text:?} is no pattern: name one{stands}")));
        }
        let name = read(text, pattern.as_ref()).map_err(|why| Problem(at, why))?;
        if fields.named.insert(name, pattern).is_some() {
            return Err(Problem(at, format!("{text:?} is there already, in other letters; write it once")));
        }
    }
    Ok(fields)
}

/// A parameter of the query: any text names one, and any text is a value.
fn parameter(name: &str, _: Option<&Flat>) -> Result<String, String> {
    Ok(name.to_owned())
}

/// A header field that a tool can give.
fn field(name: &str, pattern: Option<&Flat>) -> Result<String, String> {
    if !is_header_name(name) {
        return Err(format!("{name:?} is no name of a header field: that has letters, digits and hyphens"));
    }
    let name = name.to_ascii_lowercase();
    if let Some(why) = reserved(&name) {
        return Err(format!("no tool can give the header field {name}: {why}; leave it out"));
    }
    let Some(pattern) = pattern else { return Ok(name) };
    if let Some(c) = pattern.items().flatten().find(|c| !is_in_value(*c)) {
        return Err(format!("no header field has {c:?} in its value"));
    }
    let ends = [pattern.items().next(), pattern.items().next_back()];
    if ends.into_iter().flatten().flatten().any(is_blank) {
        return Err("the value of a header field has no white space around it; take it off the pattern".into());
    }
    Ok(name)
}

/// The header field that carries the host's key. The tool gives none of this name: that is a condition of the rule.
fn key(http: &mut HttpRule, value: &Value<'_>) -> Parsed<Arc<str>> {
    let name = field(string(value)?, None).map_err(|why| Problem(value.span().start, why))?;
    if http.conditions.headers.named.insert(name.clone(), None).is_some() {
        let why = format!("the host gives the header field {name} a value, so it stands in no condition; remove that");
        return Err(Problem(value.span().start, why));
    }
    Ok(name.into())
}

/// A line for people.
fn words(table: &Table<'_>, key: &str) -> Parsed<Option<Arc<str>>> {
    let Some(value) = table.get(key) else { return Ok(None) };
    let text = string(value)?;
    let problem = |why: String| Err(Problem(value.span().start, why));
    if text.trim().is_empty() {
        return problem("it is empty and says nothing; leave the key out".into());
    }
    if let Err(why) = check_words(text) {
        return problem(why);
    }
    Ok(Some(text.into()))
}

fn answer(value: &Value<'_>) -> Parsed<SyntheticAnswer> {
    filled(value)?;
    let table = as_table(value)?;
    known(table, &["status", "headers", "body"])?;
    let missing = || Problem(value.span().start, "an answer needs the key \"status\": status = 200".into());
    let status = table.get("status").ok_or_else(missing)?;
    let (mut headers, mut places) = (Vec::new(), Vec::new());
    if let Some(fields) = table.get("headers") {
        for (at, name, value) in filled(fields)? {
            headers.push((name.to_owned(), string(value)?.to_owned()));
            places.push(at);
        }
    }
    let body = table.get("body").map(string).transpose()?.unwrap_or_default();
    SyntheticAnswer::new(integer(status)?, headers, body.to_owned()).map_err(|(part, why)| {
        let at = match part {
            Part::Status => status.span().start,
            Part::Header(at) => places.get(at).copied().unwrap_or_default(),
            Part::Size => value.span().start,
        };
        Problem(at, why)
    })
}
