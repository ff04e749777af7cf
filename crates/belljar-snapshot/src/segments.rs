//! Joins data segments that almost touch: engines and admission bound their number, and each costs more than the
//! zeros between two.

use wasm_encoder::{ConstExpr, DataCountSection, DataSection, Module, RawSection, SectionId};
use wasmparser::{BinaryReaderError, DataKind, Operator, Parser, Payload};

/// Zeros between two segments up to which they are joined.
const GAP: u64 = 128;

/// A snapshot's data: its memory is zero elsewhere.
pub(crate) fn join(module: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    let Some(segments) = joined(module)? else { return Ok(module.to_vec()) };
    let mut copy = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else { continue };
        if id == SectionId::Data as u8 {
            let mut data = DataSection::new();
            for bytes in &segments.passive {
                data.passive(bytes.iter().copied());
            }
            for (offset, bytes) in &segments.active {
                data.active(0, &ConstExpr::i32_const(offset.cast_signed()), bytes.iter().copied());
            }
            copy.section(&data);
        } else if id == SectionId::DataCount as u8 {
            let count = segments.passive.len() + segments.active.len();
            copy.section(&DataCountSection { count: u32::try_from(count).unwrap_or(u32::MAX) });
        } else {
            copy.section(&RawSection { id, data: module.get(range).unwrap_or_default() });
        }
    }
    Ok(copy.finish())
}

/// The passive segments, whose indices code may use, and the joined others.
struct Segments<'a> {
    passive: Vec<&'a [u8]>,
    active: Vec<(u32, Vec<u8>)>,
}

/// Nothing if the segments are not passive ones followed by such as are written to fixed places of memory 0 that do
/// not overlap.
fn joined(module: &[u8]) -> Result<Option<Segments<'_>>, BinaryReaderError> {
    let mut passive = Vec::new();
    let mut found: Vec<(u32, &[u8])> = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::DataSection(section) = payload? else { continue };
        for segment in section {
            let segment = segment?;
            match segment.kind {
                DataKind::Passive if found.is_empty() => passive.push(segment.data),
                DataKind::Active { memory_index: 0, offset_expr } => {
                    let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
                        return Ok(None);
                    };
                    found.push((value.cast_unsigned(), segment.data));
                }
                _ => return Ok(None),
            }
        }
    }
    found.sort_by_key(|(offset, _)| *offset);
    let mut segments: Vec<(u32, Vec<u8>)> = Vec::new();
    for (offset, data) in found {
        if let Some((start, bytes)) = segments.last_mut() {
            let end = u64::from(*start) + bytes.len() as u64;
            let Some(gap) = u64::from(offset).checked_sub(end) else { return Ok(None) };
            if gap <= GAP {
                bytes.resize(bytes.len() + gap as usize, 0);
                bytes.extend_from_slice(data);
                continue;
            }
        }
        segments.push((offset, data.to_vec()));
    }
    Ok(Some(Segments { passive, active: segments }))
}
