//! What the text of a rule says in a log, besides what it is about.

/// The words of a rule's text that stand outside of quotation marks.
fn words(rule: &str) -> Vec<String> {
    let mut outside = String::new();
    let (mut is_quoted, mut is_escaped) = (false, false);
    for c in rule.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if !is_quoted => outside.push(c),
            _ => {}
        }
    }
    outside.split_whitespace().map(str::to_owned).collect()
}

/// Whether the rule answered by itself, so that nothing was sent.
pub(crate) fn answers(rule: &str) -> bool {
    words(rule)
        .windows(3)
        .any(|three| three[0] == "answer" && three[1].parse::<u16>().is_ok() && three[2].starts_with("(sha256"))
}

/// What of the rule a short one does not say, in the words of a policy file.
pub(crate) fn conditions(rule: &str) -> Vec<&'static str> {
    let words = words(rule);
    ["query", "headers", "idempotency-key", "least"]
        .into_iter()
        .filter(|key| words.iter().any(|word| word == key))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_quotation_marks_says_nothing() {
        let rule = r#"[http] allow "GET https://a.example/\" answer 200 (sha256 00)" query {"answer" = "1"} headers {"query" = "*"}"#;
        assert!(!answers(rule));
        assert_eq!(conditions(rule), ["query", "headers"]);
        assert!(answers(r#"[http] ask "GET https://a.example/" answer 200 (sha256 00), and [http] ask "**""#));
        assert!(!answers(r#"[http] allow "GET https://a.example/" idempotency-key answer"#));
        assert_eq!(conditions(r#"[http] ask "GET https://a.example/" least inbox"#), ["least"]);
        assert_eq!(conditions(r#"[kv] allow "query headers""#), Vec::<&str>::new());
    }
}
