//! From a pattern's text to its tree.

use super::class::{Class, DIGIT, SPACE, WORD};
use super::property::Property;
use crate::limits::{PATTERN_BYTES, PATTERN_DEPTH, REPETITIONS};

/// A pattern's tree. Its depth is bounded by that of its groups.
#[derive(Debug)]
pub(super) enum Tree {
    Empty,
    Char(char),
    /// Any character but line terminators.
    Dot,
    Class(Class),
    Start,
    End,
    /// `\b`, or `\B` if negated.
    Boundary {
        negated: bool,
    },
    Sequence(Vec<Tree>),
    Choice(Vec<Tree>),
    /// A capturing group, counted from 1.
    Group(usize, Box<Tree>),
    Repeat(Box<Repeat>),
    Look {
        behind: bool,
        negated: bool,
        inner: Box<Tree>,
    },
    /// What a group captured.
    Back(usize),
}

/// A repetition.
#[derive(Debug)]
pub(super) struct Repeat {
    pub(super) inner: Tree,
    pub(super) least: u32,
    pub(super) most: Option<u32>,
    pub(super) greedy: bool,
    /// The capturing groups in it: the first, and the one after the last.
    pub(super) groups: (usize, usize),
}

/// A parsed pattern.
pub(super) struct Parsed {
    pub(super) tree: Tree,
    /// The number of capturing groups.
    pub(super) groups: usize,
    /// Whether any is referred to.
    pub(super) refers: bool,
}

type Result<T> = std::result::Result<T, String>;

struct Parser {
    text: Vec<char>,
    at: usize,
    depth: usize,
    groups: usize,
    names: Vec<(String, usize)>,
    /// Names referred to; a [`Tree::Back`] holds `NAMED` plus the place in here until all names are known.
    wanted: Vec<String>,
    highest: usize,
}

/// Beyond any group's number.
const NAMED: usize = 1 << 20;

/// Parses a pattern.
pub(super) fn parse(text: &str) -> Result<Parsed> {
    if text.len() > PATTERN_BYTES {
        return Err(format!("a pattern may have {PATTERN_BYTES} bytes"));
    }
    let mut parser = Parser {
        text: text.chars().collect(),
        at: 0,
        depth: 0,
        groups: 0,
        names: Vec::new(),
        wanted: Vec::new(),
        highest: 0,
    };
    let mut tree = parser.choice().map_err(|e| parser.located(&e))?;
    if parser.peek().is_some() {
        return Err(parser.located("this parenthesis closes nothing; write \\) for the character"));
    }
    if parser.highest > parser.groups {
        return Err(format!("it refers to group {}, but has {}", parser.highest, parser.groups));
    }
    let mut numbers = Vec::new();
    for name in &parser.wanted {
        match parser.names.iter().find(|(other, _)| other == name) {
            Some((_, number)) => numbers.push(*number),
            None => return Err(format!("it refers to a group \"{name}\", but has none of that name")),
        }
    }
    let refers = parser.highest > 0 || !numbers.is_empty();
    resolve(&mut tree, &numbers);
    Ok(Parsed { tree, groups: parser.groups, refers })
}

/// Puts numbers in the place of names.
fn resolve(tree: &mut Tree, numbers: &[usize]) {
    match tree {
        Tree::Back(group) => {
            if let Some(number) = group.checked_sub(NAMED).and_then(|i| numbers.get(i)) {
                *group = *number;
            }
        }
        Tree::Sequence(parts) | Tree::Choice(parts) => parts.iter_mut().for_each(|part| resolve(part, numbers)),
        Tree::Group(_, inner) | Tree::Look { inner, .. } => resolve(inner, numbers),
        Tree::Repeat(repeat) => resolve(&mut repeat.inner, numbers),
        _ => {}
    }
}

fn has_no_length(tree: &Tree) -> bool {
    matches!(tree, Tree::Start | Tree::End | Tree::Boundary { .. } | Tree::Look { .. })
}

impl Parser {
    fn located(&self, message: &str) -> String {
        format!("at character {}: {message}", self.at + 1)
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = wanted.chars().enumerate().all(|(i, c)| self.peek_at(i) == Some(c));
        if found {
            self.at += wanted.chars().count();
        }
        found
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn choice(&mut self) -> Result<Tree> {
        self.depth += 1;
        if self.depth > PATTERN_DEPTH {
            return Err(format!("groups nest more than {PATTERN_DEPTH} deep"));
        }
        let first = self.sequence()?;
        let tree = if self.peek() == Some('|') {
            let mut branches = vec![first];
            while self.take("|") {
                branches.push(self.sequence()?);
            }
            Tree::Choice(branches)
        } else {
            first
        };
        self.depth -= 1;
        Ok(tree)
    }

    fn sequence(&mut self) -> Result<Tree> {
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            parts.push(self.term(c)?);
        }
        Ok(match parts.len() {
            0 => Tree::Empty,
            1 => parts.pop().unwrap_or(Tree::Empty),
            _ => Tree::Sequence(parts),
        })
    }

    fn term(&mut self, c: char) -> Result<Tree> {
        let first = self.groups + 1;
        if matches!(c, '*' | '+' | '?') || (c == '{' && self.count()?.is_some()) {
            return Err("there is nothing to repeat here".into());
        }
        self.at += 1;
        let tree = match c {
            '^' => Tree::Start,
            '$' => Tree::End,
            '.' => Tree::Dot,
            '(' => self.group()?,
            '[' => Tree::Class(self.class()?),
            '\\' => self.escape()?,
            c => Tree::Char(c),
        };
        let (least, most) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.count()? {
                Some((least, most, length)) => {
                    self.at += length - 1;
                    (least, most)
                }
                None => return Ok(tree),
            },
            _ => return Ok(tree),
        };
        if has_no_length(&tree) {
            return Err("what has no length cannot be repeated".into());
        }
        self.at += 1;
        let greedy = !self.take("?");
        Ok(Tree::Repeat(Box::new(Repeat { inner: tree, least, most, greedy, groups: (first, self.groups + 1) })))
    }

    /// The counts in braces at this place and the length of their text, if that is what the brace begins.
    fn count(&self) -> Result<Option<(u32, Option<u32>, usize)>> {
        let mut ahead = 1;
        let number = |ahead: &mut usize| {
            let mut value: Option<u32> = None;
            while let Some(digit) = self.peek_at(*ahead).and_then(|c| c.to_digit(10)) {
                value = Some(value.unwrap_or(0).saturating_mul(10).saturating_add(digit));
                *ahead += 1;
            }
            value
        };
        let least = number(&mut ahead);
        let comma = self.peek_at(ahead) == Some(',');
        if comma {
            ahead += 1;
        }
        let most = if comma { number(&mut ahead) } else { least };
        if self.peek_at(ahead) != Some('}') {
            return Ok(None);
        }
        let Some(least) = least else {
            return if most.is_some() { Err("write {0,n} for at most n times".into()) } else { Ok(None) };
        };
        if least.max(most.unwrap_or(0)) > REPETITIONS {
            return Err(format!("a count may be at most {REPETITIONS}"));
        }
        if most.is_some_and(|most| most < least) {
            return Err("the counts in these braces are the wrong way round".into());
        }
        Ok(Some((least, most, ahead + 1)))
    }

    fn group(&mut self) -> Result<Tree> {
        let mut number = None;
        let mut look = None;
        if self.take("?:") {
        } else if self.take("?=") {
            look = Some((false, false));
        } else if self.take("?!") {
            look = Some((false, true));
        } else if self.take("?<=") {
            look = Some((true, false));
        } else if self.take("?<!") {
            look = Some((true, true));
        } else {
            let named = self.take("?<");
            if !named && self.peek() == Some('?') {
                return Err(
                    "a group begins with (?:, (?=, (?!, (?<=, (?<! or (?<name>; flags are not known here".into()
                );
            }
            self.groups += 1;
            number = Some(self.groups);
            if named {
                let name = self.name()?;
                if self.names.iter().any(|(other, _)| *other == name) {
                    return Err(format!("two groups are called \"{name}\""));
                }
                self.names.push((name, self.groups));
            }
        }
        let inner = self.choice()?;
        if !self.take(")") {
            return Err("a parenthesis is not closed; write \\( for the character".into());
        }
        Ok(match (number, look) {
            (Some(number), _) => Tree::Group(number, Box::new(inner)),
            (_, Some((behind, negated))) => Tree::Look { behind, negated, inner: Box::new(inner) },
            // In a group even what has no length can be repeated.
            _ if has_no_length(&inner) => Tree::Sequence(vec![inner]),
            _ => inner,
        })
    }

    /// A group's name and the `>` after it.
    fn name(&mut self) -> Result<String> {
        let mut name = String::new();
        loop {
            match self.next() {
                Some('>') if !name.is_empty() => return Ok(name),
                Some(c) if c == '$' || c == '_' || c.is_alphabetic() || (!name.is_empty() && c.is_ascii_digit()) => {
                    name.push(c);
                }
                _ => return Err("a group's name is of letters, digits, _ and $, and ends with >".into()),
            }
        }
    }

    /// What follows a backslash outside brackets.
    fn escape(&mut self) -> Result<Tree> {
        match self.peek() {
            Some('b') => self.at += 1,
            Some('B') => {
                self.at += 1;
                return Ok(Tree::Boundary { negated: true });
            }
            Some('k') => {
                self.at += 1;
                if !self.take("<") {
                    return Err("\\k is followed by a group's name, as in \\k<name>".into());
                }
                let name = self.name()?;
                self.wanted.push(name);
                return Ok(Tree::Back(NAMED + self.wanted.len() - 1));
            }
            Some('1'..='9') => {
                let mut group = 0;
                while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
                    group = (group * 10 + digit as usize).min(NAMED - 1);
                    self.at += 1;
                }
                self.highest = self.highest.max(group);
                return Ok(Tree::Back(group));
            }
            _ => {
                return Ok(match self.class_escape()? {
                    Some(class) => Tree::Class(class.finish()),
                    None => Tree::Char(self.char_escape()?),
                });
            }
        }
        Ok(Tree::Boundary { negated: false })
    }

    /// `\d` and the like, if that is what follows the backslash.
    fn class_escape(&mut self) -> Result<Option<Class>> {
        let Some(c) = self.peek() else { return Ok(None) };
        let mut class = Class::default();
        let negated = c.is_ascii_uppercase();
        match c.to_ascii_lowercase() {
            'd' => class.add_ranges(DIGIT, negated),
            'w' => class.add_ranges(WORD, negated),
            's' => class.add_ranges(SPACE, negated),
            'p' => {
                self.at += 1;
                if !self.take("{") {
                    return Err("\\p is followed by a property in braces, as in \\p{Alphabetic}".into());
                }
                let mut name = String::new();
                while let Some(c) = self.next().filter(|c| *c != '}') {
                    name.push(c);
                }
                class.add_property(Property::named(&name)?, negated);
                return Ok(Some(class));
            }
            _ => return Ok(None),
        }
        self.at += 1;
        Ok(Some(class))
    }

    /// A character written with a backslash.
    fn char_escape(&mut self) -> Result<char> {
        let Some(c) = self.next() else { return Err("a pattern cannot end with a backslash".into()) };
        Ok(match c {
            't' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            '0' if !self.peek().is_some_and(|c| c.is_ascii_digit()) => '\0',
            'c' => match self.next() {
                Some(letter) if letter.is_ascii_alphabetic() => char::from(letter as u8 & 31),
                _ => return Err("\\c is followed by a letter".into()),
            },
            'x' => self.code(2)?,
            'u' => self.unicode()?,
            c if c.is_ascii_alphanumeric() => {
                return Err(format!("\\{c} means nothing in ECMAScript's regular expressions"));
            }
            c => c,
        })
    }

    fn unicode(&mut self) -> Result<char> {
        if self.take("{") {
            let mut code: u32 = 0;
            let mut digits = 0;
            while let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) {
                code = (code << 4 | digit).min(0xff_ffff);
                digits += 1;
                self.at += 1;
            }
            if digits == 0 || !self.take("}") {
                return Err("\\u{ is followed by hexadecimal digits and }".into());
            }
            return char::from_u32(code).ok_or_else(|| format!("there is no character {code:X}"));
        }
        let first = self.digits(4)?;
        let code = match first {
            0xd800..0xdc00 if self.take("\\u") => match self.digits(4)? {
                second @ 0xdc00..0xe000 => 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                _ => first,
            },
            _ => first,
        };
        char::from_u32(code).ok_or_else(|| "\\u names half a character; write the other half, or \\u{…}".into())
    }

    fn code(&mut self, digits: u32) -> Result<char> {
        char::from_u32(self.digits(digits)?).ok_or_else(|| "there is no such character".into())
    }

    fn digits(&mut self, count: u32) -> Result<u32> {
        let mut code = 0;
        for _ in 0..count {
            match self.next().and_then(|c| c.to_digit(16)) {
                Some(digit) => code = code << 4 | digit,
                None => return Err(format!("{count} hexadecimal digits are expected here")),
            }
        }
        Ok(code)
    }

    /// What follows an opening bracket.
    fn class(&mut self) -> Result<Class> {
        let mut class = Class::default();
        class.negated = self.take("^");
        loop {
            if self.take("]") {
                return Ok(class.finish());
            }
            let from = self.member(&mut class)?;
            let range = self.peek() == Some('-') && !matches!(self.peek_at(1), Some(']') | None);
            if !range {
                if let Some(c) = from {
                    class.add(c, c);
                }
                continue;
            }
            self.at += 1;
            match (from, self.member(&mut class)?) {
                (Some(from), Some(to)) if from > to => {
                    return Err(format!("the range from {from} to {to} is the wrong way round"));
                }
                (Some(from), Some(to)) => class.add(from, to),
                // Next to a class a hyphen is a hyphen.
                (from, to) => {
                    for c in [from, Some('-'), to].into_iter().flatten() {
                        class.add(c, c);
                    }
                }
            }
        }
    }

    /// One character in brackets, or `None` for a class, which is added.
    fn member(&mut self, class: &mut Class) -> Result<Option<char>> {
        let Some(c) = self.next() else { return Err("a bracket is not closed; write \\[ for the character".into()) };
        if c != '\\' {
            return Ok(Some(c));
        }
        if self.take("b") {
            return Ok(Some('\u{8}'));
        }
        if let Some(inner) = self.class_escape()? {
            class.add_class(inner);
            return Ok(None);
        }
        self.char_escape().map(Some)
    }
}
