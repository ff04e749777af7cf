//! The container of a recording: a tar archive (POSIX ustar) of plain files in one fixed form, so that the same parts
//! are the same bytes, any tar program can unpack them, and nothing in it can be read in two ways.
//!
//! Nothing is compressed: a reader never makes more of it than it was given.

use crate::recording::error::RecordingError;

const BLOCK: usize = 512;

/// Bytes of a part's name (100): what the format's first field holds.
pub(crate) const NAME: usize = 100;

/// The header of a file: no owner, no moment, read by all.
fn header(name: &str, size: usize) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(field) = block.get_mut(at..at + bytes.len()) {
            field.copy_from_slice(bytes);
        }
    };
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    if let Some(field) = block.get_mut(148..156) {
        field.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    block
}

/// Bytes of an archive of parts with these sizes.
pub(crate) fn size(parts: impl Iterator<Item = usize>) -> usize {
    parts.fold(2 * BLOCK, |sum, part| {
        sum.saturating_add(BLOCK).saturating_add(part.div_ceil(BLOCK).saturating_mul(BLOCK))
    })
}

/// Packs parts in their order. Names have at most [`NAME`] bytes.
pub(crate) fn pack<'a>(parts: impl Iterator<Item = (String, &'a [u8])>) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, bytes) in parts {
        archive.extend(header(&name, bytes.len()));
        archive.extend(bytes);
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    archive.resize(archive.len() + 2 * BLOCK, 0);
    archive
}

/// The parts of an archive in their order.
///
/// # Errors
///
/// If anything about it is not as [`pack`] writes it.
pub(crate) fn unpack(archive: &[u8]) -> Result<Vec<(&str, &[u8])>, RecordingError> {
    let broken = |at: usize, reason: &str| RecordingError::Container { at, reason: reason.to_owned() };
    let mut parts = Vec::new();
    let mut at = 0;
    loop {
        let block = archive.get(at..at + BLOCK).ok_or_else(|| broken(at, "it is cut off"))?;
        if block.iter().all(|byte| *byte == 0) {
            return match archive.get(at + BLOCK..) {
                Some(rest) if rest.len() == BLOCK && rest.iter().all(|byte| *byte == 0) => Ok(parts),
                _ => Err(broken(at, "it does not end with exactly two empty blocks")),
            };
        }
        let text = |field: &[u8]| -> Option<String> {
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
            std::str::from_utf8(field.get(..end)?).ok().map(str::to_owned)
        };
        let end = block.iter().take(NAME).position(|byte| *byte == 0).unwrap_or(NAME);
        let name = std::str::from_utf8(&block[..end]).map_err(|_| broken(at, "a part's name is not UTF-8"))?;
        let size = text(&block[124..136]).and_then(|digits| usize::from_str_radix(&digits, 8).ok());
        let size = size.ok_or_else(|| broken(at, "a part's size is not a number"))?;
        if header(name, size) != block {
            let reason = format!("the part {name:?} does not have the header that a recording's parts have");
            return Err(RecordingError::Container { at, reason });
        }
        let start = at + BLOCK;
        let bytes = start.checked_add(size).and_then(|end| archive.get(start..end));
        let bytes = bytes.ok_or_else(|| broken(at, "its last part is cut off"))?;
        let next = (start + size).next_multiple_of(BLOCK);
        let padding = archive.get(start + size..next).ok_or_else(|| broken(at, "its last part is cut off"))?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(broken(start + size, "there is something between two parts"));
        }
        parts.push((name, bytes));
        at = next;
    }
}
