//! JavaScript and TypeScript: checked, types taken off, described. The program is what the engine loads.

mod describe;
mod evaluate;
#[cfg(feature = "typescript")]
mod folding;
mod limits;
#[cfg(feature = "typescript")]
mod lower;
mod nesting;
mod pasted;
mod types;
#[cfg(feature = "typescript")]
mod untype;

use oxc_allocator::Allocator;
use oxc_ast::AstKind;
#[cfg(feature = "typescript")]
use oxc_ast::ast::TSModuleReference;
use oxc_ast::ast::{
    BindingIdentifier, ExportDefaultDeclarationKind, ImportDeclarationSpecifier, ModuleExportName, Program as Ast,
    Statement,
};
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::Parser;
use oxc_semantic::{Scoping, Semantic, SemanticBuilder};
use oxc_span::{GetSpan, SourceType, Span};

use crate::program::identity;
use crate::{CompileError, Compiled, Diagnostic, Engine, Form, Language, Positions, Program, Source};

/// Compiles on a stack of its own.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn compile(source: &Source<'_>, language: Language) -> Result<Compiled, CompileError> {
    let fail = |why: &str| Err(CompileError::plain(source.file, format!("the compiler {why}")));
    std::thread::scope(|scope| {
        let compiler = std::thread::Builder::new().name("compile".into()).stack_size(limits::STACK);
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
    if let Some((offset, message)) = nesting::too_deep(text) {
        return Err(place(file, text, offset, message));
    }
    let typescript = language == Language::TypeScript;
    let allocator = Allocator::default();
    let kind = if typescript { SourceType::ts() } else { SourceType::mjs() };
    let parsed = Parser::new(&allocator, text, kind).parse();
    if let Some(error) = parsed.diagnostics.errors().next() {
        return Err(unparsed(file, text, kind, error));
    }
    #[cfg_attr(not(feature = "typescript"), expect(unused_mut, reason = "only types are taken off"))]
    let mut ast = parsed.program;
    let wrong = |(span, message): (Span, String)| at(file, text, span, message);
    default_export(file, text, &ast)?;

    #[cfg_attr(not(feature = "typescript"), expect(unused_mut, reason = "only TypeScript has enums"))]
    let mut checked = SemanticBuilder::new()
        .with_check_syntax_error(true)
        .with_build_nodes(needs_nodes(text, typescript))
        .build(&ast);
    if let Some(error) = checked.diagnostics.errors().next() {
        return Err(refused(file, text, error));
    }
    features(&checked.semantic, typescript).map_err(wrong)?;
    imports(&ast, checked.semantic.scoping(), typescript).map_err(wrong)?;
    #[cfg(feature = "typescript")]
    let fields = untype::fields(&checked.semantic, text);
    #[cfg(feature = "typescript")]
    let edits = if typescript {
        let edits = lower::edits(&checked.semantic, text).map_err(wrong)?;
        if folding::measure(&checked.semantic).map_err(wrong)? {
            checked = SemanticBuilder::new().with_enum_eval(true).build(&ast);
        }
        edits
    } else {
        None
    };
    let (mut manifest, notes) =
        describe::manifest(&ast, checked.semantic.scoping(), text, &crate::name(file)).map_err(wrong)?;
    let warnings: Vec<Diagnostic> = notes.into_iter().map(|note| wrong(note).0).collect();
    if manifest.name.is_empty() {
        manifest.name = crate::name(file);
    }
    manifest.check().map_err(|e| CompileError::plain(file, format!("`tool`: {e}")))?;

    let (code, positions) = match language {
        #[cfg(feature = "typescript")]
        Language::TypeScript => match edits {
            None => {
                let scoping = checked.semantic.into_scoping();
                untype::untype(&allocator, &mut ast, scoping, None, fields)
                    .map_err(|error| refused(file, text, &error))?
            }
            Some(edits) => {
                let (text, before) = edits.apply(text);
                let allocator = Allocator::default();
                let parsed = Parser::new(&allocator, &text, kind).parse();
                let mut ast = parsed.program;
                let checked = SemanticBuilder::new().with_enum_eval(true).build(&ast);
                if let Some(error) = parsed.diagnostics.errors().next().or(checked.diagnostics.errors().next()) {
                    let message =
                        format!("a namespace or an `accessor` of this file cannot be compiled: {}", error.message);
                    return Err(CompileError::plain(file, message));
                }
                let scoping = checked.semantic.into_scoping();
                untype::untype(&allocator, &mut ast, scoping, Some(&before), fields)
                    .map_err(|error| refused(file, &text, &error))?
            }
        },
        _ => (text.to_owned(), Positions::same()),
    };
    let name = &manifest.name;
    let (language, ending) = if typescript { ("typescript", "ts") } else { ("javascript", "js") };
    let program = Program {
        engine: Engine::JavaScript,
        file: file.to_owned(),
        module: format!("{name}.{ending}"),
        code,
        positions,
        identity: identity(Engine::JavaScript, language, name, text),
    };
    Ok(Compiled { manifest, form: Form::Program(program), warnings })
}

/// Why a source could not be parsed: what it is instead, or the parser's own words.
fn unparsed(file: &str, text: &str, kind: SourceType, error: &OxcDiagnostic) -> CompileError {
    if let Some((offset, message)) = pasted::another_language(text) {
        return place(file, text, offset, message);
    }
    let allocator = Allocator::default();
    let with_tags = Parser::new(&allocator, text, kind.with_jsx(true)).parse();
    let own = error.labels.first().map(|label| label.offset());
    let other = with_tags.diagnostics.errors().next().map(|error| error.labels.first().map(|label| label.offset()));
    // With JSX the parser comes further, or to the end.
    if own.is_some() && text.contains('<') && other.is_none_or(|other| other > own) {
        let near = own.map_or(0, |offset| offset as usize);
        let tag = text.get(..near).and_then(|before| before.rfind('<')).unwrap_or(near);
        let message = "JSX is not supported: there is no page to render into; return the HTML as a string";
        return place(file, text, tag, message.into());
    }
    if let Some(message) = pasted::hint(&error.message) {
        return place(file, text, own.map_or(0, |offset| offset as usize), message);
    }
    refused(file, text, error)
}

/// Whether a source can have what is looked for among its nodes; most have not, and are compiled faster.
fn needs_nodes(text: &str, typescript: bool) -> bool {
    let has = |word: &str| text.contains(word);
    has("@")
        || has("accessor")
        || typescript && (has("enum") || has("namespace") || has("module") || has("constructor") && has("this."))
}

/// Syntax that neither the engine nor the compiler has.
fn features(semantic: &Semantic<'_>, typescript: bool) -> Result<(), (Span, String)> {
    for node in semantic.nodes().iter() {
        match node.kind() {
            AstKind::Decorator(decorator) => {
                let message = "decorators are not supported: call the function on the class or method instead";
                return Err((decorator.span, message.into()));
            }
            AstKind::AccessorProperty(property) if !typescript => {
                let message = "`accessor` is not supported in JavaScript here: write a getter and a setter, or save the file as .ts";
                return Err((property.span, message.into()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether there is something to run, and whether it is no function for sure.
fn default_export(file: &str, text: &str, ast: &Ast<'_>) -> Result<(), CompileError> {
    let (mut runs, mut exported) = (false, false);
    for statement in &ast.body {
        match statement {
            Statement::ExportDefaultDeclaration(export) => {
                // Signatures and interfaces go away with the types, so the parser does not count exports in TypeScript.
                let stays = match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(function) => function.body.is_some(),
                    ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => false,
                    _ => true,
                };
                runs |= stays;
                if stays && std::mem::replace(&mut exported, true) {
                    let message = "a tool has one default export; this is another one".to_owned();
                    return Err(at(file, text, export.span, message));
                }
                // What is imported is said first.
                let imports = ast.body.iter().any(|s| matches!(s, Statement::ImportDeclaration(_)));
                if let Some(message) = pasted::default_export(&export.declaration).filter(|_| !imports) {
                    return Err(at(file, text, export.span, message));
                }
            }
            Statement::ExportNamedDeclaration(export) => {
                runs |= export.specifiers.iter().any(|s| is_default(&s.exported));
            }
            Statement::ExportFromDeclaration(export) => {
                runs |= export.specifiers.iter().any(|s| is_default(&s.exported));
            }
            _ => {}
        }
    }
    // A value import is the better thing to say.
    let imports =
        ast.body.iter().any(|s| matches!(s, Statement::ImportDeclaration(import) if !import.import_kind.is_type()));
    if runs || imports {
        return Ok(());
    }
    if let Some((offset, message)) = pasted::another_language(text) {
        return Err(place(file, text, offset, message));
    }
    let (span, message) = pasted::no_default(ast, text);
    Err(match span {
        Some(span) => at(file, text, span, message),
        None => CompileError::plain(file, message),
    })
}

fn is_default(name: &ModuleExportName<'_>) -> bool {
    match name {
        ModuleExportName::IdentifierName(name) => name.name == "default",
        ModuleExportName::IdentifierReference(name) => name.name == "default",
        ModuleExportName::StringLiteral(name) => name.value == "default",
    }
}

/// Imports of values; TypeScript's that are used as types only go away with the types.
fn imports(ast: &Ast<'_>, scoping: &Scoping, typescript: bool) -> Result<(), (Span, String)> {
    let mut runs = false;
    let mut erased = None;
    for statement in &ast.body {
        let module = match statement {
            Statement::ImportDeclaration(import) if import.import_kind.is_type() => continue,
            Statement::ImportDeclaration(import) => {
                let used = |local: &BindingIdentifier<'_>| {
                    local
                        .symbol_id
                        .get()
                        .is_none_or(|id| scoping.get_resolved_references(id).any(|r| r.flags().is_value()))
                };
                let kept = import.specifiers.as_ref().is_none_or(|all| {
                    all.is_empty()
                        || all.iter().any(|one| match one {
                            ImportDeclarationSpecifier::ImportSpecifier(one) => {
                                !one.import_kind.is_type() && used(&one.local)
                            }
                            ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => used(&one.local),
                            ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => used(&one.local),
                        })
                });
                if typescript && !kept {
                    erased.get_or_insert(import);
                    continue;
                }
                &import.source
            }
            Statement::ExportFromDeclaration(export) => {
                let types = export.export_kind.is_type()
                    || !export.specifiers.is_empty() && export.specifiers.iter().all(|one| one.export_kind.is_type());
                if types {
                    continue;
                }
                &export.source
            }
            Statement::ExportAllDeclaration(export) if !export.export_kind.is_type() => &export.source,
            #[cfg(feature = "typescript")]
            Statement::TSImportEqualsDeclaration(import) => match &import.module_reference {
                TSModuleReference::ExternalModuleReference(of) if !import.import_kind.is_type() => &of.expression,
                _ => continue,
            },
            Statement::ExportDefaultDeclaration(_) | Statement::ExportNamedDeclaration(_) => {
                runs = true;
                continue;
            }
            _ => continue,
        };
        return Err((statement.span(), missing(module.value.as_str())));
    }
    // An import that was to be the tool's frame, and nothing to run.
    match erased {
        Some(import) if !runs => Err((
            import.span,
            format!(
                "{}; and there is no default export: write `export default function run(input) {{ … }}`",
                missing(import.source.value.as_str())
            ),
        )),
        _ => Ok(()),
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
        "belljar" | "@belljar/tool" => {
            "`belljar` is a global here: delete this import and write `belljar.kv`, `belljar.files` … as they are"
        }
        "zod" | "zod/v4" | "zod/v3" | "valibot" | "@sinclair/typebox" | "ajv" => {
            "Belljar checks the input by itself, from TypeScript's types or from `export const tool = { input: <JSON Schema> }`"
        }
        _ if ["ai", "@ai-sdk/", "@langchain/", "langchain", "@modelcontextprotocol/", "@openai/agents", "@mastra/"]
            .iter()
            .any(|known| {
                if known.ends_with('/') {
                    module.starts_with(known)
                } else {
                    module == *known || module.strip_prefix(known).is_some_and(|rest| rest.starts_with('/'))
                }
            }) =>
        {
            "a tool is the function alone, `export default async function run(input) { … return output }`, and describes itself in `export const tool = { description, input, output }`"
        }
        _ if module.starts_with(['.', '/']) => "a tool is one file: put the code into it",
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
