//! The manifest of a program: what it writes out as `tool`, else what its comments and types say.

use belljar_admit::Manifest;
use oxc_ast::ast::{
    BindingPattern, Declaration, ExportDefaultDeclarationKind, Expression, FormalParameters, Program, Statement,
    TSTypeAnnotation, VariableDeclaration,
};
use oxc_span::{GetSpan, Span};
use serde_json::Value;

use super::evaluate::{self, Constants};
use super::types::{Named, Schemas, Types};

/// What is wrong with it, and where.
type Wrong = (Span, String);

pub(super) fn manifest<'a>(ast: &Program<'a>, text: &str, name: &str) -> Result<Manifest, Wrong> {
    let (mut constants, mut types) = (Constants::new(), Types::new());
    let mut functions = std::collections::HashMap::new();
    let mut said = None;
    for statement in &ast.body {
        let (declaration, exported) = match statement {
            Statement::ExportDeclaration(export) => (&export.declaration, true),
            other => match other.as_declaration() {
                Some(declaration) => (declaration, false),
                None => continue,
            },
        };
        match declaration {
            Declaration::VariableDeclaration(variables) => {
                collect(variables, &mut constants);
                if exported {
                    said = said.or_else(|| variables.declarations.iter().find(|d| named(&d.id) == Some("tool")));
                }
            }
            Declaration::FunctionDeclaration(function) => {
                if let Some(id) = &function.id {
                    functions.insert(id.name.as_str(), (&*function.params, function.return_type.as_deref()));
                }
            }
            Declaration::TSTypeAliasDeclaration(alias) => {
                types.insert(alias.id.name.as_str(), Named::Alias(&alias.type_annotation));
            }
            Declaration::TSInterfaceDeclaration(interface) if interface.extends.is_empty() => {
                types.insert(interface.id.name.as_str(), Named::Members(&interface.body.body));
            }
            _ => {}
        }
    }
    let mut manifest = match said {
        Some(said) => read(said.init.as_ref(), said.span, &constants, name)?,
        None => Manifest { name: name.to_owned(), ..Manifest::default() },
    };

    let comment = |at: u32| doc(ast, text, at);
    let Some(export) = ast.body.iter().find_map(|s| match s {
        Statement::ExportDefaultDeclaration(export) => Some(export),
        _ => None,
    }) else {
        return Ok(manifest);
    };
    if manifest.description.is_empty() {
        let first = ast.body.first().map(|s| s.span().start);
        manifest.description = comment(export.span.start).or_else(|| first.and_then(comment)).unwrap_or_default();
    }
    let signature: Option<(&FormalParameters<'a>, Option<&TSTypeAnnotation<'a>>)> = match &export.declaration {
        ExportDefaultDeclarationKind::FunctionDeclaration(f) => Some((&f.params, f.return_type.as_deref())),
        ExportDefaultDeclarationKind::ArrowFunctionExpression(f) => Some((&f.params, f.return_type.as_deref())),
        ExportDefaultDeclarationKind::Identifier(id) => {
            functions.get(id.name.as_str()).copied().or_else(|| match constants.get(id.name.as_str()) {
                Some(Expression::ArrowFunctionExpression(f)) => Some((&*f.params, f.return_type.as_deref())),
                Some(Expression::FunctionExpression(f)) => Some((&*f.params, f.return_type.as_deref())),
                _ => None,
            })
        }
        _ => None,
    };
    if let Some((parameters, result)) = signature {
        let schemas = Schemas { types, comment: &comment };
        if manifest.input.is_none() {
            let annotation = parameters.items.first().and_then(|p| p.type_annotation.as_deref());
            manifest.input = annotation.and_then(|a| schemas.schema(&a.type_annotation));
        }
        if manifest.output.is_none() {
            manifest.output = result.and_then(|a| schemas.schema(&a.type_annotation));
        }
    }
    Ok(manifest)
}

fn named<'b>(pattern: &'b BindingPattern<'_>) -> Option<&'b str> {
    match pattern {
        BindingPattern::BindingIdentifier(id) => Some(id.name.as_str()),
        _ => None,
    }
}

fn collect<'a, 'b>(variables: &'b VariableDeclaration<'a>, constants: &mut Constants<'a, 'b>) {
    if !variables.kind.is_const() {
        return;
    }
    for declared in &variables.declarations {
        if let (Some(name), Some(value)) = (named(&declared.id), &declared.init) {
            constants.insert(name, value);
        }
    }
}

/// `export const tool = { … }`.
fn read<'a, 'b>(
    said: Option<&'b Expression<'a>>,
    span: Span,
    constants: &Constants<'a, 'b>,
    name: &str,
) -> Result<Manifest, Wrong> {
    let said = said.ok_or((
        span,
        "`tool` is an object: `export const tool = { name, description, input, output, wants }`".to_owned(),
    ))?;
    let value = evaluate::evaluate(said, constants, 0)
        .map_err(|span| (span, "`tool` is read without running the program: write this out as a literal".to_owned()))?;
    let Value::Object(mut fields) = value else {
        return Err((said.span(), "`tool` is an object: `{ name, description, input, output, wants }`".to_owned()));
    };
    fields.entry("name").or_insert_with(|| name.into());
    serde_json::from_value(Value::Object(fields)).map_err(|e| (said.span(), format!("`tool`: {e}")))
}

/// The text of the doc comment right before a place.
fn doc(ast: &Program<'_>, text: &str, at: u32) -> Option<String> {
    let comment = ast.comments.iter().rev().find(|c| c.span.end <= at)?;
    let between = text.get(comment.span.end as usize..at as usize)?;
    let body = text.get(comment.span.start as usize..comment.span.end as usize)?;
    let body = body.strip_prefix("/**")?.strip_suffix("*/")?;
    if !between.trim().is_empty() {
        return None;
    }
    let lines = body.lines().map(|line| line.trim().trim_start_matches('*').trim());
    let text: Vec<&str> = lines.take_while(|line| !line.starts_with('@')).filter(|line| !line.is_empty()).collect();
    let mut text = text.join(" ");
    while text.len() > 2048 {
        text.pop();
    }
    (!text.is_empty()).then_some(text)
}
