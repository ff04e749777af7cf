//! Whether a text is JSON (RFC 8259): what a command wrote is its output only if it is.

/// Values inside each other that are followed. What nests deeper is left for the host to judge.
const DEEPEST: usize = 1024;

/// Where a text stops being JSON; nothing if it is JSON.
pub fn error(text: &[u8]) -> Option<usize> {
    let mut reader = Reader { text, at: 0 };
    match reader.document() {
        Ok(()) => None,
        Err(Stop::Wrong) => Some(reader.at),
        Err(Stop::Deep) => None,
    }
}

enum Stop {
    Wrong,
    Deep,
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), Stop> {
        // One bit for each value that is open: whether it is an object.
        let (mut open, mut depth) = ([0u8; DEEPEST / 8], 0usize);
        loop {
            // A value begins.
            self.space();
            let object = match self.peek() {
                Some(b'{') => Some(true),
                Some(b'[') => Some(false),
                _ => None,
            };
            if let Some(object) = object {
                self.at += 1;
                let slot = open.get_mut(depth / 8).ok_or(Stop::Deep)?;
                let bit = 1 << (depth % 8);
                *slot = if object { *slot | bit } else { *slot & !bit };
                depth += 1;
                self.space();
                if self.take(if object { b'}' } else { b']' }) {
                    depth -= 1;
                } else {
                    if object {
                        self.name()?;
                    }
                    continue;
                }
            } else {
                self.scalar()?;
            }
            // A value has ended, and with it those whose last it is.
            loop {
                self.space();
                if depth == 0 {
                    return if self.at == self.text.len() { Ok(()) } else { Err(Stop::Wrong) };
                }
                let within = (depth - 1) / 8;
                let object = open.get(within).is_some_and(|byte| byte & (1 << ((depth - 1) % 8)) != 0);
                if self.take(b',') {
                    if object {
                        self.space();
                        self.name()?;
                    }
                    break;
                }
                if !self.take(if object { b'}' } else { b']' }) {
                    return Err(Stop::Wrong);
                }
                depth -= 1;
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn name(&mut self) -> Result<(), Stop> {
        self.string()?;
        self.space();
        if self.take(b':') { Ok(()) } else { Err(Stop::Wrong) }
    }

    fn scalar(&mut self) -> Result<(), Stop> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Stop> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            Ok(())
        } else {
            Err(Stop::Wrong)
        }
    }

    fn string(&mut self) -> Result<(), Stop> {
        if !self.take(b'"') {
            return Err(Stop::Wrong);
        }
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                        Some(b'u') => {
                            self.at += 1;
                            for _ in 0..4 {
                                if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                                    return Err(Stop::Wrong);
                                }
                                self.at += 1;
                            }
                        }
                        _ => return Err(Stop::Wrong),
                    }
                }
                Some(0x20..) => self.at += 1,
                _ => return Err(Stop::Wrong),
            }
        }
    }

    fn digits(&mut self) -> Result<(), Stop> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(Stop::Wrong) }
    }

    fn number(&mut self) -> Result<(), Stop> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::error;

    #[test]
    fn json_is_told_from_other_text() {
        for text in ["0", " -1.5e+3 ", "[]", "{}\n", r#"{"a":[1,{"b":null}],"c":"\u00e4\n"}"#, "[[[[[[[[[true]]]]]]]]]"]
        {
            assert_eq!(error(text.as_bytes()), None, "{text}");
        }
        for (text, at) in [
            ("", 0),
            ("hello", 0),
            ("total 5", 0),
            ("{}{}", 2),
            ("[1,]", 3),
            ("[1 2]", 3),
            (r#"{"a" 1}"#, 5),
            (r#"{"a":1,}"#, 7),
            ("{]", 1),
            ("[}", 1),
            ("01", 1),
            ("1.", 2),
            ("\"a\nb\"", 2),
            ("\"\\x\"", 2),
            ("\"open", 5),
            ("nul", 0),
        ] {
            assert_eq!(error(text.as_bytes()), Some(at), "{text}");
        }
    }

    #[test]
    fn what_nests_without_end_is_left_to_the_host() {
        assert_eq!(error(&[b'['; 100_000]), None);
    }
}
