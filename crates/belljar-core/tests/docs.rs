//! `docs/meter.md` and `docs/log.md` name limits by number; here they are compared with the code.

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
