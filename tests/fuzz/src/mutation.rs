//! Changes of an input.

use std::ops::Range;

use crate::random::Random;

/// Bytes that parsers have an eye on, and edges of numbers.
const BYTES: [u8; 24] = [
    0, 1, 0x7f, 0x80, 0xff, b'\n', b' ', b'"', b'\'', b'\\', b'{', b'}', b'[', b']', b'(', b')', b',', b':', b'/',
    b'*', b'.', b'0', b'-', b'=',
];

/// A changed copy of `input`, of at most `most` bytes. Parts may come from `other`, words from `words`.
pub fn mutate(input: &[u8], other: &[u8], words: &[&str], most: usize, random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..1 << random.below(5) {
        change(&mut bytes, other, words, random);
        bytes.truncate(most);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], words: &[&str], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    match random.below(12) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let (Some(byte), Some(new)) = (bytes.get_mut(at), random.pick(&BYTES)) {
                *byte = *new;
            }
        }
        2 => bytes.insert(at, random.number().to_le_bytes()[0]),
        3 => bytes.extend(random.pick(&BYTES)),
        4 => drop(bytes.drain(range(bytes.len(), random))),
        // A part stands twice.
        5 => {
            let part = bytes.get(range(bytes.len(), random)).unwrap_or_default().to_vec();
            put(bytes, at..at, &part);
        }
        // A part stands elsewhere.
        6 => {
            let part: Vec<u8> = bytes.drain(range(bytes.len(), random)).collect();
            let at = random.below(bytes.len() + 1);
            put(bytes, at..at, &part);
        }
        7 => {
            let part = other.get(range(other.len(), random)).unwrap_or_default();
            put(bytes, at..at, part);
        }
        // The beginning of one and the end of the other.
        8 => {
            bytes.truncate(at);
            bytes.extend(other.get(random.below(other.len() + 1)..).unwrap_or_default());
        }
        9 => number(bytes, at, random),
        10 => {
            let word = random.pick(words).copied().unwrap_or_default();
            put(bytes, range(bytes.len(), random), word.as_bytes());
        }
        _ => {
            let word = random.pick(words).copied().unwrap_or_default();
            put(bytes, at..at, word.as_bytes());
        }
    }
}

/// A part of so many bytes: mostly a short one.
fn range(length: usize, random: &mut Random) -> Range<usize> {
    let start = random.below(length + 1);
    let most = if random.below(4) == 0 { length } else { 16 };
    start..(start + random.below(most + 1)).min(length)
}

fn put(bytes: &mut Vec<u8>, place: Range<usize>, part: &[u8]) {
    bytes.splice(place, part.iter().copied());
}

/// Another number where one is written in digits.
fn number(bytes: &mut Vec<u8>, from: usize, random: &mut Random) {
    let numbers = ["0", "1", "-1", "64", "128", "255", "65536", "4294967296", "9007199254740993", "1e400", "0.5"];
    let digit = |bytes: &[u8], at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let Some(start) = (from..bytes.len()).find(|at| digit(bytes, *at)) else { return };
    let end = (start..bytes.len()).find(|at| !digit(bytes, *at)).unwrap_or(bytes.len());
    put(bytes, start..end, random.pick(&numbers).copied().unwrap_or_default().as_bytes());
}
