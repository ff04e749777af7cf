//! The wire form as types of TypeScript: `web/src/wire.ts`, which is made here and nowhere else.

use std::fmt::Write as _;

use ts_rs::{Config, TS};

use crate::edit::Part;
use crate::entry::{self, Entry};
use crate::outcome::{Edited, Outcome, Refusal};
use crate::sink::Divergence;
use crate::wire;

/// A kind of entries. Its members are not those of a struct that serde writes, so that they are declared here.
pub(crate) struct Interface {
    pub(crate) name: &'static str,
    pub(crate) docs: &'static [&'static str],
    /// The word in `kind`.
    pub(crate) kind: &'static str,
    pub(crate) members: Vec<Member>,
}

/// A member of it.
pub(crate) struct Member {
    pub(crate) name: &'static str,
    /// Its name in version 1, if that was another one.
    pub(crate) former: Option<&'static str>,
    pub(crate) docs: &'static [&'static str],
    /// Its type, and whether it may be absent.
    pub(crate) type_of: (&'static str, bool),
}

/// A comment of so many spaces in front; the lines are those of Rust's documentation.
fn comment(text: &mut String, indent: &str, docs: &[&str]) {
    let words = docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").replace("[`", "`").replace("`]", "`");
    let words = words.replace("crate::", "");
    let _ = writeln!(text, "{indent}/** {words} */");
}

impl Interface {
    fn write(&self, text: &mut String) {
        text.push('\n');
        comment(text, "", self.docs);
        let Interface { name, kind, .. } = self;
        let _ = writeln!(text, "export interface {name} extends Chained {{\n  kind: \"{kind}\";");
        for Member { name, docs, type_of: (type_of, optional), .. } in &self.members {
            comment(text, "  ", docs);
            let mark = if *optional { "?" } else { "" };
            let _ = writeln!(text, "  {name}{mark}: {type_of};");
        }
        text.push_str("}\n");
    }
}

/// A type that serde writes.
fn declaration<T: TS>(text: &mut String) {
    let config = Config::new().with_large_int("number");
    let made = format!("\n{}export {}\n", T::docs().unwrap_or_default(), T::decl(&config));
    text.push_str(&tidy(&made));
}

/// A member a line, with its comment on the line before; of a union, a kind a line.
fn tidy(made: &str) -> String {
    let lines = made.replace("/**\n * ", "/** ").replace("\n */\n", " */\n").replace("\n * ", " ");
    if let Some((before, union)) = lines.split_once(" = ").filter(|(_, union)| union.contains("} | {")) {
        let kinds = union.trim().trim_end_matches(';').replace(" \n", " ").replace('\n', " ").replace(", }", " }");
        return format!("{before} =\n  | {};\n", kinds.replace("} | {", "}\n  | {"));
    }
    let mut text = String::new();
    for line in lines.lines().map(str::trim_end) {
        let outside = line.is_empty() || line.starts_with("export ") || !text.contains("export ");
        let line = line.replace(", };", ";\n};");
        let line = line.strip_suffix(',').map_or(line.clone(), |member| format!("{member};"));
        text.push_str(if outside { "" } else { "  " });
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The whole file.
fn file() -> String {
    let mut text = String::from(
        "// The JSON forms of reports, questions, answers and log entries. `cargo xtask types` makes this file from\n\
         // crates/belljar-core/src/{wire,entry}.rs: change those.\n",
    );
    declaration::<Outcome>(&mut text);
    declaration::<wire::Report<'_, ts_rs::Dummy>>(&mut text);
    declaration::<Refusal>(&mut text);
    declaration::<Edited>(&mut text);
    declaration::<Part>(&mut text);
    declaration::<wire::Artifact<'_>>(&mut text);
    declaration::<wire::LogHead>(&mut text);
    declaration::<Divergence>(&mut text);
    declaration::<wire::Question<'_>>(&mut text);
    declaration::<wire::Answer>(&mut text);
    declaration::<wire::Changed>(&mut text);
    declaration::<crate::question::Scope>(&mut text);
    declaration::<entry::Limits>(&mut text);
    declaration::<entry::Usage>(&mut text);
    let entries = Entry::declarations();
    text.push_str(
        "\n/** What every entry has. */\nexport interface Chained {\n  /** Its number, from 0. */\n  n: number;\n  \
         /** SHA-256 of the line before; 64 zeros in the first. */\n  prev: string;\n  \
         /** The called run that it is of, by the tickets of the calls that lead to it (\"3.1\"); nothing if it is the run itself. */\n  run?: string;\n}\n",
    );
    for entry in &entries {
        entry.write(&mut text);
    }
    let names = entries.iter().map(|entry| entry.name).collect::<Vec<_>>().join("\n  | ");
    let _ =
        writeln!(text, "\n/** An entry of a log of version {}. */\nexport type Entry =\n  | {names};", entry::VERSION);
    let members = entries.iter().flat_map(|entry| &entry.members).map(|member| (member.former, member.name));
    let objects = entry::Limits::FORMER.iter().chain(entry::Usage::FORMER).copied();
    let mut former: Vec<_> = members.chain(objects).filter_map(|(then, now)| Some((then?, now))).collect();
    former.sort_unstable();
    former.dedup();
    text.push_str("\n/** The names that members of entries had in version 1, by their names. */\n");
    text.push_str("export const FORMER: Readonly<Record<string, string>> = {\n");
    for (then, now) in former {
        let _ = writeln!(text, "  {now}: {then:?},");
    }
    text.push_str("};\n");
    text
}

#[test]
fn the_types_of_typescript_are_those_of_rust() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/src/wire.ts");
    let (made, found) = (file(), std::fs::read_to_string(path).unwrap_or_default());
    if std::env::var_os("BELLJAR_UPDATE").is_some() {
        std::fs::write(path, made).unwrap();
    } else {
        assert!(made == found, "web/src/wire.ts is not what the Rust types say: run `cargo xtask types`");
    }
}
