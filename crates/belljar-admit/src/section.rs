//! Where a component's stack traces come from: which module its code was compiled from, and the positions in it.
//!
//! A program and its engine in one component carry this in the component's custom section `belljar:positions`, because
//! the engine knows the compiled program only. The section holds the module's name and the pairs of [`Positions`], as
//! differences from one pair to the next, in LEB128. It holds nothing of the machine that made it, so that the same
//! source still makes the same bytes.

use wasmparser::{Chunk, Parser, Payload};

use crate::limits;
use crate::origin::Origin;
use crate::positions::{Pair, Positions};
use crate::refusal::{Refusal, too_much};

/// The component's custom section that holds the positions.
pub(crate) const SECTION: &str = "belljar:positions";

/// Bytes of a module's name: a tool's name and an ending.
const NAME: usize = 80;

/// What a component's custom section says of its origin; nothing if it says nothing.
///
/// [`crate::admit`] checks it; this is for a host that keeps compiled code and meets the component again.
///
/// # Errors
///
/// If there is more than one section, or it is damaged or too large.
pub fn origin(component: &[u8]) -> Result<Option<Origin>, Refusal> {
    let early = Refusal::NotAComponent("it ends too early");
    let (mut parser, mut rest) = (Parser::new(0), component);
    let mut found = None;
    loop {
        let (payload, length) = match parser.parse(rest, true)? {
            Chunk::Parsed { payload, consumed } => (payload, consumed),
            Chunk::NeedMoreData(_) => return Err(early),
        };
        rest = rest.get(length..).ok_or(early.clone())?;
        match payload {
            // What is inside of modules is none of the component's own.
            Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
                rest = rest.get(unchecked_range.len()..).ok_or(early.clone())?;
            }
            Payload::CustomSection(section) if section.name() == SECTION => {
                if found.is_some() {
                    return Err(Refusal::Positions("there are two sections of them"));
                }
                found = Some(parse(section.data())?);
            }
            Payload::End(_) => return Ok(found),
            _ => {}
        }
    }
}

/// The section's contents; nothing if the code is the source, which needs no mapping.
#[cfg(any(test, feature = "wrap"))]
pub(crate) fn write(module: &str, positions: &Positions) -> Result<Option<Vec<u8>>, Refusal> {
    let Some(pairs) = positions.pairs() else { return Ok(None) };
    let mut bytes = Vec::new();
    push(&mut bytes, module.len() as u64);
    bytes.extend_from_slice(module.as_bytes());
    push(&mut bytes, pairs.len() as u64);
    let mut last: Pair = (0, 0, 0, 0);
    for &pair in pairs {
        push(&mut bytes, u64::from(pair.0.wrapping_sub(last.0)));
        // A new line begins at its first column.
        let from = if pair.0 == last.0 { last.1 } else { 0 };
        push(&mut bytes, u64::from(pair.1.wrapping_sub(from)));
        push(&mut bytes, zigzag(pair.2, last.2));
        push(&mut bytes, zigzag(pair.3, last.3));
        last = pair;
    }
    if bytes.len() > limits::POSITIONS_BYTES {
        return Err(too_much("bytes of positions", bytes.len(), limits::POSITIONS_BYTES));
    }
    // What cannot be read must not be written.
    parse(&bytes)?;
    Ok(Some(bytes))
}

fn parse(bytes: &[u8]) -> Result<Origin, Refusal> {
    if bytes.len() > limits::POSITIONS_BYTES {
        return Err(too_much("bytes of positions", bytes.len(), limits::POSITIONS_BYTES));
    }
    let early = Refusal::Positions("they end too early");
    let mut rest = bytes;
    let length = usize::try_from(pull(&mut rest)?).unwrap_or(usize::MAX);
    let (name, mut rest) = rest.split_at_checked(length).ok_or(early.clone())?;
    let plain = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > NAME || !name.iter().all(plain) {
        return Err(Refusal::Positions("the module's name is not a tool's name with an ending"));
    }
    let module = String::from_utf8_lossy(name).into_owned();
    let count = usize::try_from(pull(&mut rest)?).unwrap_or(usize::MAX);
    // Each takes four bytes at least: a count beyond that must not allocate anything.
    if count > rest.len() / 4 {
        return Err(early);
    }
    let mut pairs = Vec::with_capacity(count);
    let mut last: Pair = (0, 0, 0, 0);
    for _ in 0..count {
        let far = || Refusal::Positions("a position is beyond all files");
        let add =
            |base: u32, more: u64| u32::try_from(more).ok().and_then(|more| base.checked_add(more)).ok_or_else(far);
        let line = add(last.0, pull(&mut rest)?)?;
        let column = add(if line == last.0 { last.1 } else { 0 }, pull(&mut rest)?)?;
        let source_line = unzigzag(last.2, pull(&mut rest)?).ok_or_else(far)?;
        let source_column = unzigzag(last.3, pull(&mut rest)?).ok_or_else(far)?;
        let pair = (line, column, source_line, source_column);
        if pair < last {
            return Err(Refusal::Positions("they are not in order"));
        }
        pairs.push(pair);
        last = pair;
    }
    if !rest.is_empty() {
        return Err(Refusal::Positions("something follows them"));
    }
    Ok(Origin { file: module.clone(), module, positions: Positions::of(pairs) })
}

/// The difference as a number whose size is that of the difference: 0, -1, 1, -2, …
#[cfg(any(test, feature = "wrap"))]
fn zigzag(to: u32, from: u32) -> u64 {
    let difference = i64::from(to) - i64::from(from);
    ((difference << 1) ^ (difference >> 63)) as u64
}

fn unzigzag(from: u32, number: u64) -> Option<u32> {
    let difference = (number >> 1) as i64 ^ -((number & 1) as i64);
    u32::try_from(i64::from(from).checked_add(difference)?).ok()
}

/// Writes a number as unsigned LEB128.
#[cfg(any(test, feature = "wrap"))]
fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number in unsigned LEB128 of at most 35 bits, in its shortest form: one mapping has one way to be written.
fn pull(bytes: &mut &[u8]) -> Result<u64, Refusal> {
    let mut number = 0u64;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Refusal::Positions("they end too early"))?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return if byte == 0 && shift > 0 { Err(Refusal::Positions("a number is padded")) } else { Ok(number) };
        }
    }
    Err(Refusal::Positions("a number is too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        parse(bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let pairs =
            vec![(0, 0, 4, 2), (0, 9, 4, 2), (0, 9, 5, 0), (3, 1, 1, 70_000), (u32::MAX, u32::MAX, 0, u32::MAX)];
        let bytes = write("tool.ts", &Positions::of(pairs.clone())).unwrap().expect("there is something to say");
        let origin = parse(&bytes).unwrap();
        assert_eq!((origin.module.as_str(), origin.file.as_str()), ("tool.ts", "tool.ts"));
        assert_eq!(origin.positions.pairs(), Some(pairs.as_slice()));
        assert_eq!(origin.map("at f (tool.ts:1:1)"), "at f (tool.ts:5:3)");
        // The largest position there is does not wrap around.
        let far = format!("tool.ts:{0}:{0}", u32::MAX);
        assert!(!origin.map(&far).contains(":0"), "{}", origin.map(&far));
        assert_eq!(write("tool.js", &Positions::same()).unwrap(), None);
        assert!(write("", &Positions::of(Vec::new())).is_err());
        assert!(write("über.ts", &Positions::of(Vec::new())).is_err());
    }

    #[test]
    fn a_damaged_section_is_refused() {
        let good = write("a.ts", &Positions::of(vec![(0, 5, 0, 7), (2, 300, 1, 0)])).unwrap().expect("something");
        for end in 0..good.len() {
            assert!(parse(&good[..end]).is_err(), "cut off at {end}");
        }
        // Whatever a byte is changed to, it is read or refused, and what is read is written the same.
        for at in 0..good.len() {
            for byte in 0..=255 {
                let mut bad = good.clone();
                bad[at] = byte;
                if let Ok(origin) = parse(&bad) {
                    assert_eq!(write(&origin.module, &origin.positions).unwrap().as_ref(), Some(&bad), "byte {at}");
                }
            }
        }
        assert!(refused(b"\x04a.ts\x00\x00").contains("something follows"));
        assert!(refused(b"\x04a.ts\x80\x00").contains("padded"));
        assert!(refused(b"\x04a.ts\xff\xff\xff\xff\xff\x01").contains("too long"));
        assert!(refused(b"\x04a.ts\xff\xff\xff\xff\x0f\0\0\0\0").contains("end too early"), "a count that lies");
        assert!(refused(b"\x00\x00").contains("name"));
        assert!(refused(b"\x04a/ts\x00").contains("name"));
        assert!(refused(b"\x04a.ts\x01\x00\x00\x01\x00").contains("beyond"), "before the first line");
        assert!(refused(b"\x04a.ts\x02\x00\x00\x02\x00\x00\x00\x01\x00").contains("order"));
        let huge = vec![0; limits::POSITIONS_BYTES + 1];
        assert!(refused(&huge).contains("bytes of positions"));
    }

    fn component() -> Vec<u8> {
        let module = wat::parse_str(
            r#"(module (memory (export "memory") 1) (func (export "run") (param i32 i32) (result i32) unreachable)
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#,
        );
        crate::wrap(&module.unwrap(), crate::WorldKind::Tool, None).unwrap()
    }

    fn with_section(mut component: Vec<u8>, name: &str, data: &[u8]) -> Vec<u8> {
        use wasm_encoder::ComponentSection;
        wasm_encoder::CustomSection { name: name.into(), data: data.into() }.append_to_component(&mut component);
        component
    }

    #[test]
    fn a_component_carries_one_origin_or_none() {
        let plain = component();
        assert!(crate::admit(&plain).unwrap().origin.is_none());
        let positions = Positions::of(vec![(0, 0, 9, 3)]);
        let carrying = crate::embed_positions(plain.clone(), "a.ts", &positions).unwrap();
        assert_eq!(crate::admit(&carrying).unwrap().origin.expect("its origin").map("a.ts:1:1"), "a.ts:10:4");
        assert_eq!(origin(&carrying).unwrap().expect("its origin").map("a.ts:1:1"), "a.ts:10:4");
        assert_eq!(crate::embed_positions(plain.clone(), "a.js", &Positions::same()).unwrap(), plain);
        let admitted = crate::admit(&carrying).unwrap();
        assert_eq!(admitted.core, crate::admit(&plain).unwrap().core, "what runs is the same");

        let twice = crate::embed_positions(carrying.clone(), "a.ts", &positions).unwrap();
        assert_eq!(crate::admit(&twice).unwrap_err(), Refusal::Positions("there are two sections of them"));
        let garbage = with_section(plain.clone(), SECTION, b"\xff\xff\xff\xff\xff");
        assert!(matches!(crate::admit(&garbage), Err(Refusal::Positions(_))));
        let huge = with_section(plain, SECTION, &vec![0; limits::POSITIONS_BYTES + 1]);
        assert!(matches!(crate::admit(&huge), Err(Refusal::TooMuch { what: "bytes of positions", .. })));
        for end in 0..carrying.len() {
            let _ = origin(&carrying[..end]);
        }
    }

    #[test]
    fn what_a_core_module_carries_is_not_the_components() {
        let mut module = wat::parse_str(
            r#"(module (memory (export "memory") 1) (func (export "run") (param i32 i32) (result i32) unreachable)
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#,
        )
        .unwrap();
        use wasm_encoder::Section;
        wasm_encoder::CustomSection { name: SECTION.into(), data: b"garbage".into() }.append_to(&mut module);
        let component = crate::wrap(&module, crate::WorldKind::Tool, None).unwrap();
        assert!(crate::admit(&component).unwrap().origin.is_none());
    }
}
