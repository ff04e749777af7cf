//! JSON Schemas from TypeScript's types, as far as they say what JSON can hold.
//!
//! Types are evaluated as TypeScript does it, in two steps. [`eval`] makes a [`Ty`] of a type: a named type stays a
//! name, so that recursive types are finite, until an operator (`keyof`, `Pick`, a condition …) has to look into it.
//! [`write`] makes the schema: a named type that is recursive, or large and used twice, goes to `$defs`. Every step is
//! counted, because types are a programming language. Where a type cannot be decided here, or JSON cannot carry it,
//! anything is accepted, and a note says where and why.

mod eval;
mod relate;
mod write;

pub(super) use eval::dotted;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use oxc_ast::ast::{
    Class, Expression, Function, TSEnumDeclaration, TSInterfaceDeclaration, TSType, TSTypeAliasDeclaration,
    TSTypeAnnotation, TSTypeParameterDeclaration,
};
use oxc_semantic::Scoping;
use oxc_span::Span;
use serde_json::Value;

use super::limits::{NOTES, TYPE_DEPTH, TYPE_STEPS};

/// A type that the module names.
pub(super) enum Named<'a, 'b> {
    Alias(&'b TSTypeAliasDeclaration<'a>),
    /// All declarations of the name, which are one interface.
    Interface(Vec<&'b TSInterfaceDeclaration<'a>>),
    Class(&'b Class<'a>),
    Enum(Vec<&'b TSEnumDeclaration<'a>>),
}

/// What the module declares, by name; what is in a namespace has a name with dots.
#[derive(Default)]
pub(super) struct Declared<'a, 'b> {
    pub(super) types: HashMap<String, Named<'a, 'b>>,
    /// Constants with their annotation.
    pub(super) constants: HashMap<&'b str, (Option<&'b TSTypeAnnotation<'a>>, Option<&'b Expression<'a>>)>,
    pub(super) functions: HashMap<&'b str, Vec<&'b Function<'a>>>,
}

/// A type as far as JSON is concerned.
#[derive(Clone, Debug, PartialEq)]
enum Ty {
    Any,
    Never,
    Undefined,
    Null,
    String,
    Number,
    Boolean,
    /// A text, number or truth value.
    Literal(Value),
    /// Texts of a template, as a pattern.
    Template(Rc<str>),
    /// `object`.
    AnyObject,
    /// `{}`: anything but null.
    NonNull,
    Array(Rc<Ty>),
    Tuple(Rc<Tuple>),
    Object(Rc<Object>),
    Union(Rc<Vec<Ty>>),
    /// All of them; they are named, and put together when they are looked into.
    All(Rc<Vec<Ty>>),
    /// A named type, by its number.
    Ref(usize),
    /// What JSON cannot carry, by its name.
    Foreign(Rc<str>),
    /// A function, by its place in the list of signatures.
    Function(usize),
}

#[derive(Clone, Debug, PartialEq)]
struct Tuple {
    /// Each with whether it can be left out.
    first: Vec<(Ty, bool)>,
    rest: Option<Ty>,
    last: Vec<Ty>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Object {
    members: Vec<Member>,
    /// What all other members are.
    index: Option<Ty>,
}

#[derive(Clone, Debug, PartialEq)]
struct Member {
    name: Rc<str>,
    ty: Ty,
    optional: bool,
    comment: Option<Rc<str>>,
    /// Where it stands.
    at: u32,
}

impl Object {
    fn get(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| &*member.name == name)
    }
}

/// Types of type parameters.
type Env = Option<Rc<Bound>>;

struct Bound {
    name: String,
    ty: Ty,
    next: Env,
}

fn bind(env: &Env, name: &str, ty: Ty) -> Env {
    Some(Rc::new(Bound { name: name.to_owned(), ty, next: env.clone() }))
}

fn lookup(env: &Env, name: &str) -> Option<Ty> {
    let mut env = env;
    while let Some(bound) = env {
        if bound.name == name {
            return Some(bound.ty.clone());
        }
        env = &bound.next;
    }
    None
}

/// A named type with its arguments.
struct Definition {
    /// The key of its declaration.
    name: String,
    arguments: Vec<Ty>,
    resolved: Option<Ty>,
    busy: bool,
}

/// A function's type.
#[derive(Clone, Copy)]
struct Signature<'a, 'b> {
    parameters: &'b oxc_ast::ast::FormalParameters<'a>,
    result: Option<&'b TSTypeAnnotation<'a>>,
    type_parameters: Option<&'b TSTypeParameterDeclaration<'a>>,
}

/// What is described.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    Input,
    Output,
}

/// Describes types.
pub(super) struct Schemas<'a, 'b> {
    declared: Declared<'a, 'b>,
    /// The values of enums' members, where the program was bound.
    scoping: &'b Scoping,
    /// The text of the doc comment that ends right before a place.
    comment: &'b dyn Fn(u32) -> Option<String>,
    definitions: RefCell<Vec<Definition>>,
    signatures: RefCell<Vec<(Signature<'a, 'b>, String)>>,
    envs: RefCell<Vec<Env>>,
    steps: Cell<usize>,
    depth: Cell<usize>,
    /// Why it was given up.
    stopped: RefCell<Option<(Span, String)>>,
    /// Where anything is accepted, and why.
    notes: RefCell<Vec<(Span, String)>>,
    side: Cell<Side>,
}

impl<'a, 'b> Schemas<'a, 'b> {
    pub(super) fn new(
        declared: Declared<'a, 'b>,
        scoping: &'b Scoping,
        comment: &'b dyn Fn(u32) -> Option<String>,
    ) -> Self {
        Schemas {
            declared,
            scoping,
            comment,
            definitions: RefCell::default(),
            signatures: RefCell::default(),
            envs: RefCell::default(),
            steps: Cell::new(TYPE_STEPS),
            depth: Cell::new(0),
            stopped: RefCell::default(),
            notes: RefCell::default(),
            side: Cell::new(Side::Input),
        }
    }

    /// The schema of some types of which a value fits one; nothing if it says nothing.
    pub(super) fn schema(
        &self,
        side: Side,
        types: &[(&'b TSType<'a>, Option<&'b TSTypeParameterDeclaration<'a>>)],
    ) -> Result<Option<Value>, (Span, String)> {
        self.side.set(side);
        let mut alternatives = Vec::new();
        for (ty, parameters) in types {
            // A type parameter of the function itself is as wide as its constraint.
            let env = parameters.map_or(None, |parameters| self.constraints(parameters, "", &None));
            let mut ty = self.eval(ty, &env, "");
            if side == Side::Output {
                ty = self.awaited(&ty);
            }
            alternatives.push(ty);
        }
        let schema = self.write(&self.union(alternatives));
        match self.stopped.borrow().clone() {
            Some(stopped) => Err(stopped),
            None => Ok(Some(schema).filter(|schema| schema.as_object().is_some_and(|schema| !schema.is_empty()))),
        }
    }

    /// Where anything is accepted, and why.
    pub(super) fn notes(&self) -> Vec<(Span, String)> {
        self.notes.take()
    }

    fn note(&self, span: Span, why: String) -> Ty {
        let mut notes = self.notes.borrow_mut();
        if notes.len() < NOTES && !notes.iter().any(|(other, _)| *other == span) {
            notes.push((span, why));
        }
        Ty::Any
    }

    /// The type is not decided here.
    fn unsure(&self, span: Span, what: &str) -> Ty {
        let which = if self.side.get() == Side::Input { "input" } else { "output" };
        self.note(span, format!("the schema of the {which} accepts anything here: {what}"))
    }

    /// JSON cannot carry it.
    fn foreign(&self, span: Span, name: &str, instead: &str) -> Ty {
        if self.side.get() == Side::Input {
            self.note(
                span,
                format!("the input is JSON, which cannot carry {name}: {instead}; anything is accepted here"),
            );
        }
        Ty::Foreign(name.into())
    }

    /// Counts a step; whether there was one left.
    fn step(&self, span: Span) -> bool {
        if self.steps.get() == 0 || self.depth.get() > TYPE_DEPTH {
            let mut stopped = self.stopped.borrow_mut();
            if stopped.is_none() {
                let what = if self.steps.get() == 0 {
                    format!("evaluating the types takes more than {TYPE_STEPS} steps")
                } else {
                    format!("the types nest more than {TYPE_DEPTH} levels deep when they are evaluated")
                };
                let message =
                    format!("{what}, so that no schema can be made of them; write `input` and `output` in `tool`");
                *stopped = Some((span, message));
            }
            return false;
        }
        self.steps.set(self.steps.get() - 1);
        true
    }

    /// Counts steps all at once.
    fn steps(&self, count: usize, span: Span) -> bool {
        self.steps.set(self.steps.get().saturating_sub(count));
        self.step(span)
    }

    fn is_stopped(&self) -> bool {
        self.stopped.borrow().is_some()
    }
}
