//! Taking the types off.

use std::path::Path;

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_codegen::{Codegen, CodegenOptions, IndentChar};
use oxc_diagnostics::OxcDiagnostic;
use oxc_semantic::Scoping;
use oxc_sourcemap::SourceMap;
use oxc_transformer::{TransformOptions, Transformer};

use super::lower::Before;
use crate::Positions;

/// The program without its types, and where its lines come from; `before`: where columns were before it was edited.
pub(super) fn untype<'a>(
    allocator: &'a Allocator,
    ast: &mut Program<'a>,
    scoping: Scoping,
    before: Option<&Before>,
) -> Result<(String, Positions), OxcDiagnostic> {
    let path = Path::new("tool.ts");
    let options = TransformOptions::default();
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
