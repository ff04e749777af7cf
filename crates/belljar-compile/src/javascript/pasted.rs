//! What people paste that is no tool: said for what it is, with the way out.

use oxc_ast::ast::{
    Argument, Declaration, ExportDefaultDeclarationKind, Expression, ObjectExpression, ObjectPropertyKind, Program,
    Statement,
};
use oxc_span::{GetSpan, Span};

use super::evaluate;

/// What a tool looks like.
const SHAPE: &str = "a tool is `export default async function run(input) { … return output }`";

/// What a text is instead of a program in JavaScript or TypeScript, if that can be seen. The number is the offset of
/// the place.
pub(super) fn another_language(text: &str) -> Option<(usize, String)> {
    if let Some(found) = fences(text) {
        return Some(found);
    }
    let start = text.len() - text.trim_start().len();
    let body = text.trim();
    let lines = || body.lines().map(str::trim_end).take(2_000);
    let said =
        |what: &str, instead: &str| Some((start, format!("this is {what}, not JavaScript or TypeScript: {instead}")));
    if body.starts_with(['{', '[']) && serde_json::from_str::<serde_json::Value>(body).is_ok() {
        return said("JSON", "it is an input perhaps (`--input-file`); a tool is a program");
    }
    if body.starts_with("(module") || body.starts_with("(component") || body.starts_with(";;") {
        return said("WebAssembly text", "save it as .wat");
    }
    let lower = body.get(..64.min(body.len())).unwrap_or_default().to_ascii_lowercase();
    if lower.starts_with("<!doctype")
        || lower.starts_with("<html")
        || lower.starts_with("<?xml")
        || lower.starts_with("<script")
    {
        return said("a document in HTML or XML", "take the code out of it");
    }
    if lower.starts_with("#!/bin/")
        || lower.starts_with("#!/usr/bin/env bash")
        || lower.starts_with("#!/usr/bin/env sh")
    {
        return said("a shell script", "there is no shell here; write what it does in TypeScript");
    }
    if lower.starts_with("#!/usr/bin/env python") || lines().any(python) {
        return said("Python", "the program belljar runs it if its file ends in .py; a page does not run it yet");
    }
    if lines().any(|line| line.starts_with("package ") && !line.ends_with(';') && !line.contains('=')) {
        return said(
            "Go",
            "this version runs .ts, .js, .py, .rs, .wat and .wasm files; Go can be built to WebAssembly",
        );
    }
    if lines().any(|line| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        line.starts_with("fn ") && line.contains('(')
            || line.starts_with("use std::")
            || line.starts_with("#[")
            || line.starts_with("#![")
    }) {
        return said("Rust", "save it as .rs");
    }
    if lines().any(|line| line.starts_with("#include")) {
        return said("C", "build it to WebAssembly first, and load the .wasm file");
    }
    if lines().any(|line| line.starts_with("$ ") || line.starts_with("curl ") || line.starts_with("npm install")) {
        return said("a shell command", "there is no shell here; write what it does in TypeScript");
    }
    None
}

fn python(line: &str) -> bool {
    let word = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
    (word(&["def ", "async def ", "class "]) && line.ends_with(':'))
        || (line.starts_with("from ") && line.contains(" import ") && !line.contains(['"', '\'']))
        || (word(&["if __name__", "elif "]) && line.ends_with(':'))
}

/// Code between the fences of Markdown.
fn fences(text: &str) -> Option<(usize, String)> {
    let mut blocks: Vec<(usize, Option<usize>)> = Vec::new();
    let (mut open, mut offset, mut first) = (None::<&str>, 0, None);
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (open, mark) {
            (None, Some(mark)) if !trimmed.trim_start_matches(['`', '~']).contains('`') => {
                open = Some(mark);
                first.get_or_insert(offset + line.len() - line.trim_start().len());
                blocks.push((number + 2, None));
            }
            (Some(mark), Some(other)) if mark == other && trimmed.trim_matches(['`', '~']).is_empty() => {
                open = None;
                if let Some(block) = blocks.last_mut() {
                    block.1 = Some(number);
                }
            }
            _ => {}
        }
        offset += line.len() + 1;
    }
    let first = first?;
    // In a program, a fence may stand in a template.
    let before = text.get(..first).unwrap_or_default();
    if before
        .lines()
        .any(|line| ["import ", "export ", "const ", "function ", "let "].iter().any(|word| line.starts_with(word)))
    {
        return None;
    }
    let of = |(from, to): &(usize, Option<usize>)| match to {
        Some(to) if to < from => format!("no line after {}", from - 1),
        Some(to) if to == from => format!("line {from}"),
        Some(to) => format!("lines {from} to {to}"),
        None => format!("lines {from} to the end"),
    };
    let message = match blocks.as_slice() {
        [one] => format!("this is Markdown: the code stands in {}, between the ``` fences; keep only that", of(one)),
        many => {
            let all: Vec<String> = many.iter().take(5).map(of).collect();
            format!(
                "this is Markdown with {} blocks of code ({}); keep only the one that is the tool, without its ``` fences",
                many.len(),
                all.join("; ")
            )
        }
    };
    Some((first, message))
}

/// What is wrong with a default export that is no function, as far as that is sure.
pub(super) fn default_export(export: &ExportDefaultDeclarationKind<'_>) -> Option<String> {
    let what = match export {
        ExportDefaultDeclarationKind::ClassDeclaration(_) => "a class",
        ExportDefaultDeclarationKind::ObjectExpression(object) => {
            return Some(match method(object) {
                Some("fetch") => format!(
                    "the default export is an object with `fetch`, as a worker has it; there are no requests here: {SHAPE}"
                ),
                Some(name) => format!(
                    "the default export is an object, not a function: make its `{name}` the default export; {SHAPE}"
                ),
                None => {
                    "the default export is an object, not a function: write `export default function run(input) { … }`"
                        .into()
                }
            });
        }
        ExportDefaultDeclarationKind::StringLiteral(_)
        | ExportDefaultDeclarationKind::NumericLiteral(_)
        | ExportDefaultDeclarationKind::BooleanLiteral(_)
        | ExportDefaultDeclarationKind::NullLiteral(_)
        | ExportDefaultDeclarationKind::TemplateLiteral(_) => "a literal",
        ExportDefaultDeclarationKind::ArrayExpression(_) => "an array",
        ExportDefaultDeclarationKind::NewExpression(_) => "an object that is made by `new`",
        ExportDefaultDeclarationKind::CallExpression(call) => {
            let object = call.arguments.iter().find_map(|argument| match argument {
                Argument::ObjectExpression(object) => method(object).filter(|name| *name != "fetch"),
                _ => None,
            })?;
            return Some(format!(
                "the default export is what a library makes of an object; make its `{object}` the default export, and describe \
                 it in `export const tool = {{ description, input: <JSON Schema> }}`: {SHAPE}"
            ));
        }
        _ => return None,
    };
    Some(format!("the default export is {what}, not a function: write `export default function run(input) {{ … }}`"))
}

/// The member of an object that does a tool's work elsewhere.
fn method(object: &ObjectExpression<'_>) -> Option<&'static str> {
    let known = ["execute", "handler", "run", "invoke", "call", "func", "fetch", "main"];
    object.properties.iter().find_map(|property| match property {
        ObjectPropertyKind::ObjectProperty(property) => {
            let name = evaluate::key(&property.key)?;
            known.into_iter().find(|known| *known == name)
        }
        ObjectPropertyKind::SpreadProperty(_) => None,
    })
}

/// What a program without a default export is, and what to do.
pub(super) fn no_default(ast: &Program<'_>, text: &str) -> (Option<Span>, String) {
    if ast.body.is_empty() {
        return (None, format!("it is empty: {SHAPE}"));
    }
    let mut exported: Vec<(&str, Span)> = Vec::new();
    let mut declared: Vec<(&str, Span)> = Vec::new();
    for statement in &ast.body {
        match statement {
            Statement::ExpressionStatement(of) => {
                if let Some(found) = expression(&of.expression) {
                    return (Some(of.span), found);
                }
            }
            Statement::ExportDeclaration(export) => match &export.declaration {
                Declaration::FunctionDeclaration(function) => {
                    exported.extend(function.id.iter().map(|id| (id.name.as_str(), id.span)))
                }
                Declaration::VariableDeclaration(variables) => {
                    exported.extend(variables.declarations.iter().filter_map(|of| {
                        let function = matches!(
                            of.init,
                            Some(Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_))
                        );
                        of.id.get_binding_identifier().filter(|_| function).map(|id| (id.name.as_str(), id.span))
                    }))
                }
                _ => {}
            },
            Statement::FunctionDeclaration(function) => {
                declared.extend(function.id.iter().map(|id| (id.name.as_str(), id.span)))
            }
            Statement::VariableDeclaration(variables) => {
                for of in &variables.declarations {
                    if let Some(Expression::CallExpression(call)) = &of.init
                        && matches!(&call.callee, Expression::Identifier(id) if id.name == "require")
                    {
                        return (
                            Some(of.span),
                            format!("`require` is CommonJS, and packages are not available; {SHAPE}"),
                        );
                    }
                }
            }
            _ => {}
        }
    }
    if let [(name, span)] = exported.as_slice() {
        return (
            Some(*span),
            format!(
                "it has no default export, so there is nothing to run: `{name}` is exported, but not as the default; write `export default` instead of `export` in front of it"
            ),
        );
    }
    if let Some((name, span)) =
        exported.iter().find(|(name, _)| matches!(*name, "run" | "main" | "handler" | "execute"))
    {
        return (
            Some(*span),
            format!(
                "it has no default export, so there is nothing to run: `{name}` is exported, but not as the default; write `export default` instead of `export` in front of it"
            ),
        );
    }
    if text.contains("McpServer") || text.contains("setRequestHandler") {
        return (None, format!("this is an MCP server; here a tool is the function alone: {SHAPE}"));
    }
    if let [(name, span)] = declared.as_slice() {
        return (
            Some(*span),
            format!(
                "it has no default export, so there is nothing to run: write `export default` in front of `{name}`"
            ),
        );
    }
    (
        None,
        "it has no default export, so there is nothing to run: write `export default function run(input) { … }`".into(),
    )
}

fn expression(expression: &Expression<'_>) -> Option<String> {
    match expression {
        Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_) => Some(
            "it has no default export, so there is nothing to run: write `export default` in front of this function"
                .into(),
        ),
        Expression::ParenthesizedExpression(of) => self::expression(&of.expression),
        Expression::AssignmentExpression(of) => {
            let target = of.left.span();
            let name = match &of.left {
                oxc_ast::ast::AssignmentTarget::StaticMemberExpression(member) => match &member.object {
                    Expression::Identifier(id) if matches!(id.name.as_str(), "module" | "exports") => Some("exports"),
                    Expression::StaticMemberExpression(inner) if matches!(&inner.object, Expression::Identifier(id) if id.name == "module") => {
                        Some("exports")
                    }
                    _ => None,
                },
                oxc_ast::ast::AssignmentTarget::AssignmentTargetIdentifier(id)
                    if matches!(id.name.as_str(), "output" | "result") =>
                {
                    Some("output")
                }
                _ => None,
            };
            let _ = target;
            match name? {
                "exports" => Some(format!(
                    "`module.exports` and `exports` are CommonJS; a tool is an ES module: write `export default` in front of the function; {SHAPE}"
                )),
                _ => Some(format!("a tool returns its output instead of assigning it: {SHAPE}")),
            }
        }
        Expression::CallExpression(call) => match &call.callee {
            Expression::Identifier(id) if id.name == "addEventListener" => {
                Some(format!("there are no events here: {SHAPE}"))
            }
            Expression::Identifier(id) if id.name == "require" => {
                Some(format!("`require` is CommonJS, and packages are not available; {SHAPE}"))
            }
            _ => None,
        },
        _ => None,
    }
}

/// What to say of a syntax error beyond its own words.
pub(super) fn hint(message: &str) -> Option<String> {
    let lower = message.to_ascii_lowercase();
    (lower.contains("return") && (lower.contains("outside") || lower.contains("function body")))
        .then(|| format!("`return` stands outside of a function: {SHAPE}"))
}
