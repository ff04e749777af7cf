//! The words that say what is done: those of requests, and those that stand for several of them.

use crate::near::distance;

/// Which actions a rule is about, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verbs(pub(crate) u8);

impl Verbs {
    pub(crate) fn covers(self, action: u8) -> bool {
        self.0 & action != 0
    }

    /// Whether there is an action of both.
    pub(crate) fn meets(self, other: Verbs) -> bool {
        self.covers(other.0)
    }
}

/// The words of a capability.
#[derive(Debug)]
pub(crate) struct Words {
    /// Its name.
    pub(crate) section: &'static str,
    /// Each word with the actions that it stands for; those for several come first.
    pub(crate) words: &'static [(&'static str, u8)],
    /// What people write instead, and what it is here.
    pub(crate) habits: &'static [(&'static str, &'static str)],
    /// A rule, for messages.
    pub(crate) example: &'static str,
}

/// What people write for everything.
const EVERYTHING: [&str; 14] = [
    "rw",
    "wr",
    "r/w",
    "r+w",
    "read/write",
    "read+write",
    "read-write",
    "read|write",
    "readwrite",
    "all",
    "any",
    "full",
    "rwx",
    "both",
];

impl Words {
    fn all(&self) -> u8 {
        self.words.iter().fold(0, |all, (_, bits)| all | bits)
    }

    fn bits(&self, word: &str) -> Option<u8> {
        self.words.iter().find(|(known, _)| *known == word).map(|(_, bits)| *bits)
    }

    /// Splits the words of a rule from the rest. Without any, a rule is about everything that is done.
    pub(crate) fn split<'a>(&self, text: &'a str) -> Result<(Verbs, &'a str), String> {
        let text = text.trim();
        let Some((words, rest)) = text.split_once(char::is_whitespace) else {
            if text.split(',').all(|word| self.bits(word).is_some()) {
                let section = self.section;
                return Err(format!(
                    "{text:?} says what is done and not with what: write {:?}; for the name {text:?} itself write {:?}",
                    format!("{section} {text} **"),
                    format!("{section} * {text}")
                ));
            }
            return Ok((Verbs(self.all()), text));
        };
        let rest = rest.trim();
        if words == "*" {
            return Ok((Verbs(self.all()), rest));
        }
        let mut bits = 0;
        for word in words.split(',') {
            bits |= self.bits(word).ok_or_else(|| self.unknown(word, words, rest))?;
        }
        Ok((Verbs(bits), rest))
    }

    /// The same for a rule that may be a folder "as" another, whose first word may be the folder.
    pub(crate) fn split_mount<'a>(&self, text: &'a str) -> Result<(Verbs, &'a str), String> {
        let mut parts = text.split_whitespace();
        match (parts.next(), parts.next()) {
            (Some(first), Some("as")) if first != "*" && self.bits(first).is_none() => {
                Ok((Verbs(self.all()), text.trim()))
            }
            _ => self.split(text),
        }
    }

    fn unknown(&self, word: &str, words: &str, rest: &str) -> String {
        let section = self.section;
        let small = word.to_lowercase();
        let habit = |word: &str| self.habits.iter().find(|(habit, _)| *habit == word).map(|(_, right)| *right);
        let near = || {
            let near = self.words.iter().map(|(known, _)| *known).min_by_key(|known| distance(known, &small));
            near.filter(|known| distance(known, &small) <= 2)
        };
        let meant = if EVERYTHING.contains(&small.as_str()) {
            Some("*")
        } else {
            self.bits(&small).map(|_| small.as_str()).or_else(|| habit(&small)).or_else(near)
        };
        let list: Vec<&str> = self.words.iter().map(|(word, _)| *word).collect();
        let list = list.join(", ");
        match meant {
            Some(right) => {
                let right =
                    if right == "*" || !words.contains(',') { right.to_owned() } else { words.replace(word, right) };
                format!(
                    "there is no {word:?} in rules for {section}; write {:?} (there are {list}, and * for all)",
                    format!("{section} {right} {rest}")
                )
            }
            None => format!(
                "{word:?} says nothing that is done in rules for {section}: there are {list}, and * for all, as in {:?}; \
                 before a name with a space in it one of them must stand: {:?}",
                format!("{section} {}", self.example),
                format!("{section} * {words} {rest}")
            ),
        }
    }

    /// The words for some actions with the rest of a rule behind them, in the one form that there is for each rule.
    pub(crate) fn join(&self, verbs: Verbs, rest: &str) -> String {
        // One word stands for everything that is done with a tool.
        if self.words.len() == 1 {
            return rest.to_owned();
        }
        if verbs.0 == self.all() {
            let bare = !rest.contains(char::is_whitespace) && !rest.split(',').all(|word| self.bits(word).is_some());
            return if bare { rest.to_owned() } else { format!("* {rest}") };
        }
        format!("{} {rest}", self.named(verbs))
    }

    /// [`Words::join`] for a folder "as" another.
    pub(crate) fn join_mount(&self, verbs: Verbs, host: &str, guest: &str) -> String {
        let rest = format!("{host} as {guest}");
        let bare = !host.contains(char::is_whitespace) && host != "*" && self.bits(host).is_none();
        if verbs.0 == self.all() {
            return if bare { rest } else { format!("* {rest}") };
        }
        format!("{} {rest}", self.named(verbs))
    }

    /// The words for some actions.
    pub(crate) fn named(&self, verbs: Verbs) -> String {
        if verbs.0 == self.all() {
            return "*".into();
        }
        let (mut left, mut words) = (verbs.0, Vec::new());
        for (word, bits) in self.words {
            if left & bits == *bits {
                words.push(*word);
                left &= !bits;
            }
        }
        words.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::{files::WORDS as FILES, kv::WORDS as KV, tools::WORDS as TOOLS};

    #[test]
    fn words_are_known_or_the_right_one_is_named() {
        for (words, text, expected) in [
            (&KV, "notes/**", Ok((0b1111, "notes/**"))),
            (&KV, "get notes/a", Ok((1, "notes/a"))),
            (&KV, "get,delete a b", Ok((9, "a b"))),
            (&KV, "* get", Ok((15, "get"))),
            (&KV, "read get", Ok((3, "get"))),
            (&KV, "get", Err("\"kv get **\"")),
            (&KV, "gte secret/**", Err("\"kv get secret/**\"")),
            (&KV, "rw secret/**", Err("\"kv * secret/**\"")),
            (&KV, "put,get secret/**", Err("\"kv set,get secret/**\"")),
            (&KV, "Get x", Err("\"kv get x\"")),
            (&KV, "my notes/**", Err("\"kv * my notes/**\"")),
            (&FILES, "rw ./data as /data", Err("\"files * ./data as /data\"")),
            (&FILES, "raed /data", Err("\"files read /data\"")),
            (&FILES, "mkdir /data", Err("\"files make-directory /data\"")),
            (&FILES, "read,write ./a as /a", Ok((63, "./a as /a"))),
            (&TOOLS, "call sum", Ok((1, "sum"))),
            (&TOOLS, "run sum", Err("\"tools call sum\"")),
        ] {
            match (words.split(text), expected) {
                (Ok((verbs, rest)), Ok(expected)) => assert_eq!((verbs.0, rest), expected, "{text}"),
                (Err(message), Err(part)) => assert!(message.contains(part), "{text}: {message}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn each_set_of_actions_has_one_form() {
        for words in [&KV, &FILES] {
            for subset in 1u32..1 << words.words.len() {
                let bits =
                    (0..words.words.len()).filter(|i| subset >> i & 1 == 1).fold(0, |all, i| all | words.words[i].1);
                for rest in ["a", "a b", "read", "x,read"] {
                    let written = words.join(Verbs(bits), rest);
                    assert_eq!(words.split(&written), Ok((Verbs(bits), rest)), "{written}");
                }
            }
        }
    }
}
