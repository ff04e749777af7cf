//! `docs/meter.md` and `docs/log.md` name limits by number, `docs/log.md` and `docs/wire.md` name members; here they are
//! compared with the code.

#![allow(clippy::panic, reason = "a test")]

use belljar_admit::limits as admit;
use belljar_core::limits as core;

/// A number with a comma between groups of three digits.
fn grouped(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[test]
fn the_documents_have_the_numbers_of_the_code() {
    let meter = include_str!("../../../docs/meter.md");
    for (name, number) in [
        ("CALL_FUEL", grouped(core::CALL_FUEL)),
        ("FRAME_SLOTS", grouped(admit::FRAME_SLOTS)),
        ("HELPER_SLOTS", grouped(admit::HELPER_SLOTS)),
        ("KNOWN_CALLS", grouped(admit::KNOWN_CALLS)),
        ("SLICE", format!("2^{}", core::SLICE.ilog2())),
        ("STACK_SLOTS", grouped(admit::STACK_SLOTS)),
        ("TABLE_ELEMENTS", grouped(admit::TABLE_ELEMENTS)),
        ("UNCHECKED_OPERATORS", grouped(admit::UNCHECKED_OPERATORS)),
        ("UNCHECKED_SLOTS", grouped(admit::UNCHECKED_SLOTS)),
    ] {
        let said = format!("`{name}` ({number})");
        assert!(meter.contains(&said), "docs/meter.md does not say {said}");
    }
    assert!(core::SLICE.cast_unsigned().is_power_of_two() && admit::DEEP == i64::MIN && admit::LEFT == i64::MIN + 1);
    let version = format!("This is version {} of", belljar_admit::VERSION);
    assert!(meter.contains(&version), "docs/meter.md does not say {version:?}");

    let log = include_str!("../../../docs/log.md");
    for said in [format!("at most {} MiB", core::LOG_LINE >> 20), format!("more than {} MiB", core::RECORDING >> 20)] {
        assert!(log.contains(&said), "docs/log.md does not say {said:?}");
    }
}

const TYPES: &str = include_str!("../../../web/src/wire.ts");

/// The members of a type of TypeScript, as a page of the documentation lists them.
fn members(declaration: &str) -> Vec<String> {
    let (_, body) = TYPES.split_once(declaration).unwrap_or_else(|| panic!("there is no {declaration}"));
    let (body, _) = body.split_once("\n}").unwrap_or_else(|| panic!("{declaration} does not end"));
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with("/**") && line.contains(": "));
    let names = lines.filter_map(|line| line.split_once(": ")).map(|(name, _)| name);
    names.map(|name| name.strip_suffix('?').map_or(format!("`{name}`"), |name| format!("`{name}`?"))).collect()
}

#[test]
fn the_documents_have_the_members_of_the_types() {
    let log = include_str!("../../../docs/log.md");
    let kinds: Vec<_> =
        TYPES.lines().filter_map(|line| line.trim().strip_prefix("kind: \"")?.strip_suffix("\";")).collect();
    assert_eq!(kinds.len(), 11);
    for kind in kinds {
        let (first, rest) = kind.split_at(1);
        let members = members(&format!("export interface {}{rest}Entry extends Chained {{", first.to_uppercase()));
        let row = format!("| `{kind}` | {} |\n", members.get(1..).unwrap_or_default().join(", "));
        assert!(log.contains(&row), "docs/log.md does not say {row}");
    }
    let wire = include_str!("../../../docs/wire.md");
    for (declaration, all) in [
        ("Report<Output> = {", 14),
        ("Question = {", 27),
        ("Changed = {", 4),
        ("Edited = {", 4),
        ("Usage = {", 12),
        ("Artifact = {", 3),
    ] {
        let members = members(&format!("export type {declaration}"));
        assert_eq!(members.len(), all, "{members:?}");
        for name in members {
            let name = name.trim_end_matches('?');
            let quoted = format!("\"{}\":", name.trim_matches('`'));
            assert!(wire.contains(name) || wire.contains(&quoted), "docs/wire.md does not say {name}");
        }
    }
}
