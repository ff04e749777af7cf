//! How deep a source can nest, said before it is parsed.
//!
//! The parser recurses, and so does all that goes through its tree. A source of half a megabyte can nest as deep as
//! it is long (`!!!!…`), and nothing stops a parser once it runs. So the tokens are counted first, by a scanner that
//! needs no stack: between two separators no more levels can open than there are tokens, brackets keep what stood
//! before them, and a separator (`;`, `,`, or a closing brace before a new statement) ends what it separates. The
//! count is never below the depth; where the scanner cannot tell a division from a regular expression, it goes on
//! counting everything and forgets nothing.

use super::limits::{NESTED_TOKENS, NESTING};

/// Where a source nests too deep, and what to say of it.
pub(super) fn too_deep(text: &str) -> Option<(usize, String)> {
    let mut scanner =
        Scanner { bytes: text.as_bytes(), at: 0, levels: vec![Level::default()], total: 0, last: Last::Start };
    scanner.run()
}

/// What is open.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Tokens since the last separator.
    tokens: usize,
    /// Whether it is a template's `${`.
    template: bool,
    /// Whether it is the parenthesis of `if`, `for`, `while` or `with`, after which an expression can start.
    head: bool,
}

/// The token before.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    Start,
    /// A word after which an expression starts.
    Operator,
    /// `if`, `for`, `while`, `with`.
    Head,
    /// A value has ended.
    Value,
    /// `.`: the next word is a name.
    Dot,
    /// It may or may not have ended a value.
    Unsure,
    /// A separator.
    Separator,
    /// A closing brace.
    Brace,
    Punctuation,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    levels: Vec<Level>,
    total: usize,
    last: Last,
}

/// Words that go on with what a closing brace has ended.
const GOES_ON: [&[u8]; 12] = [
    b"else",
    b"catch",
    b"finally",
    b"while",
    b"in",
    b"instanceof",
    b"as",
    b"satisfies",
    b"of",
    b"extends",
    b"is",
    b"from",
];

impl Scanner<'_> {
    fn run(&mut self) -> Option<(usize, String)> {
        if self.bytes.starts_with(b"#!") {
            self.line();
        }
        while let Some(byte) = self.peek(0) {
            if byte.is_ascii_whitespace() {
                self.at += 1;
                continue;
            }
            let start = self.at;
            match byte {
                b'/' if self.peek(1) == Some(b'/') => self.line(),
                b'/' if self.peek(1) == Some(b'*') => self.comment(),
                b'/' => match self.last {
                    Last::Value => self.punctuation(1),
                    Last::Unsure | Last::Brace => return self.everything(),
                    _ => self.regex(),
                },
                b'"' | b'\'' => self.string(byte),
                b'`' => {
                    self.token(Last::Value);
                    self.at += 1;
                    self.template();
                }
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'#' | b'@' | b'\\' => self.word(),
                0x80.. => {
                    self.token(Last::Value);
                    self.at += 1;
                    while self.peek(0).is_some_and(|byte| byte & 0xc0 == 0x80) {
                        self.at += 1;
                    }
                }
                b'(' | b'[' | b'{' => {
                    let head = byte == b'(' && self.last == Last::Head;
                    self.punctuation(1);
                    self.levels.push(Level { head, ..Level::default() });
                }
                b')' | b']' | b'}' => self.close(byte),
                b';' | b',' => {
                    self.token(Last::Separator);
                    self.at += 1;
                }
                b'.' => {
                    self.token(Last::Dot);
                    self.at += 1;
                }
                b'+' | b'-' if self.peek(1) == Some(byte) => {
                    self.token(Last::Unsure);
                    self.total += 1;
                    self.top().tokens += 1;
                    self.at += 2;
                }
                // A value with a mark of TypeScript, type arguments: or operators.
                b'!' | b'>' => {
                    let after = if self.last == Last::Value || byte == b'>' { Last::Unsure } else { Last::Punctuation };
                    self.token(after);
                    self.at += 1;
                }
                _ => self.punctuation(1),
            }
            if self.levels.len() > NESTING + 1 {
                return Some((start, brackets()));
            }
            if self.total > NESTED_TOKENS {
                return Some((start, tokens()));
            }
        }
        None
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// The innermost level; there is always one.
    fn top(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    /// Counts a token.
    fn token(&mut self, kind: Last) {
        if self.last == Last::Separator {
            self.separate();
        }
        self.total += 1;
        self.top().tokens += 1;
        self.last = kind;
    }

    /// What stood before cannot hold what comes.
    fn separate(&mut self) {
        let ended = std::mem::take(&mut self.top().tokens);
        self.total -= ended;
    }

    fn punctuation(&mut self, length: usize) {
        self.token(Last::Punctuation);
        self.at += length;
    }

    fn close(&mut self, byte: u8) {
        self.at += 1;
        if self.levels.len() == 1 {
            // Nothing is open: the parser will say so.
            self.total += 1;
            self.top().tokens += 1;
            self.last = Last::Unsure;
            return;
        }
        let Some(level) = self.levels.pop() else { return };
        self.total -= level.tokens;
        self.last = match byte {
            b'}' if level.template => {
                self.last = Last::Value;
                return self.template();
            }
            b'}' => Last::Brace,
            b')' if level.head => Last::Punctuation,
            _ => Last::Value,
        };
    }

    fn word(&mut self) {
        let start = self.at;
        while self.peek(0).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'\\'))
            || self.at == start
        {
            self.at += 1;
        }
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        let name = self.last == Last::Dot;
        match self.last {
            Last::Brace if !GOES_ON.contains(&word) => self.separate(),
            // What follows `else` stands inside the `if` before it.
            Last::Separator if word == b"else" => self.last = Last::Punctuation,
            _ => {}
        }
        let kind = match word {
            _ if name => Last::Value,
            b"if" | b"for" | b"while" | b"with" => Last::Head,
            b"return" | b"typeof" | b"instanceof" | b"in" | b"new" | b"delete" | b"void" | b"throw" | b"case"
            | b"do" | b"else" | b"extends" | b"default" | b"export" => Last::Operator,
            b"of" | b"yield" | b"await" | b"as" | b"satisfies" | b"is" | b"keyof" | b"async" => Last::Unsure,
            _ if word.contains(&b'\\') || word == b"@" || word == b"#" => Last::Unsure,
            _ => Last::Value,
        };
        self.token(kind);
    }

    fn line_ends(&self) -> bool {
        match self.peek(0) {
            None | Some(b'\n' | b'\r') => true,
            // U+2028 and U+2029 end a line, too.
            Some(0xe2) => self.peek(1) == Some(0x80) && matches!(self.peek(2), Some(0xa8 | 0xa9)),
            _ => false,
        }
    }

    fn line(&mut self) {
        while !self.line_ends() {
            self.at += 1;
        }
    }

    fn comment(&mut self) {
        self.at += 2;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            if byte == b'*' && self.peek(0) == Some(b'/') {
                self.at += 1;
                return;
            }
        }
    }

    fn string(&mut self, quote: u8) {
        if self.last == Last::Brace {
            self.separate();
        }
        self.token(Last::Value);
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\n' | b'\r' => return,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
            if byte == quote {
                return;
            }
        }
    }

    /// The text of a template, up to its end or to its next `${`.
    fn template(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.at += 2,
                b'`' => {
                    self.at += 1;
                    return;
                }
                b'$' if self.peek(1) == Some(b'{') => {
                    self.at += 2;
                    self.levels.push(Level { template: true, ..Level::default() });
                    self.last = Last::Start;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    fn regex(&mut self) {
        self.token(Last::Value);
        self.at += 1;
        let mut class = false;
        while !self.line_ends() {
            match self.peek(0) {
                Some(b'\\') => self.at += 1,
                Some(b'[') => class = true,
                Some(b']') => class = false,
                Some(b'/') if !class => {
                    self.at += 1;
                    return;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Counts all that is left, and takes nothing back.
    fn everything(&mut self) -> Option<(usize, String)> {
        let mut open = self.levels.len() - 1;
        let mut in_word = false;
        while let Some(byte) = self.peek(0) {
            let word = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..);
            if !(byte.is_ascii_whitespace() || word && in_word && byte < 0x80) {
                self.total += 1;
            }
            in_word = word;
            match byte {
                b'(' | b'[' | b'{' => open += 1,
                b')' | b']' | b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > NESTING {
                return Some((self.at, brackets()));
            }
            if self.total > NESTED_TOKENS {
                return Some((self.at, tokens()));
            }
            self.at += 1;
        }
        None
    }
}

fn brackets() -> String {
    format!("more than {NESTING} brackets are open here; at most that many are compiled")
}

fn tokens() -> String {
    format!(
        "this code may nest too deeply to be compiled: {NESTED_TOKENS} words and signs stand here without a `;` or `,` \
         between them; end statements with `;`, or put long data into strings"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> bool {
        too_deep(text).is_some()
    }

    #[test]
    fn what_nests_is_counted_whatever_it_hides_behind() {
        for unit in [
            "!",
            "- ",
            "typeof ",
            "a=",
            "a=>",
            "a+",
            "a.b.",
            "a?",
            "(a,",
            "a()",
            "if(1)",
            "if(1);else ",
            "if(1){}else ",
            "a:",
            "new ",
            "await ",
            "x!",
            "a/",
            "!/*;*/",
            "a+\";\"+",
            "`${",
            "a ? /;/ : ",
            "a+/[/;]/+",
            "if(1)/;/;else ",
            "} / ;\"",
            "a\u{2028}=",
            "//\u{2028}!",
            "(x) / \";\" + ",
            "a[",
            "a as ",
            "{a:",
            "<T>",
            "x++ / ';' + ",
            "\u{a0}typeof",
            "do ",
            "for(;;)",
        ] {
            assert!(refused(&unit.repeat(400_000 / unit.len())), "{unit}");
        }
        // Functions inside of functions keep what stood before them.
        assert!(refused(&format!("{}return function(){{", "if(1)".repeat(200)).repeat(100)));
    }

    #[test]
    fn what_does_not_nest_is_let_through() {
        for unit in [
            "a();",
            "const a = [1, 2];\n",
            "function f() { return 1 }\n",
            "f(a, b);",
            "'((((((((', ",
            "/* (((( */;",
            "a = b / c;\n",
            "if (x) { y() } else { z() }\n",
            "s = `((((${a}`;",
            "r = /[/(]\\/(/g;",
            "x = (a) / 2; y = (b) / 3;",
            "class A { m() { return 1 } n() {} }\n",
            "// (((\n",
            "case 1: f(); break;",
        ] {
            assert!(!refused(&unit.repeat(400_000 / unit.len())), "{unit}");
        }
        // Code without semicolons, and a long sum.
        assert!(!refused(
            &"export function f(a) {\n  const b = a + 1\n  const c = g(b)\n  return c\n}\n".repeat(4_000)
        ));
        assert!(!refused(&format!("x = {};", "\"p\" + ".repeat(8_000))));
    }
}
