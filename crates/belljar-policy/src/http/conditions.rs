//! What a rule demands of a request beyond method and URL: parameters of the query, and header fields.

use std::collections::BTreeMap;
use std::fmt;

use url::Url;

use crate::glob::flat::Flat;
use crate::text::quoted;

/// Conditions on a request, all of which have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// Parameters, decoded as the URL standard says.
    pub(crate) query: Fields,
    /// Header fields, by their names in small letters.
    pub(crate) headers: Fields,
    /// Whether any occurrence that matches is enough, as for what is refused. Otherwise there is exactly one.
    pub(crate) any: bool,
}

/// Conditions on named values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    /// What the value is like; nothing for what is not there.
    pub(crate) named: BTreeMap<String, Option<Flat>>,
    /// Whether there are no others.
    pub(crate) closed: bool,
}

/// What conditions say of the values of one name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Demand<'a> {
    /// Nothing.
    Free,
    /// There is none.
    Absent,
    /// It matches.
    Like(&'a Flat),
}

impl Conditions {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.query.is_empty() && self.headers.is_empty()
    }

    /// Whether they hold of a request.
    pub(crate) fn hold(&self, url: &Url, headers: &[(&str, &str)]) -> bool {
        self.headers.hold(self.any, headers, |own, name| name.eq_ignore_ascii_case(own)) && self.hold_of_parameters(url)
    }

    /// Whether those on parameters hold.
    pub(crate) fn hold_of_parameters(&self, url: &Url) -> bool {
        self.query.is_empty() || {
            let pairs: Vec<_> = url.query_pairs().collect();
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
            self.query.hold(self.any, &pairs, |own, name| name == own)
        }
    }

    /// Whether both hold of some request.
    pub(crate) fn meet(&self, other: &Conditions) -> bool {
        self.query.meet(self.any, &other.query, other.any) && self.headers.meet(self.any, &other.headers, other.any)
    }
}

impl Fields {
    pub(crate) fn is_empty(&self) -> bool {
        self.named.is_empty() && !self.closed
    }

    /// What they say of a name.
    pub(crate) fn demand(&self, name: &str) -> Demand<'_> {
        match self.named.get(name) {
            Some(Some(pattern)) => Demand::Like(pattern),
            Some(None) => Demand::Absent,
            None if self.closed => Demand::Absent,
            None => Demand::Free,
        }
    }

    fn hold(&self, any: bool, there: &[(&str, &str)], same: fn(&str, &str) -> bool) -> bool {
        let named = self.named.iter().all(|(own, pattern)| {
            let mut values = there.iter().filter(|(name, _)| same(own, name)).map(|(_, value)| value);
            match (pattern, values.next(), any) {
                (None, found, _) => found.is_none(),
                (Some(_), None, _) => false,
                (Some(pattern), Some(first), true) => {
                    pattern.matches(first) || values.any(|value| pattern.matches(value))
                }
                (Some(pattern), Some(only), false) => values.next().is_none() && pattern.matches(only),
            }
        });
        // Only names of parameters are closed, and these are compared exactly.
        named && (!self.closed || there.iter().all(|(name, _)| self.named.contains_key(*name)))
    }

    fn meet(&self, any: bool, other: &Fields, other_any: bool) -> bool {
        self.named.keys().chain(other.named.keys()).all(|name| match (self.demand(name), other.demand(name)) {
            (Demand::Like(_), Demand::Absent) | (Demand::Absent, Demand::Like(_)) => false,
            // Two refusals are content with a value each.
            (Demand::Like(one), Demand::Like(other)) => any && other_any || one.meets(other),
            _ => true,
        })
    }

    /// The keys with what is written for each.
    fn pairs<'a>(&'a self, text: fn(&str) -> String) -> impl Iterator<Item = String> + 'a {
        let pair = move |(name, pattern): (&String, &Option<Flat>)| {
            let pattern = pattern.as_ref().map_or_else(|| "false".to_owned(), |pattern| text(&pattern.to_string()));
            format!("{} = {pattern}", text(name))
        };
        self.named.iter().map(pair).chain(self.closed.then(|| "\"*\" = false".to_owned()))
    }

    /// As a table of TOML in one line.
    pub(crate) fn written(&self) -> String {
        let pairs: Vec<String> = self.pairs(crate::text::basic).collect();
        format!("{{ {} }}", pairs.join(", "))
    }
}

/// Behind the rule, for people.
impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, fields) in [("query", &self.query), ("headers", &self.headers)] {
            if !fields.is_empty() {
                let pairs: Vec<String> = fields.pairs(quoted).collect();
                write!(f, " {key} {{{}}}", pairs.join(", "))?;
            }
        }
        Ok(())
    }
}
