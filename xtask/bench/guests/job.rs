//! A job as tools have them: makes a text, counts its words, sorts them, and writes a report.

use std::collections::HashMap;
use std::fmt::Write;

#[belljar::tool]
fn run(lines: u32) -> usize {
    let mut text = String::new();
    for line in 0..lines {
        for word in 0..12u32 {
            let _ = write!(text, "word{} ", (line * 7 + word * 31) % 997);
        }
        text.push('\n');
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let report: Vec<String> = counts.iter().map(|(word, count)| format!("{word}: {:.2} %", 100.0 * *count as f64 / f64::from(lines))).collect();
    report.join("\n").len()
}
