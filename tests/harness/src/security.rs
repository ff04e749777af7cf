//! The tables of `docs/security.md`: what a guest can make the host do, and which case proves that a limit bounds it; and what
//! tries each attack of the catalogue, of `tests/attacks.toml`. They are made of the tests, so that no row stands there without
//! one behind it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::case::{self, Case};

const BEGIN: &str = "<!-- made of tests/cases: BELLJAR_UPDATE=1 cargo test --release -p belljar-cases security -->\n";
const ATTACKS: &str =
    "<!-- made of tests/attacks.toml: BELLJAR_UPDATE=1 cargo test --release -p belljar-cases security -->\n";
const END: &str = "<!-- end -->\n";

/// The groups of the catalogue, and how many attacks each has.
const GROUPS: [(&str, usize); 6] = [("NET", 27), ("SEC", 6), ("APR", 8), ("POL", 7), ("FS", 12), ("ISO", 3)];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cases() -> Vec<Case> {
    let found = case::find(&root().join("tests/cases")).unwrap_or_else(|error| panic!("{error}"));
    // A case that fails proves nothing.
    found.into_iter().filter_map(Result::ok).filter(|case| case.file.known_failure.is_none()).collect()
}

fn runs_on(case: &Case, names: &[&str]) -> bool {
    case.file.hosts.is_empty() || case.file.hosts.iter().any(|host| names.contains(&host.as_str()))
}

const SERVER: &[&str] = &["server"];
const PAGE: &[&str] = &["browser", "browser-replay"];

/// Compares what stands behind a marker of `docs/security.md`, or writes it.
fn compare(begin: &str, made: &str) {
    let page = root().join("docs/security.md");
    let text = text_of(&page);
    let (before, rest) = text.split_once(begin).unwrap_or_else(|| panic!("docs/security.md has no {begin}"));
    let (_, after) = rest.split_once(END).unwrap_or_else(|| panic!("docs/security.md has no {END}"));
    let made = format!("{before}{begin}\n{made}\n{END}{after}");
    if std::env::var_os("BELLJAR_UPDATE").is_some() {
        std::fs::write(&page, made).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    } else {
        assert!(made == text, "docs/security.md is not what the tests prove: run this test with BELLJAR_UPDATE=1");
    }
}

fn row(case: &Case) -> Option<String> {
    let proves = case.file.proves.as_ref()?;
    let host = |names| if runs_on(case, names) { "yes" } else { "" };
    let (server, page) = (host(SERVER), host(PAGE));
    let case = link(&case.name);
    Some(format!("| {} | {} | {case} | {server} | {page} |\n", proves.work, proves.limit))
}

fn link(case: &str) -> String {
    format!("[`{case}`](../tests/cases/{case})")
}

/// `tests/attacks.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    attack: Vec<Attack>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attack {
    id: String,
    /// What is tried.
    what: String,
    /// Where it can be tried.
    hosts: Hosts,
    /// Cases that try it, by their paths below `tests/cases`.
    #[serde(default)]
    cases: Vec<String>,
    /// Tests that try it: a file, a colon and the test's name.
    #[serde(default)]
    tests: Vec<String>,
    /// What of it no test tries, and why.
    open: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Hosts {
    Server,
    Page,
    Both,
}

impl Attack {
    fn is_tried(&self) -> bool {
        !self.cases.is_empty() || !self.tests.is_empty()
    }

    /// What is wrong with what it says.
    fn faults(&self, cases: &[Case]) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.is_tried() && self.open.is_none() {
            faults.push("it has neither cases nor tests, and no `open`".to_owned());
        }
        if [Some(&self.what), self.open.as_ref()].into_iter().flatten().any(|said| said.contains(['|', '\n'])) {
            faults.push("a cell of a table is one line without `|`".to_owned());
        }
        let mut on = (false, false);
        for name in &self.cases {
            match cases.iter().find(|case| case.name == *name) {
                Some(case) => on = (on.0 || runs_on(case, SERVER), on.1 || runs_on(case, PAGE)),
                None => faults.push(format!("there is no case {name} that passes")),
            }
        }
        for test in &self.tests {
            let Some((file, name)) = test.split_once(": ") else {
                faults.push(format!("{test:?} is not a file, a colon and a name"));
                continue;
            };
            let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
            if ![format!("fn {name}("), format!("test(\"{name}\"")].iter().any(|said| text.contains(said)) {
                faults.push(format!("{file} has no test {name:?}"));
            }
            // What both hosts ask runs on both.
            let shared = ["crates/belljar-core/", "crates/belljar-policy/"].iter().any(|own| file.starts_with(own));
            let page = !file.starts_with("crates/");
            on = (on.0 || !page, on.1 || page || shared);
        }
        let (server, page) = (self.hosts != Hosts::Page, self.hosts != Hosts::Server);
        if self.open.is_none() && (server && !on.0 || page && !on.1) {
            faults.push("nothing of it runs on a host that it names".to_owned());
        }
        faults.iter().map(|fault| format!("tests/attacks.toml: {}: {fault}", self.id)).collect()
    }

    fn row(&self) -> String {
        let hosts = match self.hosts {
            Hosts::Server => "server",
            Hosts::Page => "page",
            Hosts::Both => "both",
        };
        let mut by: Vec<String> = self.cases.iter().map(|case| link(case)).collect();
        let tests = self.tests.iter().filter_map(|test| test.split_once(": "));
        by.extend(tests.map(|(file, name)| {
            let short = file.trim_start_matches("crates/").trim_start_matches("tests/");
            format!("[`{short}`](../{file} \"{}\")", name.replace('"', "'"))
        }));
        let open = self.open.as_deref().unwrap_or_default();
        format!("| {} | {} | {hosts} | {} | {open} |\n", self.id, self.what, by.join(", "))
    }
}

#[test]
fn the_table_of_security_is_what_the_cases_prove() {
    let rows: Vec<String> = cases().iter().filter_map(row).collect();
    assert!(rows.len() >= 30, "{} rows", rows.len());
    let head = "| the host's work | what bounds it | the case | server | page |\n| --- | --- | --- | --- | --- |\n";
    compare(BEGIN, &format!("{head}{}", rows.concat()));
}

#[test]
fn the_table_of_attacks_has_each_of_them_and_its_tests_exist() {
    let attacks = toml::from_str(&text_of(&root().join("tests/attacks.toml")));
    let Catalogue { attack: attacks } = attacks.unwrap_or_else(|error| panic!("tests/attacks.toml: {error}"));
    let expected = GROUPS.iter().flat_map(|(group, count)| (1..=*count).map(move |n| format!("{group}-{n:02}")));
    let ids: Vec<&str> = attacks.iter().map(|attack| attack.id.as_str()).collect();
    assert_eq!(ids, expected.collect::<Vec<_>>(), "each id of the catalogue, once, in turn");
    let cases = cases();
    let faults: Vec<String> = attacks.iter().flat_map(|attack| attack.faults(&cases)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));

    let count = |which: fn(&Attack) -> bool| attacks.iter().filter(|attack| which(attack)).count();
    let whole = count(|attack| attack.open.is_none());
    let part = count(|attack| attack.open.is_some() && attack.is_tried());
    let open = count(|attack| !attack.is_tried());
    let mut made = format!(
        "{} attacks: {whole} are tried whole, {part} in part, {open} not at all.\n\n\
         | id | attack | hosts | what tries it | not covered |\n| --- | --- | --- | --- | --- |\n",
        attacks.len()
    );
    attacks.iter().for_each(|attack| made.push_str(&attack.row()));
    compare(ATTACKS, &made);
}
