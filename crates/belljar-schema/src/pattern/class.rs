//! Classes of characters.

use super::property::Property;

/// A set of characters: ranges, and properties that tables decide.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    /// Whether it holds the characters that are in none of the others.
    pub(super) negated: bool,
    /// Sorted and apart after [`Class::finish`]; both ends belong to it.
    ranges: Vec<(u32, u32)>,
    /// Properties, and whether it is their absence that counts.
    properties: Vec<(Property, bool)>,
}

/// `\d`.
pub(super) const DIGIT: &[(u32, u32)] = &[(0x30, 0x39)];
/// `\w`.
pub(super) const WORD: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];
/// `\s`: ECMAScript's white space and line terminators.
pub(super) const SPACE: &[(u32, u32)] = &[
    (0x09, 0x0d),
    (0x20, 0x20),
    (0xa0, 0xa0),
    (0x1680, 0x1680),
    (0x2000, 0x200a),
    (0x2028, 0x2029),
    (0x202f, 0x202f),
    (0x205f, 0x205f),
    (0x3000, 0x3000),
    (0xfeff, 0xfeff),
];
const LAST: u32 = 0x10_ffff;

impl Class {
    /// Adds all characters from one to another.
    pub(super) fn add(&mut self, from: char, to: char) {
        self.ranges.push((from.into(), to.into()));
    }

    /// Adds ranges that are sorted and apart, or what lies between them.
    pub(super) fn add_ranges(&mut self, ranges: &[(u32, u32)], negated: bool) {
        if !negated {
            self.ranges.extend_from_slice(ranges);
            return;
        }
        let mut next = 0;
        for &(from, to) in ranges {
            if from > next {
                self.ranges.push((next, from - 1));
            }
            next = to + 1;
        }
        if next <= LAST {
            self.ranges.push((next, LAST));
        }
    }

    /// Adds the characters that have a property, or those that have it not.
    pub(super) fn add_property(&mut self, property: Property, negated: bool) {
        match property {
            Property::Any => self.add_ranges(&[(0, LAST)], negated),
            Property::Ascii => self.add_ranges(&[(0, 0x7f)], negated),
            _ => self.properties.push((property, negated)),
        }
    }

    /// Adds all of another class.
    pub(super) fn add_class(&mut self, other: Class) {
        self.ranges.extend(other.ranges);
        self.properties.extend(other.properties);
    }

    /// Brings the ranges into order.
    pub(super) fn finish(mut self) -> Self {
        let mut packed: Vec<u64> =
            self.ranges.iter().map(|(from, to)| u64::from(*from) << 32 | u64::from(*to)).collect();
        packed.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(self.ranges.len());
        for range in packed {
            let (from, to) = ((range >> 32) as u32, range as u32);
            match merged.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        self.ranges = merged;
        self
    }

    /// Whether a character belongs to it.
    pub(super) fn contains(&self, c: char) -> bool {
        let code = u32::from(c);
        let after = self.ranges.partition_point(|(from, _)| *from <= code);
        let inside = after.checked_sub(1).and_then(|i| self.ranges.get(i)).is_some_and(|(_, to)| code <= *to);
        (inside || self.properties.iter().any(|(property, absent)| property.holds(c) != *absent)) != self.negated
    }
}
