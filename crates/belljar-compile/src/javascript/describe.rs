//! The manifest of a program: what it writes out as `tool`, else what its comments and types say.

use belljar_admit::Manifest;
use oxc_ast::ast::{
    BindingPattern, Declaration, ExportDefaultDeclarationKind, Expression, Function, Program, Statement,
    TSNamespaceDeclaration, TSNamespaceDeclarationBody, TSType, TSTypeAnnotation, TSTypeParameterDeclaration,
    VariableDeclaration, VariableDeclarator,
};
use oxc_semantic::Scoping;
use oxc_span::{GetSpan, Span};
use serde_json::Value;

use super::evaluate::{self, Constants};
use super::limits::MANIFEST_BYTES;
use super::types::{Declared, Named, Schemas, Side};

/// What is wrong with it, and where.
type Wrong = (Span, String);

/// The manifest, and where its schemas say less than the types.
pub(super) fn manifest<'a>(
    ast: &Program<'a>,
    scoping: &Scoping,
    text: &str,
    name: &str,
) -> Result<(Manifest, Vec<Wrong>), Wrong> {
    let mut declared = Declared::default();
    let mut constants = Constants::new();
    let mut said = None;
    for statement in &ast.body {
        let (declaration, exported) = match statement {
            Statement::ExportDeclaration(export) => (&export.declaration, true),
            other => match other.as_declaration() {
                Some(declaration) => (declaration, false),
                None => continue,
            },
        };
        if let Declaration::VariableDeclaration(variables) = declaration {
            collect(variables, &mut constants, &mut declared);
            if exported {
                said = said.or_else(|| variables.declarations.iter().find(|d| named(&d.id) == Some("tool")));
            }
        }
        if let Declaration::FunctionDeclaration(function) = declaration
            && let Some(id) = &function.id
        {
            declared.functions.entry(id.name.as_str()).or_default().push(function);
        }
        declare(declaration, "", &mut declared);
    }
    let mut manifest = match said {
        Some(said) => read(said, &constants, name)?,
        None => Manifest { name: name.to_owned(), ..Manifest::default() },
    };

    let comment = |at: u32| doc(ast, text, at);
    let exports: Vec<_> = ast
        .body
        .iter()
        .filter_map(|s| match s {
            Statement::ExportDefaultDeclaration(export) => Some(export),
            _ => None,
        })
        .collect();
    let (Some(first), Some(last)) = (exports.first(), exports.last()) else {
        return Ok((manifest, Vec::new()));
    };
    if manifest.description.is_empty() {
        let start = ast.body.first().map(|s| s.span().start);
        manifest.description = comment(first.span.start).or_else(|| start.and_then(comment)).unwrap_or_default();
    }
    let functions: Vec<&Function<'a>> = exports
        .iter()
        .filter_map(|export| match &export.declaration {
            ExportDefaultDeclarationKind::FunctionDeclaration(f) => Some(&**f),
            _ => None,
        })
        .collect();
    let signatures = match &last.declaration {
        ExportDefaultDeclarationKind::FunctionDeclaration(_) => overloads(&functions),
        ExportDefaultDeclarationKind::Identifier(id) => match declared.functions.get(id.name.as_str()) {
            Some(functions) => overloads(functions),
            None => of_constant(id.name.as_str(), &declared),
        },
        other => other.as_expression().map(|e| of_expression(e, &declared, 0)).unwrap_or_default(),
    };
    let inputs: Vec<Typed> = signatures.iter().filter_map(|s| s.input.map(|ty| (ty, s.parameters))).collect();
    let outputs: Vec<Typed> = signatures.iter().filter_map(|s| s.output.map(|ty| (ty, s.parameters))).collect();
    let whole = |types: &[Typed]| !types.is_empty() && types.len() == signatures.len();
    let schemas = Schemas::new(declared, scoping, &comment);
    if manifest.input.is_none() && whole(&inputs) {
        manifest.input = schemas.schema(Side::Input, &inputs)?;
    }
    if manifest.output.is_none() && whole(&outputs) {
        manifest.output = schemas.schema(Side::Output, &outputs)?;
    }
    Ok((manifest, schemas.notes()))
}

type Typed<'a, 'b> = (&'b TSType<'a>, Option<&'b TSTypeParameterDeclaration<'a>>);

/// How the tool's function can be called.
struct Signature<'a, 'b> {
    input: Option<&'b TSType<'a>>,
    output: Option<&'b TSType<'a>>,
    parameters: Option<&'b TSTypeParameterDeclaration<'a>>,
}

/// The overloads of a function; what implements them is not called as such.
fn overloads<'a, 'b>(functions: &[&'b Function<'a>]) -> Vec<Signature<'a, 'b>> {
    let overloaded = functions.iter().any(|function| function.body.is_none());
    functions
        .iter()
        .filter(|function| !overloaded || function.body.is_none())
        .map(|f| Signature {
            input: f.params.items.first().and_then(|p| annotated(p.type_annotation.as_deref())),
            output: annotated(f.return_type.as_deref()),
            parameters: f.type_parameters.as_deref(),
        })
        .collect()
}

fn annotated<'a, 'b>(annotation: Option<&'b TSTypeAnnotation<'a>>) -> Option<&'b TSType<'a>> {
    annotation.map(|annotation| &annotation.type_annotation)
}

fn of_constant<'a, 'b>(name: &str, declared: &Declared<'a, 'b>) -> Vec<Signature<'a, 'b>> {
    let Some((annotation, init)) = declared.constants.get(name) else { return Vec::new() };
    let said = annotated(*annotation).map(|ty| of_type(ty, declared, 0)).unwrap_or_default();
    if said.is_empty() { init.map(|e| of_expression(e, declared, 0)).unwrap_or_default() } else { said }
}

/// The signatures of a type that is a function's.
fn of_type<'a, 'b>(ty: &'b TSType<'a>, declared: &Declared<'a, 'b>, depth: u32) -> Vec<Signature<'a, 'b>> {
    match ty {
        TSType::TSFunctionType(f) => vec![Signature {
            input: f.params.items.first().and_then(|p| annotated(p.type_annotation.as_deref())),
            output: Some(&f.return_type.type_annotation),
            parameters: f.type_parameters.as_deref(),
        }],
        TSType::TSParenthesizedType(of) => of_type(&of.type_annotation, declared, depth),
        TSType::TSTypeReference(of) if of.type_arguments.is_none() && depth < 16 => {
            match declared.types.get(&super::types::dotted(&of.type_name)) {
                Some(Named::Alias(alias)) if alias.type_parameters.is_none() => {
                    of_type(&alias.type_annotation, declared, depth + 1)
                }
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn of_expression<'a, 'b>(e: &'b Expression<'a>, declared: &Declared<'a, 'b>, depth: u32) -> Vec<Signature<'a, 'b>> {
    if depth > 64 {
        return Vec::new();
    }
    match e {
        Expression::ArrowFunctionExpression(f) => vec![Signature {
            input: f.params.items.first().and_then(|p| annotated(p.type_annotation.as_deref())),
            output: annotated(f.return_type.as_deref()),
            parameters: f.type_parameters.as_deref(),
        }],
        Expression::FunctionExpression(f) => overloads(&[f]),
        Expression::ParenthesizedExpression(of) => of_expression(&of.expression, declared, depth + 1),
        Expression::TSSatisfiesExpression(of) => {
            let own = of_expression(&of.expression, declared, depth + 1);
            if own.iter().any(|s| s.input.is_some()) { own } else { of_type(&of.type_annotation, declared, 0) }
        }
        Expression::TSAsExpression(of) => {
            let said = of_type(&of.type_annotation, declared, 0);
            if said.is_empty() { of_expression(&of.expression, declared, depth + 1) } else { said }
        }
        _ => Vec::new(),
    }
}

/// Declares a type, or those of a namespace.
fn declare<'a, 'b>(declaration: &'b Declaration<'a>, scope: &str, declared: &mut Declared<'a, 'b>) {
    match declaration {
        Declaration::TSTypeAliasDeclaration(alias) => {
            declared.types.insert(format!("{scope}{}", alias.id.name), Named::Alias(alias));
        }
        Declaration::TSInterfaceDeclaration(interface) => {
            let name = format!("{scope}{}", interface.id.name);
            match declared.types.get_mut(&name) {
                Some(Named::Interface(all)) => all.push(interface),
                Some(_) => {}
                None => _ = declared.types.insert(name, Named::Interface(vec![interface])),
            }
        }
        Declaration::ClassDeclaration(class) => {
            if let Some(id) = &class.id {
                declared.types.insert(format!("{scope}{}", id.name), Named::Class(class));
            }
        }
        Declaration::TSEnumDeclaration(of) => {
            let name = format!("{scope}{}", of.id.name);
            match declared.types.get_mut(&name) {
                Some(Named::Enum(all)) => all.push(of),
                _ => _ = declared.types.insert(name, Named::Enum(vec![of])),
            }
        }
        Declaration::TSNamespaceDeclaration(namespace) => declare_namespace(namespace, scope, declared),
        _ => {}
    }
}

fn declare_namespace<'a, 'b>(namespace: &'b TSNamespaceDeclaration<'a>, scope: &str, declared: &mut Declared<'a, 'b>) {
    let scope = format!("{scope}{}.", namespace.id.name);
    // A path repeats the names above it; nobody nests namespaces like this.
    if scope.len() > 1024 {
        return;
    }
    match &namespace.body {
        TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => declare_namespace(inner, &scope, declared),
        TSNamespaceDeclarationBody::TSModuleBlock(block) => {
            for statement in &block.body {
                match statement {
                    Statement::ExportDeclaration(export) => declare(&export.declaration, &scope, declared),
                    other => {
                        if let Some(declaration) = other.as_declaration() {
                            declare(declaration, &scope, declared);
                        }
                    }
                }
            }
        }
    }
}

fn named<'b>(pattern: &'b BindingPattern<'_>) -> Option<&'b str> {
    match pattern {
        BindingPattern::BindingIdentifier(id) => Some(id.name.as_str()),
        _ => None,
    }
}

fn collect<'a, 'b>(
    variables: &'b VariableDeclaration<'a>,
    constants: &mut Constants<'a, 'b>,
    declared: &mut Declared<'a, 'b>,
) {
    if !variables.kind.is_const() {
        return;
    }
    for of in &variables.declarations {
        let Some(name) = named(&of.id) else { continue };
        declared.constants.insert(name, (of.type_annotation.as_deref(), of.init.as_ref()));
        if let Some(value) = &of.init {
            constants.values.insert(name, value);
        }
    }
}

/// `export const tool = { … }`.
fn read<'a, 'b>(
    said: &'b VariableDeclarator<'a>,
    constants: &Constants<'a, 'b>,
    name: &str,
) -> Result<Manifest, Wrong> {
    let span = said.span;
    let said = said.init.as_ref().ok_or((
        span,
        "`tool` is an object: `export const tool = { name, description, input, output, wants }`".to_owned(),
    ))?;
    let value = evaluate::evaluate(said, constants, 0).map_err(|span| {
        if constants.is_too_large() {
            return (
                span,
                format!("`tool` is made of more than {MANIFEST_BYTES} bytes of constants; write a shorter one"),
            );
        }
        (span, "`tool` is read without running the program: write this out as a literal".to_owned())
    })?;
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
