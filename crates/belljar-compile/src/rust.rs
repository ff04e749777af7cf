//! What a tool in a single Rust file may not name.
//!
//! rustc reads files and variables if the source tells it to. It runs where there are none, so this is only the friendlier
//! answer: the built-in macros that read, and modules in other files, are named before rustc sees the source. Names are
//! refused wherever they stand, because a macro could carry them to where they act.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

use crate::CompileError;

/// The macros that read the machine on which a tool is built.
const READERS: [&str; 5] = ["include", "include_bytes", "include_str", "env", "option_env"];

/// Checks a tool's single Rust file.
///
/// # Errors
///
/// The first place that is refused, or where the text is no Rust.
///
/// ```
/// use belljar_compile::check_rust;
/// assert!(check_rust("tool.rs", b"fn main() {}").is_ok());
/// let error = check_rust("tool.rs", b"const X: &str = include_str!(\"/etc/passwd\");").unwrap_err();
/// assert!(error.to_string().starts_with("tool.rs:1:17: `include_str` reads"));
/// ```
pub fn check_rust(file: &str, bytes: &[u8]) -> Result<(), CompileError> {
    let text = crate::source_text(file, bytes)?;
    let at = |span: Span, message: String| {
        let place = span.start();
        CompileError::at(file, text, place.line, place.column + 1, message)
    };
    let tokens: TokenStream = text.parse().map_err(|e: proc_macro2::LexError| {
        at(e.span(), "this is not Rust: a bracket, a quote or a character is out of place".into())
    })?;
    let mut streams = vec![tokens];
    while let Some(stream) = streams.pop() {
        let mut tokens = stream.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => streams.push(group.stream()),
                TokenTree::Ident(name) => {
                    let plain = name.to_string();
                    let plain = plain.strip_prefix("r#").unwrap_or(&plain);
                    if READERS.contains(&plain) {
                        let why = format!(
                            "`{plain}` reads the machine that a tool is built on, so a single-file tool cannot use this \
                             name; take what it needs as input, or make a Cargo package of it"
                        );
                        return Err(at(name.span(), why));
                    }
                    if plain == "mod" {
                        let named = tokens.next_if(|t| matches!(t, TokenTree::Ident(_))).is_some();
                        let body =
                            matches!(tokens.peek(), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Brace);
                        if !named || !body {
                            let why = "a single-file tool has no modules in other files: write `mod name { … }`, or make a \
                                       Cargo package of it";
                            return Err(at(name.span(), why.into()));
                        }
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_rust;

    #[test]
    fn what_reads_the_machine_is_refused_wherever_it_stands() {
        for (source, accepted) in [
            ("mod inner { pub fn f() {} } fn g() { let path = \"x\"; }", true),
            ("/// include_str!(\"x\") in words\nfn f() { let s = \"env!\"; }", true),
            ("macro_rules! call { ($m:ident) => { $m!(\"/etc/passwd\") } } call!(include_str);", false),
            ("use std::{option_env as o};", false),
            ("fn f() { { { r#include!(\"x\") } } }", false),
            ("#[path = \"/etc/passwd\"] mod x;", false),
            ("m!(mod, x);", false),
            ("mod $name;", false),
            ("fn f() { \"", false),
            ("fn f() { ]", false),
        ] {
            assert_eq!(check_rust("tool.rs", source.as_bytes()).is_ok(), accepted, "{source}");
        }
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        assert!(check_rust("tool.rs", deep.as_bytes()).is_ok());
    }
}
