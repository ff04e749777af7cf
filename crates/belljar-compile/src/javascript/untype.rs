//! Taking the types off.

use std::path::Path;

use oxc_allocator::Allocator;
use oxc_ast::AstKind;
use oxc_ast::ast::{ClassElement, Program};
use oxc_codegen::{Codegen, CodegenOptions, IndentChar};
use oxc_diagnostics::OxcDiagnostic;
use oxc_semantic::{Scoping, Semantic};
use oxc_sourcemap::SourceMap;
use oxc_span::GetSpan;
use oxc_transformer::{TransformOptions, Transformer};

use super::lower::Before;
use crate::Positions;

/// How the fields of classes get their first values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fields {
    /// Before the constructor's parameters that are properties have theirs, as since ES2022.
    Defined,
    /// After them, as in every TypeScript before ES2022: some field needs one.
    Assigned,
}

/// Whether a field's first value reads a parameter property of its class, which ES2022 sets later.
pub(super) fn fields(semantic: &Semantic<'_>, text: &str) -> Fields {
    let reads = semantic.nodes().iter().any(|node| {
        let AstKind::Class(class) = node.kind() else { return false };
        let constructor = class.body.body.iter().find_map(|element| match element {
            ClassElement::MethodDefinition(method) if method.kind.is_constructor() => Some(&method.value.params),
            _ => None,
        });
        let names: Vec<String> = constructor
            .into_iter()
            .flat_map(|parameters| &parameters.items)
            .filter(|parameter| parameter.has_modifier())
            .filter_map(|parameter| parameter.pattern.get_identifier_name())
            .map(|name| format!("this.{name}"))
            .collect();
        !names.is_empty()
            && class.body.body.iter().any(|element| match element {
                ClassElement::PropertyDefinition(field) if !field.r#static => field
                    .value
                    .as_ref()
                    .and_then(|value| text.get(value.span().start as usize..value.span().end as usize))
                    .is_some_and(|value| names.iter().any(|name| value.contains(name.as_str()))),
                _ => false,
            })
    });
    if reads { Fields::Assigned } else { Fields::Defined }
}

/// The program without its types, and where its lines come from; `before`: where columns were before it was edited.
pub(super) fn untype<'a>(
    allocator: &'a Allocator,
    ast: &mut Program<'a>,
    scoping: Scoping,
    before: Option<&Before>,
    fields: Fields,
) -> Result<(String, Positions), OxcDiagnostic> {
    let path = Path::new("tool.ts");
    let mut options = TransformOptions::default();
    options.assumptions.set_public_class_fields = fields == Fields::Assigned;
    let done = Transformer::new(allocator, path, &options).build_with_scoping(scoping, ast);
    if let Some(error) = done.diagnostics.errors().next() {
        return Err(error.clone());
    }
    let options = CodegenOptions {
        source_map_path: Some(path.to_owned()),
        indent_char: IndentChar::Space,
        // Nobody reads it, and indentation grows with the square of the nesting.
        indent_width: 0,
        ..CodegenOptions::default()
    };
    let printed = Codegen::new().with_options(options).build(ast);
    Ok((printed.code, printed.map.map_or_else(Positions::same, |map| positions(&map, before))))
}

fn positions(map: &SourceMap<'_>, before: Option<&Before>) -> Positions {
    let tokens = map.get_tokens();
    let column = |line, column| before.map_or(column, |before| before.column(line, column));
    let place = |t: oxc_sourcemap::Token| {
        (t.get_dst_line(), t.get_dst_col(), t.get_src_line(), column(t.get_src_line(), t.get_src_col()))
    };
    Positions::of(tokens.map(place).collect())
}
