//! JSON Schema's official test suite, of the drafts that are read.
//!
//! `suite.txt` beside this file lists every schema of the suite that is refused, by the keyword that is unsupported, and
//! every verdict that differs from the suite's, with the reason. The test compares the list exactly: a schema that is
//! newly refused, newly read or newly judged otherwise makes it fail. `BELLJAR_UPDATE=1` writes the list anew. It
//! writes neither a refusal whose keyword is not in [`UNSUPPORTED`] nor a verdict without a reason in [`INTENDED`].
//!
//! `cargo xtask setup` fetches the suite. The test fails without it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests, helpers included")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use belljar_schema::Schema;
use serde_json::Value;

/// The suite's folder for each draft, and what its schemas name as theirs where they name nothing.
const DRAFTS: [(&str, &str); 5] = [
    ("draft4", "http://json-schema.org/draft-04/schema#"),
    ("draft6", "http://json-schema.org/draft-06/schema#"),
    ("draft7", "http://json-schema.org/draft-07/schema#"),
    ("draft2019-09", "https://json-schema.org/draft/2019-09/schema"),
    ("draft2020-12", "https://json-schema.org/draft/2020-12/schema"),
];

/// The keywords that are not supported, and part of the sentence that refuses them.
const UNSUPPORTED: [(&str, &str); 6] = [
    ("$dynamicRef", "this is not supported; write $ref"),
    ("$id", "only the whole schema may have an $id"),
    ("id", "only the whole schema may have an id"),
    ("$recursiveRef", "this is not supported; write $ref"),
    ("$ref", "it refers to"),
    ("$schema", "names no known dialect"),
];

/// Verdicts that differ from the suite's and are meant to: the file, and the reason.
const INTENDED: [(&str, &str); 2] = [
    ("draft4/optional/zeroTerminatedFloats.json", "1.0 is an integer in every draft, as it is from draft 6 on"),
    ("draft7/optional/content.json", "contentEncoding and contentMediaType annotate, as they do from 2019-09 on"),
];

/// How many of a draft's verdicts agree at least. A suite that is not whole must not pass.
const ENOUGH: usize = 500;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/json-schema-suite/tests")
}

/// The suite's files below a folder, by their paths within it. Those of `format` are left out: it annotates.
fn files(folder: &Path, within: &str, found: &mut BTreeMap<String, Value>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| {
        panic!("{}: {error}; `cargo xtask setup` fetches JSON Schema's test suite", folder.display())
    });
    for entry in entries {
        let path = entry.unwrap().path();
        let name = format!("{within}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            files(&path, &format!("{name}/"), found);
        } else if name.ends_with(".json") && !name.starts_with("optional/format") {
            found.insert(name, serde_json::from_slice(&fs::read(path).unwrap()).unwrap());
        }
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

/// What became of one draft's part of the suite.
#[derive(Default)]
struct Found {
    agree: usize,
    /// The schemas that were refused, by the unsupported keyword.
    refused: BTreeMap<&'static str, Vec<String>>,
    /// The verdicts that differ, with the reasons.
    differ: Vec<String>,
}

impl Found {
    fn group(&mut self, draft: &str, dialect: &str, file: &str, group: &Value) {
        let mut schema = group["schema"].clone();
        if let Value::Object(map) = &mut schema {
            map.entry("$schema").or_insert(dialect.into());
        }
        let at = format!("{file}: {}", text(group, "description"));
        let schema = match Schema::compile(&schema) {
            Ok(schema) => schema,
            Err(error) => {
                let message = error.to_string();
                let (place, why) = message.split_once(": ").unwrap();
                let keyword = place.rsplit('/').next().unwrap();
                let known = UNSUPPORTED.iter().find(|(name, part)| *name == keyword && why.contains(part));
                let (name, _) = known.unwrap_or_else(|| panic!("{draft}/{at} is refused: {message}"));
                self.refused.entry(name).or_default().push(at);
                return;
            }
        };
        for test in group["tests"].as_array().unwrap() {
            let found = schema.check(&test["data"]);
            if found.is_ok() == test["valid"].as_bool().unwrap() {
                self.agree += 1;
                continue;
            }
            let at = format!("{at}: {}", text(test, "description"));
            let path = format!("{draft}/{file}");
            let intended = INTENDED.iter().find(|(known, _)| *known == path);
            let (_, why) = intended.unwrap_or_else(|| panic!("{draft}/{at} is judged {found:?}"));
            self.differ.push(format!("{at} ({why})"));
        }
    }

    fn write(&self, draft: &str, list: &mut String) {
        let refused: usize = self.refused.values().map(Vec::len).sum();
        writeln!(
            list,
            "{draft}: {} verdicts agree, {} differ; {refused} schemas are refused",
            self.agree,
            self.differ.len()
        )
        .unwrap();
        for row in &self.differ {
            writeln!(list, "  differs: {row}").unwrap();
        }
        for (keyword, rows) in &self.refused {
            for row in rows {
                writeln!(list, "  refused for {keyword}: {row}").unwrap();
            }
        }
    }
}

#[test]
fn the_official_suite_is_judged_as_listed() {
    let mut list = String::new();
    for (draft, dialect) in DRAFTS {
        let mut content = BTreeMap::new();
        files(&folder().join(draft), "", &mut content);
        let mut found = Found::default();
        for (file, groups) in &content {
            for group in groups.as_array().unwrap() {
                found.group(draft, dialect, file, group);
            }
        }
        assert!(found.agree > ENOUGH, "{draft}: only {} verdicts; the suite is not whole", found.agree);
        found.write(draft, &mut list);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite.txt");
    if std::env::var_os("BELLJAR_UPDATE").is_some() {
        fs::write(&path, &list).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    for row in list.lines().filter(|row| !known.lines().any(|other| other == *row)) {
        println!("new:  {row}");
    }
    for row in known.lines().filter(|row| !list.lines().any(|other| other == *row)) {
        println!("gone: {row}");
    }
    assert!(list == known, "what the suite comes to has changed; BELLJAR_UPDATE=1 writes tests/suite.txt anew");
}
