//! What somebody probably meant whose word is not known.

/// What to write instead of a key that is not known.
pub(crate) fn hint(name: &str, keys: &[&str]) -> String {
    let near = keys.iter().min_by_key(|k| distance(k, name)).filter(|k| distance(k, name) <= 2);
    let hint = match near {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("there are {}", keys.join(", ")),
    };
    format!("the key {name:?} is not known here; {hint}")
}

/// Levenshtein's distance.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (corner + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}
