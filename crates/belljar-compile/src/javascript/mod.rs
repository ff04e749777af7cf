//! JavaScript and TypeScript: checked, types taken off, described. The program is what the engine loads.

mod describe;
mod evaluate;
mod types;
#[cfg(feature = "typescript")]
mod untype;

use oxc_allocator::Allocator;
use oxc_ast::ast::{ExportDefaultDeclarationKind, ModuleExportName, Program as Ast, Statement};
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan, SourceType, Span};
use sha2::{Digest, Sha256};

use crate::{CompileError, Compiled, Diagnostic, Form, JS_ENGINE, Language, Positions, Program, Source};
/// Brackets that may be open at a time.
const NESTING: usize = 1_000;

/// Bytes of stack for compiling, enough for the longest source that is compiled: it may nest as deep as it is long (`!!!!…`), and the compiler recurses. Only
/// what is used of it costs memory.
#[cfg(not(target_family = "wasm"))]
const STACK: usize = 1 << 30;

/// Compiles on a stack of its own.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn compile(source: &Source<'_>, language: Language) -> Result<Compiled, CompileError> {
    let fail = |why: &str| Err(CompileError::plain(source.file, format!("the compiler {why}")));
    std::thread::scope(|scope| {
        let compiler = std::thread::Builder::new().name("compile".into()).stack_size(STACK);
        match compiler.spawn_scoped(scope, || compile_here(source, language)) {
            Ok(compiler) => compiler.join().unwrap_or_else(|_| fail("broke on this source: please report it")),
            Err(_) => fail("gets no thread from the system"),
        }
    })
}

/// Compiles on the host's stack; a browser turns its exhaustion into an error by itself.
#[cfg(target_family = "wasm")]
pub(crate) fn compile(source: &Source<'_>, language: Language) -> Result<Compiled, CompileError> {
    compile_here(source, language)
}

fn compile_here(source: &Source<'_>, language: Language) -> Result<Compiled, CompileError> {
    let file = source.file;
    let text = crate::source_text(file, source.bytes)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(offset) = too_deep(text) {
        let message = format!("more than {NESTING} brackets are open here; at most that many are compiled");
        return Err(place(file, text, offset, message));
    }
    let typescript = language == Language::TypeScript;
    let allocator = Allocator::default();
    let kind = if typescript { SourceType::ts() } else { SourceType::mjs() };
    let parsed = Parser::new(&allocator, text, kind).parse();
    if let Some(error) = parsed.diagnostics.errors().next() {
        return Err(refused(file, text, error));
    }
    #[cfg_attr(not(feature = "typescript"), expect(unused_mut, reason = "only types are taken off"))]
    let mut ast = parsed.program;
    check(file, text, &ast)?;
    let mut manifest =
        describe::manifest(&ast, text, &crate::name(file)).map_err(|(span, message)| at(file, text, span, message))?;
    if manifest.name.is_empty() {
        manifest.name = crate::name(file);
    }
    manifest.check().map_err(|e| CompileError::plain(file, format!("`tool`: {e}")))?;

    let checked = SemanticBuilder::new().with_check_syntax_error(true).with_enum_eval(typescript).build(&ast);
    if let Some(error) = checked.diagnostics.errors().next() {
        return Err(refused(file, text, error));
    }
    let (code, positions) = match language {
        #[cfg(feature = "typescript")]
        Language::TypeScript => {
            let scoping = checked.semantic.into_scoping();
            untype::untype(&allocator, &mut ast, scoping).map_err(|error| refused(file, text, &error))?
        }
        _ => (text.to_owned(), Positions::same()),
    };
    let name = &manifest.name;
    let (language, ending) = if typescript { ("typescript", "ts") } else { ("javascript", "js") };
    let made = serde_json::json!({ "engine": JS_ENGINE, "language": language, "name": name, "program": text });
    let program = Program {
        file: file.to_owned(),
        module: format!("{name}.{ending}"),
        code,
        positions,
        identity: Sha256::digest(made.to_string()).into(),
    };
    Ok(Compiled { manifest, form: Form::Program(program), warnings: Vec::<Diagnostic>::new() })
}

/// Where too many brackets are open, as far as that can be said without parsing: those in strings count, too.
fn too_deep(text: &str) -> Option<usize> {
    let mut open = 0usize;
    text.bytes().position(|byte| {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > NESTING
    })
}

/// What can be seen to fail before it runs: imports, and no function to run.
fn check(file: &str, text: &str, ast: &Ast<'_>) -> Result<(), CompileError> {
    let mut runs = false;
    for statement in &ast.body {
        let from = match statement {
            Statement::ImportDeclaration(import) if !import.import_kind.is_type() => Some(&import.source),
            Statement::ExportFromDeclaration(export) if !export.export_kind.is_type() => Some(&export.source),
            Statement::ExportAllDeclaration(export) if !export.export_kind.is_type() => Some(&export.source),
            Statement::ExportDefaultDeclaration(export) => {
                runs = true;
                let what = match &export.declaration {
                    ExportDefaultDeclarationKind::ClassDeclaration(_) => Some("a class"),
                    ExportDefaultDeclarationKind::ObjectExpression(_) => Some("an object"),
                    ExportDefaultDeclarationKind::StringLiteral(_)
                    | ExportDefaultDeclarationKind::NumericLiteral(_) => Some("a literal"),
                    _ => None,
                };
                if let Some(what) = what {
                    let message = format!(
                        "the default export is {what}, not a function: write `export default function run(input) {{ … }}`"
                    );
                    return Err(at(file, text, export.span, message));
                }
                None
            }
            Statement::ExportNamedDeclaration(export) => {
                runs |= export.specifiers.iter().any(|s| match &s.exported {
                    ModuleExportName::IdentifierName(name) => name.name == "default",
                    ModuleExportName::IdentifierReference(name) => name.name == "default",
                    ModuleExportName::StringLiteral(name) => name.value == "default",
                });
                None
            }
            _ => None,
        };
        if let Some(module) = from {
            return Err(at(file, text, statement.span(), missing(module.value.as_str())));
        }
    }
    if runs {
        Ok(())
    } else {
        let message =
            "it has no default export, so there is nothing to run: write `export default function run(input) { … }`";
        Err(CompileError::plain(file, message.into()))
    }
}

/// What to do without a module.
fn missing(module: &str) -> String {
    let bare = module.strip_prefix("node:").unwrap_or(module);
    let instead = match bare {
        "fs" | "fs/promises" => "use belljar.files (readText, write, list, …)",
        "path" | "path/posix" => "join paths as text, with `/`",
        "crypto" => "use the global crypto (getRandomValues, randomUUID, subtle.digest)",
        "http" | "https" | "node-fetch" | "axios" | "undici" => "use the global fetch",
        "url" => "use the globals URL and URLSearchParams",
        "util" => "use the globals TextEncoder, TextDecoder and structuredClone",
        "buffer" => "use Uint8Array, TextEncoder, TextDecoder, atob and btoa",
        "timers/promises" | "timers" => "use the global setTimeout",
        "process" | "os" | "child_process" => "there is no process: what the tool needs comes in its input",
        "assert" => "throw an Error, or `new ToolError(code, message)`",
        _ if module.starts_with(['.', '/']) => "a tool is one file: put the code into it",
        "belljar" | "@belljar/tool" | "belljar-guest" => {
            "`belljar` is there without an import: leave the line away, and write belljar.kv, belljar.files, belljar.ask …"
        }
        _ => "packages are not available: put the code that the tool needs into its file",
    };
    format!("\"{module}\" cannot be imported here; {instead}")
}

fn refused(file: &str, text: &str, error: &OxcDiagnostic) -> CompileError {
    let mut message = error.message.to_string();
    if let Some(help) = &error.help {
        message = format!("{message} ({help})");
    }
    match error.labels.first() {
        Some(label) => place(file, text, label.offset() as usize, message),
        None => CompileError::plain(file, message),
    }
}

fn at(file: &str, text: &str, span: Span, message: String) -> CompileError {
    place(file, text, span.start as usize, message)
}

fn place(file: &str, text: &str, offset: usize, message: String) -> CompileError {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    CompileError::at(file, text, line, column, message)
}
