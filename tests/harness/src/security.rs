//! The table of `docs/security.md`: what a guest can make the host do, and which case proves that a limit bounds it. It is
//! made of the cases, so that no row stands there without a test behind it.

use std::path::Path;

use crate::case::{self, Case};

const BEGIN: &str = "<!-- made of tests/cases: BELLJAR_UPDATE=1 cargo test --release -p belljar-cases security -->\n";
const END: &str = "<!-- end -->\n";

fn row(case: &Case) -> Option<String> {
    let proves = case.file.proves.as_ref()?;
    let host = |names: &[&str]| {
        let all = case.file.hosts.is_empty();
        if all || case.file.hosts.iter().any(|host| names.contains(&host.as_str())) { "yes" } else { "" }
    };
    let (server, page) = (host(&["server"]), host(&["browser", "browser-replay"]));
    let case = format!("[`{0}`](../tests/cases/{0})", case.name);
    Some(format!("| {} | {} | {case} | {server} | {page} |\n", proves.work, proves.limit))
}

#[test]
fn the_table_of_security_is_what_the_cases_prove() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = case::find(&root.join("tests/cases")).unwrap_or_else(|error| panic!("{error}"));
    let cases = found.iter().filter_map(|case| case.as_ref().ok());
    // A case that fails proves nothing.
    let rows: Vec<String> = cases.filter(|case| case.file.known_failure.is_none()).filter_map(row).collect();
    assert!(rows.len() >= 30, "{} rows", rows.len());
    let head = "| the host's work | what bounds it | the case | server | page |\n| --- | --- | --- | --- | --- |\n";
    let table = format!("{BEGIN}\n{head}{}\n{END}", rows.concat());
    let page = root.join("docs/security.md");
    let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    let (before, rest) = text.split_once(BEGIN).unwrap_or_else(|| panic!("docs/security.md has no {BEGIN}"));
    let (_, after) = rest.split_once(END).unwrap_or_else(|| panic!("docs/security.md has no {END}"));
    let made = format!("{before}{table}{after}");
    if std::env::var_os("BELLJAR_UPDATE").is_some() {
        std::fs::write(&page, made).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    } else {
        assert!(made == text, "docs/security.md is not what the cases prove: run this test with BELLJAR_UPDATE=1");
    }
}
