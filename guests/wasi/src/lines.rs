//! Standard error as lines of the console, and the last of them, for a command that fails.

/// Bytes of a line that are kept until its end comes; a longer one is shown in parts.
const LONGEST: usize = 4096;

/// Bytes of the last lines that are kept.
const KEPT: usize = 2048;

/// The line that is being written, and the last ones.
#[derive(Debug)]
pub struct Lines {
    line: [u8; LONGEST],
    length: usize,
    /// The current line was shown in part.
    continued: bool,
    last: [u8; KEPT],
    kept: usize,
}

impl Lines {
    /// Nothing was written.
    pub const NEW: Lines = Lines { line: [0; LONGEST], length: 0, continued: false, last: [0; KEPT], kept: 0 };

    /// Takes what is written next; `show` is given each line that is whole. It need not be UTF-8.
    pub fn write(&mut self, mut text: &[u8], mut show: impl FnMut(&[u8])) {
        while !text.is_empty() {
            let end = text.iter().position(|byte| *byte == b'\n');
            let part = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
            let taken = self.put(part);
            text = text.get(taken..).unwrap_or_default();
            if taken < part.len() {
                self.part(&mut show);
            } else if end.is_some() {
                text = text.get(1..).unwrap_or_default();
                if self.length > 0 || !self.continued {
                    self.end(&mut show);
                }
                self.continued = false;
            }
        }
    }

    /// Shows what has no end yet.
    pub fn flush(&mut self, mut show: impl FnMut(&[u8])) {
        if self.length > 0 {
            self.end(&mut show);
        }
        self.continued = false;
    }

    /// The last lines.
    pub fn last(&self) -> &[u8] {
        self.last.get(..self.kept).unwrap_or_default()
    }

    fn put(&mut self, text: &[u8]) -> usize {
        let room = self.line.get_mut(self.length..).unwrap_or_default();
        let count = room.len().min(text.len());
        for (to, from) in room.iter_mut().zip(text) {
            *to = *from;
        }
        self.length += count;
        count
    }

    /// Shows the line so far, and keeps the beginning of a character at its end.
    fn part(&mut self, show: &mut impl FnMut(&[u8])) {
        let line = self.line.get(..self.length).unwrap_or_default();
        let rest = incomplete(line);
        let whole = self.length - rest;
        show(line.get(..whole).unwrap_or_default());
        self.line.copy_within(whole..self.length, 0);
        self.length = rest;
        self.continued = true;
    }

    fn end(&mut self, show: &mut impl FnMut(&[u8])) {
        let line = self.line.get(..self.length).unwrap_or_default();
        show(line);
        let line = line.get(line.len().saturating_sub(KEPT - 1)..).unwrap_or_default();
        // Whole lines go as long as there is no room.
        while self.kept + line.len() + 1 > KEPT {
            let first = self.last.iter().take(self.kept).position(|byte| *byte == b'\n');
            let gone = first.map_or(self.kept, |end| end + 1);
            self.last.copy_within(gone..self.kept, 0);
            self.kept -= gone;
        }
        for byte in line.iter().chain(b"\n") {
            if let Some(slot) = self.last.get_mut(self.kept) {
                *slot = *byte;
                self.kept += 1;
            }
        }
        self.length = 0;
    }
}

/// Bytes at the end of a text that begin a character which may go on.
fn incomplete(text: &[u8]) -> usize {
    let Some(last) = text.utf8_chunks().last() else { return 0 };
    let bytes = last.invalid();
    match core::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => bytes.len(),
        _ => 0,
    }
}

/// Writes a text as UTF-8 into `into`, with U+FFFD in place of what is none; how many bytes it has then.
pub fn lossy(text: &[u8], into: &mut [u8]) -> usize {
    let mut length = 0;
    for chunk in text.utf8_chunks() {
        let mark = if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
        for part in [chunk.valid(), mark] {
            let Some(room) = into.get_mut(length..length + part.len()) else { return length };
            room.copy_from_slice(part.as_bytes());
            length += part.len();
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(parts: &[&[u8]]) -> (Vec<String>, String) {
        let (mut lines, mut seen) = (Lines::NEW, Vec::new());
        let mut show = |line: &[u8]| seen.push(String::from_utf8_lossy(line).into_owned());
        for part in parts {
            lines.write(part, &mut show);
        }
        lines.flush(&mut show);
        let last = String::from_utf8_lossy(lines.last()).into_owned();
        (seen, last)
    }

    #[test]
    fn lines_end_where_the_command_ends_them() {
        let (seen, last) = shown(&[b"a", b"b\n\nc\nd\xc3", b"\xa4"]);
        assert_eq!(seen, ["ab", "", "c", "dä"]);
        assert_eq!(last, "ab\n\nc\ndä\n");
    }

    #[test]
    fn a_long_line_is_shown_in_parts_of_whole_characters() {
        let long = "ä".repeat(3000);
        let (seen, _) = shown(&[b"x", long.as_bytes(), b"\n", b"next\n"]);
        assert_eq!(seen.len(), 3);
        assert_eq!(seen.concat(), format!("x{long}next"));
        // One that fills the room to the last byte has one end.
        let full = "y".repeat(LONGEST);
        assert_eq!(shown(&[full.as_bytes(), b"\n"]).0, [full]);
    }

    #[test]
    fn the_last_lines_are_whole() {
        let lines: Vec<String> = (0..1000).map(|n| format!("line {n}\n")).collect();
        let (_, last) = shown(&[lines.concat().as_bytes()]);
        assert!(last.len() <= KEPT && last.starts_with("line ") && last.ends_with("line 999\n"), "{last}");
    }

    #[test]
    fn what_is_no_text_is_marked() {
        let mut into = [0; 64];
        let length = lossy(b"a\xffb\xe2\x82", &mut into);
        assert_eq!(core::str::from_utf8(&into[..length]).unwrap(), "a\u{fffd}b\u{fffd}");
        assert_eq!(lossy("ä".as_bytes(), &mut [0; 1]), 0);
    }
}
