//! Text of others on a terminal.

/// Makes characters visible that would move the cursor, hide text or turn its order around.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push('\n'),
            '\t' => shown.push_str("    "),
            _ if hidden(c) => shown.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            _ => shown.push(c),
        }
    }
    shown
}

/// The same on one line, cut visibly.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let line = visible(&text.replace('\n', "\u{240a}"));
    match line.char_indices().nth(most) {
        Some((at, _)) => format!("{}… [{} more characters]", &line[..at], line[at..].chars().count()),
        None => line,
    }
}

fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides() {
        assert_eq!(visible("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(visible("pay\u{202e}fdp"), "pay\\u{202e}fdp");
        assert_eq!(visible("a\rb\u{200b}"), "a\\u{d}b\\u{200b}");
        assert_eq!(one_line("a\nb", 10), "a\u{240a}b");
        assert_eq!(one_line("abcdef", 3), "abc… [3 more characters]");
    }
}
