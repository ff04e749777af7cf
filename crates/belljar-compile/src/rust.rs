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

/// The macros that write to a terminal, which a tool does not have; the crate for tools has them, too, for the console.
const PRINTERS: [&str; 5] = ["dbg", "eprint", "eprintln", "print", "println"];

/// A tool's single Rust file in which `println!` and its like mean those of the crate for tools, so that what they write is
/// seen: each module that may use them imports them, on the line on which its first item begins, so that lines stay as they
/// are. A text without such macros, or one that is no Rust, comes back as it is.
///
/// ```
/// use belljar_compile::rust_with_console;
///
/// let source = "//! A tool.\nfn f() { println!(\"x\"); }";
/// let printed = rust_with_console(source);
/// assert!(printed.starts_with("//! A tool.\n#[allow(unused_imports)] use ::belljar::{"));
/// assert_eq!(rust_with_console("fn f() {}"), "fn f() {}");
/// ```
pub fn rust_with_console(text: &str) -> String {
    let Ok(tokens) = text.parse::<TokenStream>() else { return text.to_owned() };
    if !prints(tokens.clone()) {
        return text.to_owned();
    }
    let mut places = Vec::new();
    let mut modules = vec![tokens];
    while let Some(module) = modules.pop() {
        let tokens: Vec<TokenTree> = module.into_iter().collect();
        places.extend(first_item(&tokens));
        for window in tokens.windows(3) {
            if let [TokenTree::Ident(word), TokenTree::Ident(_), TokenTree::Group(body)] = window
                && word == "mod"
                && body.delimiter() == Delimiter::Brace
            {
                modules.push(body.stream());
            }
        }
    }
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    let offset = |(line, column): (usize, usize)| {
        let start = *starts.get(line.checked_sub(1)?)?;
        let rest = text.get(start..)?;
        rest.char_indices().map(|(at, _)| at).chain([rest.len()]).nth(column).map(|at| start + at)
    };
    let mut offsets: Vec<usize> = places.into_iter().filter_map(offset).collect();
    offsets.sort_unstable();
    let mut whole = text.to_owned();
    for at in offsets.into_iter().rev() {
        whole.insert_str(at, "#[allow(unused_imports)] use ::belljar::{dbg, eprint, eprintln, print, println}; ");
    }
    whole
}

/// Whether one of the macros is called anywhere.
fn prints(tokens: TokenStream) -> bool {
    let mut streams = vec![tokens];
    while let Some(stream) = streams.pop() {
        let mut tokens = stream.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => streams.push(group.stream()),
                TokenTree::Ident(name)
                    if PRINTERS.iter().any(|printer| name == printer)
                        && matches!(tokens.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == '!') =>
                {
                    return true;
                }
                _ => {}
            }
        }
    }
    false
}

/// Line, from 1, and column, from 0, of a module's first item, behind the attributes that are the module's own.
fn first_item(tokens: &[TokenTree]) -> Option<(usize, usize)> {
    let mut rest = tokens;
    while let [TokenTree::Punct(hash), TokenTree::Punct(mark), TokenTree::Group(_), after @ ..] = rest
        && hash.as_char() == '#'
        && mark.as_char() == '!'
    {
        rest = after;
    }
    let place = rest.first()?.span().start();
    Some((place.line, place.column))
}

#[cfg(test)]
mod tests {
    use super::{check_rust, rust_with_console};

    #[test]
    fn what_is_printed_goes_to_the_console_and_lines_stay() {
        let import = "#[allow(unused_imports)] use ::belljar::{dbg, eprint, eprintln, print, println}; ";
        for (source, expected) in [
            ("fn f() { println!(); }", format!("{import}fn f() {{ println!(); }}")),
            (
                "#![allow(dead_code)]\n/// Doc.\nfn f() { dbg!(1); }",
                format!("#![allow(dead_code)]\n{import}/// Doc.\nfn f() {{ dbg!(1); }}"),
            ),
            ("mod é { fn g() { print!(\"x\") } }", format!("{import}mod é {{ {import}fn g() {{ print!(\"x\") }} }}")),
            ("fn f() { \"println!\"; // println!()\n }", "fn f() { \"println!\"; // println!()\n }".to_owned()),
            ("fn println() {}", "fn println() {}".to_owned()),
            ("fn f() { ] println!()", "fn f() { ] println!()".to_owned()),
            ("//! println!()\nmod a {}", "//! println!()\nmod a {}".to_owned()),
        ] {
            assert_eq!(rust_with_console(source), expected);
        }
    }

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
