//! Where lines and columns of a program's code come from in its author's file.

/// Line and column of the code, line and column of the source, from 0.
pub(crate) type Pair = (u32, u32, u32, u32);

/// A mapping from the code's positions to the source's.
#[derive(Clone, Debug, Default)]
pub struct Positions {
    /// Line and column of the code, line and column of the source, from 0, sorted; nothing if they are the same.
    pairs: Option<Vec<Pair>>,
}

impl Positions {
    /// The code is the source.
    pub fn same() -> Self {
        Positions { pairs: None }
    }

    /// From line and column of the code, line and column of the source, from 0.
    pub fn of(mut pairs: Vec<(u32, u32, u32, u32)>) -> Self {
        pairs.sort_unstable();
        Positions { pairs: Some(pairs) }
    }

    /// [`Positions::of`] four numbers each, one after the other; without any the code is the source.
    pub fn of_flat(numbers: Option<&[u32]>) -> Self {
        let pairs = |numbers: &[u32]| numbers.as_chunks::<4>().0.iter().map(|&[a, b, c, d]| (a, b, c, d)).collect();
        numbers.map_or_else(Positions::same, |numbers| Positions::of(pairs(numbers)))
    }

    /// What [`Positions::of_flat`] reads.
    pub fn flat(&self) -> Option<Vec<u32>> {
        self.pairs().map(|pairs| pairs.iter().flat_map(|&(a, b, c, d)| [a, b, c, d]).collect())
    }

    /// Line and column of the code, line and column of the source, from 0, sorted; nothing if they are the same.
    pub fn pairs(&self) -> Option<&[(u32, u32, u32, u32)]> {
        self.pairs.as_deref()
    }

    /// Line and column, from 1, in the source.
    fn find(&self, line: u32, column: u32) -> (u32, u32) {
        let Some(pairs) = &self.pairs else { return (line, column) };
        let wanted = (line.saturating_sub(1), column.saturating_sub(1));
        let after = pairs.partition_point(|&(line, column, ..)| (line, column) <= wanted);
        match after.checked_sub(1).and_then(|i| pairs.get(i)).filter(|pair| pair.0 == wanted.0) {
            Some(&(_, from, line, column)) => {
                // Inside a token, or behind it on the same line of the source.
                let within = if after < pairs.len() && wanted.1 > from { 0 } else { wanted.1.saturating_sub(from) };
                (line.saturating_add(1), column.saturating_add(within).saturating_add(1))
            }
            None => (line, column),
        }
    }

    /// Replaces each `module:LINE:COLUMN` of a text by the file and position that it comes from.
    pub fn map(&self, text: &str, module: &str, file: &str) -> String {
        if module.is_empty() {
            return text.to_owned();
        }
        let mut mapped = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(found) = rest.find(module) {
            let (before, behind) = rest.split_at(found);
            let behind = behind.get(module.len()..).unwrap_or_default();
            mapped.push_str(before);
            match position(behind) {
                Some((line, column, length)) => {
                    let (line, column) = self.find(line, column);
                    mapped.push_str(&format!("{file}:{line}:{column}"));
                    rest = behind.get(length..).unwrap_or_default();
                }
                None => {
                    mapped.push_str(module);
                    rest = behind;
                }
            }
        }
        mapped.push_str(rest);
        mapped
    }
}

/// `:LINE:COLUMN` at the beginning of a text, and its length.
fn position(text: &str) -> Option<(u32, u32, usize)> {
    let number = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let first = text.strip_prefix(':')?;
    let (line, rest) = first.split_at(number(first));
    let second = rest.strip_prefix(':')?;
    let (column, rest) = second.split_at(number(second));
    Some((line.parse().ok()?, column.parse().ok()?, text.len() - rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_what_is_a_position_and_nothing_else() {
        let positions = Positions { pairs: Some(vec![(0, 0, 4, 2), (1, 3, 9, 7)]) };
        let text = "at run (a.ts:1:1)\nat f (a.ts:2:4) a.ts a.ts:x b.ts:1:1";
        let expected = "at run (dir/a.ts:5:3)\nat f (dir/a.ts:10:8) a.ts a.ts:x b.ts:1:1";
        assert_eq!(positions.map(text, "a.ts", "dir/a.ts"), expected);
        assert_eq!(Positions::same().map("a.ts:3:9", "a.ts", "x/a.ts"), "x/a.ts:3:9");
        assert_eq!(positions.map(":1:1", "", "x"), ":1:1", "no name is no name");
    }
}
