//! What oxc's transformer does not do, or does wrong: `accessor` fields, and names within namespaces.
//!
//! It is done in the text, before types are taken off: an edit never adds or removes a line, so that positions stay
//! those of the author's file but for columns, which are mapped back. In a namespace an exported `let` lives in the
//! namespace's object, and so does what another block of the same namespace exports; names of both are written out
//! (`calls` becomes `Counter.calls`). What cannot be written so is refused by name.

use std::collections::HashMap;

use oxc_ast::AstKind;
use oxc_ast::ast::{
    AccessorProperty, AccessorPropertyType, BindingPattern, Declaration, IdentifierReference, PropertyKey, Statement,
    TSEnumMemberName, TSNamespaceDeclaration, TSNamespaceDeclarationBody, VariableDeclaration, VariableDeclarationKind,
};
use oxc_semantic::{NodeId, ScopeId, Semantic};
use oxc_span::{GetSpan, Span};

use super::limits::BLOCKS;

/// Changes of a text.
pub(super) struct Edits {
    /// Start, end and what stands there instead, in order.
    edits: Vec<(usize, usize, String)>,
}

/// A piece of a changed line: where it starts now and is how long, and the same before.
struct Piece {
    now: (u32, u32),
    before: (u32, u32),
}

/// Where the changed text's positions were before.
pub(super) struct Before(HashMap<u32, Vec<Piece>>);

impl Before {
    /// The place before, of a line and a column in UTF-16.
    pub(super) fn column(&self, line: u32, column: u32) -> u32 {
        let mut shift = 0i64;
        for piece in self.0.get(&line).into_iter().flatten() {
            if column < piece.now.0 {
                break;
            }
            if column < piece.now.0 + piece.now.1 {
                return piece.before.0;
            }
            shift = i64::from(piece.before.0 + piece.before.1) - i64::from(piece.now.0 + piece.now.1);
        }
        u32::try_from(i64::from(column) + shift).unwrap_or(0)
    }
}

impl Edits {
    /// The text with the changes made, and where its parts were.
    pub(super) fn apply(self, text: &str) -> (String, Before) {
        let mut made = String::with_capacity(text.len() + self.edits.len() * 16);
        let mut pieces: HashMap<u32, Vec<Piece>> = HashMap::new();
        let (mut at, mut line) = (0, 0u32);
        // Where the line at hand starts, before and now.
        let (mut start_before, mut start_now) = (0, 0);
        let width = |text: &str| text.encode_utf16().count() as u32;
        for (start, end, new) in self.edits {
            let Some(kept) = text.get(at..start) else { continue };
            let Some(old) = text.get(start..end) else { continue };
            if let Some(last) = kept.rfind('\n') {
                line += kept.matches('\n').count() as u32;
                start_before = at + last + 1;
                start_now = made.len() + last + 1;
            }
            made.push_str(kept);
            let before = width(text.get(start_before..start).unwrap_or_default());
            let now = width(made.get(start_now..).unwrap_or_default());
            made.push_str(&new);
            pieces.entry(line).or_default().push(Piece { now: (now, width(&new)), before: (before, width(old)) });
            if let Some(last) = old.rfind('\n') {
                // The lines that go away are put back behind the new text.
                let lines = old.matches('\n').count();
                made.extend(std::iter::repeat_n('\n', lines));
                line += lines as u32;
                start_before = start + last + 1;
                start_now = made.len();
                let before = width(text.get(start_before..end).unwrap_or_default());
                pieces.entry(line).or_default().push(Piece { now: (0, 0), before: (0, before) });
            }
            at = end;
        }
        made.push_str(text.get(at..).unwrap_or_default());
        (made, Before(pieces))
    }
}

/// The changes that a program needs, if any.
pub(super) fn edits(semantic: &Semantic<'_>, text: &str) -> Result<Option<Edits>, (Span, String)> {
    let mut edits = Vec::new();
    let mut namespaces = Vec::new();
    let mut accessors = 0;
    for node in semantic.nodes().iter() {
        match node.kind() {
            AstKind::AccessorProperty(property) => {
                accessor(property, text, accessors, &mut edits)?;
                accessors += 1;
            }
            AstKind::TSNamespaceDeclaration(namespace) if !namespace.declare => namespaces.push((node.id(), namespace)),
            _ => {}
        }
    }
    if !namespaces.is_empty() {
        Names::new(semantic, text, &namespaces)?.write(&mut edits)?;
    }
    edits.sort_by_key(|(start, end, _)| (*start, *end));
    if let Some(pair) = edits.windows(2).find(|pair| pair[0].1 > pair[1].0) {
        let span = Span::new(pair[1].0 as u32, pair[1].1 as u32);
        return Err((
            span,
            "this stands at a place where a namespace or accessor cannot be compiled; write it apart".into(),
        ));
    }
    Ok((!edits.is_empty()).then_some(Edits { edits }))
}

type Found = Vec<(usize, usize, String)>;

/// `accessor x = 1` is a private field with a getter and a setter.
fn accessor(
    property: &AccessorProperty<'_>,
    text: &str,
    number: usize,
    edits: &mut Found,
) -> Result<(), (Span, String)> {
    if property.r#type == AccessorPropertyType::TSAbstractAccessorProperty {
        return Ok(());
    }
    let key = match &property.key {
        PropertyKey::PrivateIdentifier(_) | PropertyKey::StaticIdentifier(_) | PropertyKey::StringLiteral(_)
            if !property.computed =>
        {
            property.key.span()
        }
        _ => {
            return Err((
                property.span,
                "an `accessor` whose name is computed is not supported: write a getter and a setter".into(),
            ));
        }
    };
    let name = text.get(key.start as usize..key.end as usize).unwrap_or_default();
    let is_static = if property.r#static { "static " } else { "" };
    let field = format!("#__accessor{number}");
    edits.push((property.span.start as usize, key.end as usize, format!("{is_static}{field}")));
    let end = property.span.end as usize;
    let methods = format!(
        "; {is_static}get {name}() {{ return this.{field} }} {is_static}set {name}(value) {{ this.{field} = value }}"
    );
    edits.push((end, end, methods));
    Ok(())
}

/// A block of a namespace.
struct Block<'b> {
    path: String,
    name: &'b str,
    symbol: Option<oxc_semantic::SymbolId>,
}

/// What a block exports.
struct Export {
    block: usize,
    is_enum: bool,
}

struct Names<'a, 'b> {
    semantic: &'b Semantic<'a>,
    text: &'b str,
    blocks: Vec<Block<'b>>,
    by_scope: HashMap<ScopeId, usize>,
    exports: HashMap<(String, &'b str), Vec<Export>>,
    /// Exported variables that live in the namespace's object, by their symbols.
    live: HashMap<oxc_semantic::SymbolId, usize>,
    declarations: Vec<(Span, &'b VariableDeclaration<'a>, usize)>,
}

impl<'a, 'b> Names<'a, 'b> {
    fn new(
        semantic: &'b Semantic<'a>,
        text: &'b str,
        namespaces: &[(NodeId, &'b TSNamespaceDeclaration<'a>)],
    ) -> Result<Self, (Span, String)> {
        let mut names = Names {
            semantic,
            text,
            blocks: Vec::new(),
            by_scope: HashMap::new(),
            exports: HashMap::new(),
            live: HashMap::new(),
            declarations: Vec::new(),
        };
        let mut paths: HashMap<NodeId, String> = HashMap::new();
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (id, namespace) in namespaces {
            let outer = semantic.nodes().ancestor_ids(*id).find_map(|id| paths.get(&id));
            let name = namespace.id.name.as_str();
            let path = outer.map_or(name.to_owned(), |outer| format!("{outer}.{name}"));
            if path.len() > 1024 {
                return Err((namespace.id.span, "namespaces nest too deeply here".into()));
            }
            let count = counts.entry(path.clone()).or_default();
            *count += 1;
            if *count > BLOCKS {
                return Err((namespace.id.span, format!("the namespace {path} has more than {BLOCKS} blocks")));
            }
            paths.insert(*id, path.clone());
            let block = names.blocks.len();
            names.blocks.push(Block { path: path.clone(), name, symbol: namespace.id.symbol_id.get() });
            if let Some(scope) = namespace.scope_id.get() {
                names.by_scope.insert(scope, block);
            }
            match &namespace.body {
                TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => {
                    names.export(&path, inner.id.name.as_str(), block, false, inner.id.span)?;
                }
                TSNamespaceDeclarationBody::TSModuleBlock(body) => {
                    for statement in &body.body {
                        if let Statement::ExportDeclaration(export) = statement {
                            names.exported(&path, &export.declaration, export.span, block)?;
                        }
                    }
                }
            }
        }
        // The members of an enum are known within a namespace of its name.
        for node in semantic.nodes().iter() {
            if let AstKind::TSEnumDeclaration(declared) = node.kind()
                && counts.contains_key(declared.id.name.as_str())
            {
                for member in &declared.body.members {
                    if let TSEnumMemberName::Identifier(id) = &member.id {
                        names.export(declared.id.name.as_str(), id.name.as_str(), usize::MAX, false, id.span)?;
                    }
                }
            }
        }
        Ok(names)
    }

    fn export(
        &mut self,
        path: &str,
        name: &'b str,
        block: usize,
        is_enum: bool,
        span: Span,
    ) -> Result<(), (Span, String)> {
        let all = self.exports.entry((path.to_owned(), name)).or_default();
        if is_enum && all.iter().any(|other| other.is_enum && other.block != block) {
            return Err((
                span,
                format!("the enum {name} is spread over several blocks of the namespace {path}; write it in one"),
            ));
        }
        all.push(Export { block, is_enum });
        Ok(())
    }

    fn exported(
        &mut self,
        path: &str,
        declaration: &'b Declaration<'a>,
        span: Span,
        block: usize,
    ) -> Result<(), (Span, String)> {
        match declaration {
            Declaration::VariableDeclaration(variables) if !variables.declare => {
                let live = variables.kind != VariableDeclarationKind::Const;
                if live {
                    self.declarations.push((span, variables, block));
                }
                for of in &variables.declarations {
                    let mut error = None;
                    bindings(&of.id, &mut |id| {
                        if live && let Some(symbol) = id.symbol_id.get() {
                            self.live.insert(symbol, block);
                        }
                        error = error.take().or(self.export(path, id.name.as_str(), block, false, id.span).err());
                    });
                    if let Some(error) = error {
                        return Err(error);
                    }
                }
            }
            Declaration::FunctionDeclaration(function) if function.body.is_some() => {
                if let Some(id) = &function.id {
                    self.export(path, id.name.as_str(), block, false, id.span)?;
                }
            }
            Declaration::ClassDeclaration(class) if !class.declare => {
                if let Some(id) = &class.id {
                    self.export(path, id.name.as_str(), block, false, id.span)?;
                }
            }
            Declaration::TSEnumDeclaration(of) if !of.declare => {
                self.export(path, of.id.name.as_str(), block, true, of.id.span)?;
            }
            Declaration::TSNamespaceDeclaration(of) if !of.declare => {
                self.export(path, of.id.name.as_str(), block, false, of.id.span)?;
            }
            Declaration::TSImportEqualsDeclaration(of) => {
                self.export(path, of.id.name.as_str(), block, false, of.id.span)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn write(&self, edits: &mut Found) -> Result<(), (Span, String)> {
        for node in self.semantic.nodes().iter() {
            let AstKind::IdentifierReference(id) = node.kind() else { continue };
            if let Some(block) = self.owner(id, node.scope_id())? {
                self.rewrite(node.id(), id, block, edits);
            }
        }
        for (span, variables, block) in &self.declarations {
            self.declaration(*span, variables, *block, edits);
        }
        Ok(())
    }

    /// The block of whose namespace an identifier names an export, if it must be written out.
    fn owner(&self, id: &IdentifierReference<'_>, scope: ScopeId) -> Result<Option<usize>, (Span, String)> {
        let scoping = self.semantic.scoping();
        let Some(reference) = id.reference_id.get() else { return Ok(None) };
        let reference = scoping.get_reference(reference);
        if !reference.flags().is_value() {
            return Ok(None);
        }
        let symbol = reference.symbol_id();
        let block = match symbol.and_then(|symbol| self.live.get(&symbol)) {
            Some(block) => Some(*block),
            None => {
                let declared = symbol.map(|symbol| scoping.symbol_scope_id(symbol));
                let mut found = None;
                for scope in scoping.scope_ancestors(scope) {
                    if declared == Some(scope) {
                        break;
                    }
                    let Some(block) = self.by_scope.get(&scope).copied() else { continue };
                    let Some(path) = self.blocks.get(block).map(|block| block.path.clone()) else { continue };
                    if self
                        .exports
                        .get(&(path, id.name.as_str()))
                        .is_some_and(|all| all.iter().any(|e| e.block != block))
                    {
                        found = Some(block);
                        break;
                    }
                }
                found
            }
        };
        let Some(block) = block else { return Ok(None) };
        let Some(of) = self.blocks.get(block) else { return Ok(None) };
        if scoping.find_binding(scope, of.name.into()) != of.symbol {
            return Err((
                id.span,
                format!(
                    "this is {}.{}, but {} has another meaning here; rename one of them",
                    of.name, id.name, of.name
                ),
            ));
        }
        Ok(Some(block))
    }

    fn rewrite(&self, node: NodeId, id: &IdentifierReference<'_>, block: usize, edits: &mut Found) {
        let Some(owner) = self.blocks.get(block).map(|block| block.name) else { return };
        let name = id.name.as_str();
        let full = format!("{owner}.{name}");
        let (start, end) = (id.span.start as usize, id.span.end as usize);
        let new = match self.semantic.nodes().parent_kind(node) {
            AstKind::ObjectProperty(property) if property.shorthand => format!("{name}: {full}"),
            AstKind::AssignmentTargetPropertyIdentifier(_) => format!("{name}: {full}"),
            AstKind::CallExpression(call) if call.callee.span() == id.span => self.called(&full, start),
            AstKind::TaggedTemplateExpression(of) if of.tag.span() == id.span => self.called(&full, start),
            _ => full,
        };
        edits.push((start, end, new));
    }

    /// A function that is called without `this`, so that no line before it goes on with its parenthesis.
    fn called(&self, full: &str, start: usize) -> String {
        let before = self.text.get(..start).unwrap_or_default();
        let line_starts =
            before.len() - before.trim_end().len() > 0 && before[before.trim_end().len()..].contains('\n');
        let before = before.trim_end();
        let goes_on = before.ends_with(|c: char| c.is_alphanumeric() || "_$)]}'\"`/".contains(c));
        let word = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').next().unwrap_or_default();
        let operator = matches!(
            word,
            "await"
                | "typeof"
                | "void"
                | "delete"
                | "yield"
                | "new"
                | "in"
                | "of"
                | "instanceof"
                | "return"
                | "throw"
                | "case"
                | "do"
                | "else"
        );
        if line_starts && goes_on && !operator { format!("void 0, (0, {full})") } else { format!("(0, {full})") }
    }

    /// `export let x = 1` assigns to the namespace's object.
    fn declaration(&self, span: Span, variables: &VariableDeclaration<'a>, block: usize, edits: &mut Found) {
        let Some(owner) = self.blocks.get(block).map(|block| block.name) else { return };
        let Some(first) = variables.declarations.first() else { return };
        edits.push((span.start as usize, first.span.start as usize, ";".into()));
        for of in &variables.declarations {
            let (start, end) = (of.span.start as usize, of.span.end as usize);
            match (&of.id, &of.init) {
                (_, None) => edits.push((start, end, "0".into())),
                (BindingPattern::BindingIdentifier(id), Some(init)) => {
                    edits.push((start, init.span().start as usize, format!("{owner}.{} = (", id.name)));
                    edits.push((end, end, ")".into()));
                }
                (pattern, Some(init)) => {
                    edits.push((start, start, "(".into()));
                    bindings_in(pattern, false, &mut |id, shorthand| {
                        let name = id.name.as_str();
                        let new = if shorthand { format!("{name}: {owner}.{name}") } else { format!("{owner}.{name}") };
                        edits.push((id.span.start as usize, id.span.end as usize, new));
                    });
                    edits.push((pattern.span().end as usize, init.span().start as usize, " = (".into()));
                    edits.push((end, end, "))".into()));
                }
            }
        }
    }
}

fn bindings<'a, 'b>(pattern: &'b BindingPattern<'a>, each: &mut dyn FnMut(&'b oxc_ast::ast::BindingIdentifier<'a>)) {
    bindings_in(pattern, false, &mut |id, _| each(id));
}

/// Calls with each name that a pattern binds, and whether it stands for the property's name, too.
fn bindings_in<'a, 'b>(
    pattern: &'b BindingPattern<'a>,
    shorthand: bool,
    each: &mut dyn FnMut(&'b oxc_ast::ast::BindingIdentifier<'a>, bool),
) {
    match pattern {
        BindingPattern::BindingIdentifier(id) => each(id, shorthand),
        BindingPattern::AssignmentPattern(of) => bindings_in(&of.left, shorthand, each),
        BindingPattern::ObjectPattern(of) => {
            for property in &of.properties {
                bindings_in(&property.value, property.shorthand, each);
            }
            if let Some(rest) = &of.rest {
                bindings_in(&rest.argument, false, each);
            }
        }
        BindingPattern::ArrayPattern(of) => {
            of.elements.iter().flatten().for_each(|element| bindings_in(element, false, each));
            if let Some(rest) = &of.rest {
                bindings_in(&rest.argument, false, each);
            }
        }
    }
}
