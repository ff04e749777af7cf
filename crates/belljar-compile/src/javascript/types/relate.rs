//! Operators on evaluated types, the types that TypeScript comes with, and whether one type fits another.

use std::rc::Rc;

use oxc_span::{SPAN, Span};
use serde_json::Value;

use super::{Member, Object, Schemas, Tuple, Ty};

impl<'a, 'b> Schemas<'a, 'b> {
    /// A type that TypeScript or the web comes with.
    pub(super) fn known(&self, name: &str, first: Ty, mut next: impl FnMut() -> Ty, span: Span) -> Ty {
        match name {
            "Array" | "ReadonlyArray" => Ty::Array(Rc::new(first)),
            "Promise" | "PromiseLike" | "Awaited" => self.awaited(&first),
            "Readonly" | "NoInfer" => first,
            "Partial" => self.each_member(&first, span, &|member| member.optional = true),
            "Required" => self.each_member(&first, span, &|member| {
                member.optional = false;
                member.ty = self.without_undefined(&member.ty).0;
            }),
            "Pick" => {
                let keys = next();
                self.pick(&first, &keys, true, span)
            }
            "Omit" => {
                let keys = next();
                self.pick(&first, &keys, false, span)
            }
            "Record" => {
                let value = next();
                let Some(keys) = self.key_list(&first) else {
                    return Ty::Object(Rc::new(Object { members: Vec::new(), index: Some(value) }));
                };
                let mut object = Object::default();
                for key in keys {
                    match key {
                        Ty::Literal(key) => {
                            let name = key.as_str().map_or_else(|| key.to_string(), str::to_owned).into();
                            let member =
                                Member { name, ty: value.clone(), optional: false, comment: None, at: span.start };
                            self.put(&mut object, member, span);
                        }
                        _ => object.index = Some(value.clone()),
                    }
                }
                if object.members.is_empty() && object.index.is_none() {
                    Ty::NonNull
                } else {
                    Ty::Object(Rc::new(object))
                }
            }
            "Exclude" | "Extract" => {
                let other = next();
                let wanted = name == "Extract";
                let mut kept = Vec::new();
                for ty in self.alternatives(&first) {
                    match self.assignable(&ty, &other) {
                        Some(fits) if fits == wanted => kept.push(ty),
                        Some(_) => {}
                        None => {
                            return self
                                .unsure(span, "which alternatives are left is not decided without the compiler");
                        }
                    }
                }
                self.union(kept)
            }
            "NonNullable" => {
                let kept = self
                    .alternatives(&first)
                    .into_iter()
                    .filter(|ty| !matches!(ty, Ty::Null | Ty::Undefined))
                    .collect();
                self.union(kept)
            }
            "ReturnType" | "Parameters" => {
                let Ty::Function(number) = self.resolve(&first) else {
                    return self.unsure(span, "the function's type is not written out");
                };
                let (signature, scope) = {
                    let signatures = self.signatures.borrow();
                    let Some((signature, scope)) = signatures.get(number) else { return Ty::Any };
                    (*signature, scope.clone())
                };
                let mut env = self.envs.borrow().get(number).cloned().flatten();
                if let Some(parameters) = signature.type_parameters {
                    env = self.constraints(parameters, &scope, &env);
                }
                if name == "ReturnType" {
                    return match signature.result {
                        Some(result) => self.eval(&result.type_annotation, &env, &scope),
                        None => self.unsure(span, "the function does not say what it returns"),
                    };
                }
                let first = signature
                    .parameters
                    .items
                    .iter()
                    .map(|parameter| {
                        let ty = parameter.type_annotation.as_ref();
                        let ty = ty.map_or(Ty::Any, |a| self.eval(&a.type_annotation, &env, &scope));
                        (ty, parameter.optional || parameter.initializer.is_some())
                    })
                    .collect();
                Ty::Tuple(Rc::new(Tuple { first, rest: None, last: Vec::new() }))
            }
            "Uppercase" | "Lowercase" | "Capitalize" | "Uncapitalize" => self.cased(name, &first, span),
            "String" => Ty::String,
            "Number" => Ty::Number,
            "Boolean" => Ty::Boolean,
            "Object" => Ty::NonNull,
            "Date" => self.foreign(span, "a Date", "take a string and write `new Date(text)`"),
            "Map" | "ReadonlyMap" | "WeakMap" => {
                self.foreign(span, "a Map", "take a Record<string, …> and write `new Map(Object.entries(it))`")
            }
            "Set" | "ReadonlySet" | "WeakSet" => self.foreign(span, "a Set", "take an array and write `new Set(it)`"),
            "RegExp" => self.foreign(span, "a RegExp", "take its source as a string"),
            "URL" => self.foreign(span, "a URL", "take a string and write `new URL(text)`"),
            "Function" => self.foreign(span, "a function", "take data"),
            "BigInt" => self.foreign(span, "a bigint", "take a number, or its digits as a string"),
            "Uint8Array" | "ArrayBuffer" | "Buffer" | "Blob" | "File" | "DataView" | "Int8Array" | "Uint16Array"
            | "Int16Array" | "Uint32Array" | "Int32Array" | "Float32Array" | "Float64Array" | "BigInt64Array"
            | "BigUint64Array" => self.foreign(span, "bytes", "take them as a base64 string"),
            "Error" | "Request" | "Response" | "Headers" | "FormData" | "ReadableStream" | "AbortSignal" | "Symbol" => {
                self.foreign(span, &format!("a {name}"), "take its data as an object")
            }
            "Iterable" | "Iterator" | "Generator" | "AsyncGenerator" | "AsyncIterable" | "AsyncIterator"
            | "IterableIterator" => self.foreign(span, "an iterator", "take an array"),
            _ => self.unsure(span, &format!("the type {name} is not declared in this file")),
        }
    }

    /// What a promise of a type promises.
    pub(super) fn awaited(&self, ty: &Ty) -> Ty {
        ty.clone()
    }

    /// One of some types.
    pub(super) fn union(&self, types: Vec<Ty>) -> Ty {
        let mut parts: Vec<Ty> = Vec::new();
        for ty in types {
            match ty {
                Ty::Any => return Ty::Any,
                Ty::Never => {}
                Ty::Union(more) => {
                    if !self.steps(more.len(), SPAN) {
                        return Ty::Any;
                    }
                    for ty in more.iter() {
                        if more.len() > 64 || !parts.contains(ty) {
                            parts.push(ty.clone());
                        }
                    }
                }
                ty => parts.push(ty),
            }
        }
        match parts.len() {
            0 => Ty::Never,
            1 => parts.swap_remove(0),
            _ => Ty::Union(Rc::new(parts)),
        }
    }

    /// The alternatives of a type.
    fn alternatives(&self, ty: &Ty) -> Vec<Ty> {
        let mut all = Vec::new();
        let mut open = vec![ty.clone()];
        while let Some(ty) = open.pop() {
            if !self.step(SPAN) {
                break;
            }
            match self.resolve(&ty) {
                Ty::Union(types) => open.extend(types.iter().rev().cloned()),
                Ty::Boolean => all.extend([Ty::Literal(true.into()), Ty::Literal(false.into())]),
                // A named type keeps its name.
                Ty::Object(_) | Ty::Array(_) | Ty::Tuple(_) => all.push(ty),
                other => all.push(other),
            }
        }
        all
    }

    /// A type without undefined, and whether it was there.
    pub(super) fn without_undefined(&self, ty: &Ty) -> (Ty, bool) {
        match ty {
            Ty::Undefined => (Ty::Never, true),
            Ty::Union(types) if types.contains(&Ty::Undefined) => {
                (self.union(types.iter().filter(|ty| **ty != Ty::Undefined).cloned().collect()), true)
            }
            Ty::Ref(_) => match self.resolve(ty) {
                Ty::Undefined => (Ty::Never, true),
                Ty::Union(types) if types.contains(&Ty::Undefined) => self.without_undefined(&Ty::Union(types)),
                _ => (ty.clone(), false),
            },
            _ => (ty.clone(), false),
        }
    }

    /// All of some types.
    pub(super) fn intersection(&self, parts: Vec<Ty>, span: Span) -> Ty {
        parts.into_iter().reduce(|a, b| self.both(&a, &b, span)).unwrap_or(Ty::Any)
    }

    /// Both of two types.
    pub(super) fn both(&self, a: &Ty, b: &Ty, span: Span) -> Ty {
        if a == b {
            return a.clone();
        }
        if !self.step(span) {
            return Ty::Any;
        }
        self.depth.set(self.depth.get() + 1);
        let both = self.both_some(&self.resolve(a), &self.resolve(b), span);
        self.depth.set(self.depth.get() - 1);
        both
    }

    fn both_some(&self, a: &Ty, b: &Ty, span: Span) -> Ty {
        match (a, b) {
            (Ty::Never, _) | (_, Ty::Never) => Ty::Never,
            (Ty::Any, other) | (other, Ty::Any) => other.clone(),
            (Ty::Union(types), other) | (other, Ty::Union(types)) => {
                let mut each = Vec::with_capacity(types.len());
                for ty in types.iter() {
                    if !self.step(span) {
                        return Ty::Any;
                    }
                    each.push(self.both(ty, other, span));
                }
                self.union(each)
            }
            (Ty::NonNull, other) | (other, Ty::NonNull) => {
                if matches!(other, Ty::Null | Ty::Undefined) {
                    Ty::Never
                } else {
                    other.clone()
                }
            }
            (
                Ty::AnyObject,
                other @ (Ty::Object(_) | Ty::Array(_) | Ty::Tuple(_) | Ty::Foreign(_) | Ty::Function(_)),
            )
            | (
                other @ (Ty::Object(_) | Ty::Array(_) | Ty::Tuple(_) | Ty::Foreign(_) | Ty::Function(_)),
                Ty::AnyObject,
            ) => other.clone(),
            (Ty::Object(x), Ty::Object(y)) => {
                let mut object = (**x).clone();
                if !self.steps(x.members.len() + y.members.len(), span) {
                    return Ty::Any;
                }
                for member in &y.members {
                    let Some(other) = x.get(&member.name) else {
                        self.put(&mut object, member.clone(), span);
                        continue;
                    };
                    let ty = match (&other.ty, &member.ty) {
                        (a, b) if a == b => a.clone(),
                        // Named types can be recursive; they are put together when they are looked into.
                        (a @ (Ty::Ref(_) | Ty::All(_)), b) | (a, b @ (Ty::Ref(_) | Ty::All(_)))
                            if !self.is_unit(a) && !self.is_unit(b) =>
                        {
                            Ty::All(Rc::new(vec![a.clone(), b.clone()]))
                        }
                        (a, b) => self.both(a, b, span),
                    };
                    if ty == Ty::Never && (self.is_unit(&other.ty) || self.is_unit(&member.ty)) {
                        return Ty::Never;
                    }
                    let optional = other.optional && member.optional;
                    let comment = other.comment.clone().or_else(|| member.comment.clone());
                    let member = Member { name: member.name.clone(), ty, optional, comment, at: member.at };
                    self.put(&mut object, member, span);
                }
                object.index = match (&x.index, &y.index) {
                    (Some(a), Some(b)) => Some(self.both(a, b, span)),
                    // Members beside an index are not held by it.
                    (Some(_), None) | (None, Some(_)) => {
                        return Ty::All(Rc::new(vec![a.clone(), b.clone()]));
                    }
                    _ => None,
                };
                Ty::Object(Rc::new(object))
            }
            // A brand: a text that is called something.
            (plain @ (Ty::String | Ty::Number | Ty::Boolean | Ty::Literal(_) | Ty::Template(_)), Ty::Object(_))
            | (Ty::Object(_), plain @ (Ty::String | Ty::Number | Ty::Boolean | Ty::Literal(_) | Ty::Template(_))) => {
                plain.clone()
            }
            (Ty::Array(x), Ty::Array(y)) => Ty::Array(Rc::new(self.both(x, y, span))),
            (list @ (Ty::Array(_) | Ty::Tuple(_)), Ty::Object(_))
            | (Ty::Object(_), list @ (Ty::Array(_) | Ty::Tuple(_))) => list.clone(),
            _ => match (self.assignable(a, b), self.assignable(b, a)) {
                (Some(true), _) => a.clone(),
                (_, Some(true)) => b.clone(),
                (Some(false), Some(false)) if plain(a) || plain(b) => Ty::Never,
                _ => self.unsure(span, "both of two types at once are not decided without the compiler"),
            },
        }
    }

    /// Whether a type has few, known values: what tells objects of a union apart.
    fn is_unit(&self, ty: &Ty) -> bool {
        match self.resolve(ty) {
            Ty::Literal(_) | Ty::Null | Ty::Undefined | Ty::Boolean => true,
            Ty::Union(types) => types.iter().all(|ty| matches!(ty, Ty::Literal(_) | Ty::Null | Ty::Undefined)),
            _ => false,
        }
    }

    fn each_member(&self, ty: &Ty, span: Span, change: &dyn Fn(&mut Member)) -> Ty {
        match self.resolve(ty) {
            Ty::Object(object) => {
                if !self.steps(object.members.len(), span) {
                    return Ty::Any;
                }
                let mut object = (*object).clone();
                object.members.iter_mut().for_each(change);
                Ty::Object(Rc::new(object))
            }
            Ty::Union(types) => self.union(types.iter().map(|ty| self.each_member(ty, span, change)).collect()),
            Ty::Any => self.unsure(span, "the type is not known"),
            other => other,
        }
    }

    fn pick(&self, ty: &Ty, keys: &Ty, wanted: bool, span: Span) -> Ty {
        let Some(keys) = self.key_list(keys) else { return self.unsure(span, "the keys are not known") };
        let named = |name: &str| keys.iter().any(|key| matches!(key, Ty::Literal(Value::String(key)) if key == name));
        let object = match self.resolve(ty) {
            Ty::Object(object) => object,
            // What all alternatives have.
            Ty::Union(types) => {
                let mut objects = Vec::new();
                for ty in types.iter() {
                    match self.resolve(ty) {
                        Ty::Object(object) => objects.push(object),
                        _ => return self.unsure(span, "it is not an object"),
                    }
                }
                let Some((first, rest)) = objects.split_first() else { return Ty::Never };
                let mut common = Object::default();
                for member in &first.members {
                    if !self.steps(objects.len(), span) {
                        return Ty::Any;
                    }
                    let others: Option<Vec<&Member>> = rest.iter().map(|object| object.get(&member.name)).collect();
                    let Some(others) = others else { continue };
                    let mut member = member.clone();
                    member.optional |= others.iter().any(|other| other.optional);
                    member.ty = self.union(
                        std::iter::once(member.ty.clone()).chain(others.iter().map(|other| other.ty.clone())).collect(),
                    );
                    common.members.push(member);
                }
                Rc::new(common)
            }
            _ => return self.unsure(span, "it is not an object whose members are known"),
        };
        if !self.steps(object.members.len() * (1 + keys.len() / 16), span) {
            return Ty::Any;
        }
        let members: Vec<Member> =
            object.members.iter().filter(|member| named(&member.name) == wanted).cloned().collect();
        let any_key = keys.contains(&Ty::String);
        let index = object.index.clone().filter(|_| any_key == wanted);
        if members.is_empty() && index.is_none() {
            return Ty::NonNull;
        }
        Ty::Object(Rc::new(Object { members, index }))
    }

    /// The keys of a type.
    pub(super) fn keys(&self, ty: &Ty, span: Span) -> Ty {
        match self.resolve(ty) {
            Ty::Object(object) => {
                let mut keys: Vec<Ty> =
                    object.members.iter().map(|member| Ty::Literal((*member.name).into())).collect();
                if object.index.is_some() {
                    keys = vec![Ty::String];
                }
                self.union(keys)
            }
            Ty::Union(types) => {
                let Some((first, rest)) = types.split_first() else { return Ty::Never };
                let mut keys = self.alternatives(&self.keys(first, span));
                for ty in rest {
                    let others = self.alternatives(&self.keys(ty, span));
                    if !self.steps(keys.len() * others.len() / 16, span) {
                        return Ty::Any;
                    }
                    keys.retain(|key| others.contains(key) || others.contains(&Ty::String));
                }
                self.union(keys)
            }
            Ty::NonNull | Ty::AnyObject => Ty::Never,
            Ty::Any => Ty::String,
            _ => self.unsure(span, "the keys of what is no plain object are not known"),
        }
    }

    /// Keys one by one: literals, or any text.
    pub(super) fn key_list(&self, keys: &Ty) -> Option<Vec<Ty>> {
        let mut list = Vec::new();
        for key in self.alternatives(keys) {
            match key {
                Ty::Literal(Value::String(_)) => list.push(key),
                Ty::Literal(Value::Number(number)) => list.push(Ty::Literal(Value::String(number.to_string()))),
                Ty::String | Ty::Number | Ty::Template(_) => list.push(Ty::String),
                Ty::Never => {}
                Ty::Foreign(_) => {}
                _ => return None,
            }
        }
        Some(list)
    }

    /// `T[K]`.
    pub(super) fn access(&self, ty: &Ty, index: &Ty, span: Span) -> Ty {
        if !self.step(span) {
            return Ty::Any;
        }
        let resolved = self.resolve(ty);
        if let Ty::Union(types) = &resolved {
            return self.union(types.iter().map(|ty| self.access(ty, index, span)).collect());
        }
        let mut found = Vec::new();
        for key in self.alternatives(index) {
            let member = match (&resolved, &key) {
                (Ty::Any, _) => Ty::Any,
                (Ty::Object(object), Ty::Literal(name)) => {
                    let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
                    match (object.get(&name), &object.index) {
                        (Some(member), _) if member.optional => self.union(vec![member.ty.clone(), Ty::Undefined]),
                        (Some(member), _) => member.ty.clone(),
                        (None, Some(index)) => index.clone(),
                        _ => return self.unsure(span, &format!("there is no member {name}")),
                    }
                }
                (Ty::Object(object), Ty::String | Ty::Number) => match &object.index {
                    Some(index) => index.clone(),
                    None => return self.unsure(span, "its members have no common type"),
                },
                (Ty::Array(of), Ty::Number | Ty::Literal(Value::Number(_))) => (**of).clone(),
                (Ty::Tuple(tuple), Ty::Number) => self.union(
                    tuple.first.iter().map(|(ty, _)| ty).chain(&tuple.rest).chain(&tuple.last).cloned().collect(),
                ),
                (Ty::Tuple(tuple), Ty::Literal(at)) => {
                    let at = match at {
                        Value::String(text) if text == "length" => return Ty::Number,
                        Value::String(text) => text.parse().ok(),
                        at => at.as_u64(),
                    };
                    match at.and_then(|at| tuple.first.get(usize::try_from(at).ok()?)) {
                        Some((ty, true)) => self.union(vec![ty.clone(), Ty::Undefined]),
                        Some((ty, false)) => ty.clone(),
                        None => match &tuple.rest {
                            Some(rest) => rest.clone(),
                            None => Ty::Undefined,
                        },
                    }
                }
                (Ty::Array(_), Ty::Literal(Value::String(text))) if text == "length" => Ty::Number,
                _ => return self.unsure(span, "what is looked up in it is not known"),
            };
            found.push(member);
        }
        self.union(found)
    }

    /// `` `${A}-${B}` ``: written out where there are few, else a pattern.
    pub(super) fn template(&self, texts: &[&str], types: &[Ty], span: Span) -> Ty {
        const MOST: usize = 256;
        let mut all = Some(vec![texts.first().copied().unwrap_or_default().to_owned()]);
        let mut pattern = format!("^{}", escaped(texts.first().copied().unwrap_or_default()));
        for (i, ty) in types.iter().enumerate() {
            let text = texts.get(i + 1).copied().unwrap_or_default();
            let alternatives = self.alternatives(ty);
            let mut words: Option<Vec<String>> = Some(Vec::new());
            let mut patterns = Vec::new();
            for ty in &alternatives {
                let word = match ty {
                    Ty::Literal(Value::String(text)) => Some(text.clone()),
                    Ty::Literal(other) => Some(other.to_string()),
                    Ty::Null => Some("null".to_owned()),
                    Ty::Undefined => Some("undefined".to_owned()),
                    _ => None,
                };
                match (&word, ty) {
                    (Some(word), _) => patterns.push(escaped(word)),
                    (None, Ty::String | Ty::Any) => patterns.push("[\\s\\S]*".to_owned()),
                    (None, Ty::Number) => patterns.push("-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?".to_owned()),
                    (None, Ty::Template(pattern)) => {
                        patterns.push(pattern.trim_start_matches('^').trim_end_matches('$').to_owned());
                    }
                    _ => return self.unsure(span, "a part of the template is not understood"),
                }
                words = words.zip(word).map(|(mut words, word)| {
                    words.push(word);
                    words
                });
            }
            all = all.zip(words).filter(|(all, words)| all.len() * words.len() <= MOST).map(|(all, words)| {
                let joined = |start: &String| {
                    words.iter().map(move |word| [start, word.as_str(), text].concat()).collect::<Vec<_>>()
                };
                all.iter().flat_map(joined).collect()
            });
            pattern += &format!("(?:{})", patterns.join("|"));
            pattern += &escaped(text);
            let size = pattern.len() + all.as_ref().map_or(0, |all| all.iter().map(String::len).sum());
            if !self.steps(size / 16, span) {
                return Ty::Any;
            }
        }
        match all {
            Some(all) => self.union(all.into_iter().map(|text| Ty::Literal(text.into())).collect()),
            None => Ty::Template((pattern + "$").into()),
        }
    }

    fn cased(&self, how: &str, ty: &Ty, span: Span) -> Ty {
        let mut all = Vec::new();
        for ty in self.alternatives(ty) {
            all.push(match ty {
                Ty::Literal(Value::String(text)) => {
                    let mut chars = text.chars();
                    let text = match how {
                        "Uppercase" => text.to_uppercase(),
                        "Lowercase" => text.to_lowercase(),
                        "Capitalize" => chars
                            .next()
                            .map_or(String::new(), |c| c.to_uppercase().collect::<String>() + chars.as_str()),
                        _ => chars
                            .next()
                            .map_or(String::new(), |c| c.to_lowercase().collect::<String>() + chars.as_str()),
                    };
                    Ty::Literal(text.into())
                }
                _ => return self.unsure(span, "the case of any text cannot be said in a schema"),
            });
        }
        self.union(all)
    }

    /// Whether each value of one type is one of the other; nothing if that is not known.
    pub(super) fn assignable(&self, from: &Ty, to: &Ty) -> Option<bool> {
        if from == to {
            return Some(true);
        }
        if !self.step(SPAN) || self.depth.get() > 60 {
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        let fits = self.assignable_some(&self.resolve(from), &self.resolve(to));
        self.depth.set(self.depth.get() - 1);
        fits
    }

    fn assignable_some(&self, from: &Ty, to: &Ty) -> Option<bool> {
        let every = |all: &mut dyn Iterator<Item = Option<bool>>| {
            let mut sure = true;
            for fits in all {
                match fits {
                    Some(false) => return Some(false),
                    None => sure = false,
                    Some(true) => {}
                }
            }
            sure.then_some(true)
        };
        match (from, to) {
            (Ty::Never, _) | (_, Ty::Any) => Some(true),
            (_, Ty::Never) => Some(false),
            (Ty::Any, _) => None,
            (Ty::Union(types), _) => every(&mut types.iter().map(|ty| self.assignable(ty, to))),
            (Ty::Boolean, Ty::Union(types)) => {
                let has = |value: bool| types.contains(&Ty::Literal(value.into()));
                Some(types.contains(&Ty::Boolean) || has(true) && has(false))
            }
            (_, Ty::Union(types)) => {
                let mut sure = true;
                for ty in types.iter() {
                    match self.assignable(from, ty) {
                        Some(true) => return Some(true),
                        None => sure = false,
                        Some(false) => {}
                    }
                }
                if sure { Some(false) } else { None }
            }
            (Ty::Foreign(_) | Ty::Function(_), Ty::NonNull | Ty::AnyObject) => Some(true),
            (Ty::Foreign(a), Ty::Foreign(b)) => Some(a == b),
            (Ty::Function(_), Ty::Foreign(name)) => Some(&**name == "a function"),
            (Ty::Foreign(_), Ty::Object(_)) | (Ty::Function(_), Ty::Function(_)) => None,
            (Ty::Foreign(_) | Ty::Function(_), _) | (_, Ty::Foreign(_) | Ty::Function(_)) => Some(false),
            (Ty::Null | Ty::Undefined, _) | (_, Ty::Null | Ty::Undefined) => Some(false),
            (_, Ty::NonNull) => Some(true),
            (Ty::NonNull, _) => Some(false),
            (Ty::Object(_) | Ty::Array(_) | Ty::Tuple(_), Ty::AnyObject) => Some(true),
            (_, Ty::AnyObject) | (Ty::AnyObject, _) => Some(false),
            (Ty::Literal(value), Ty::String) => Some(value.is_string()),
            (Ty::Literal(value), Ty::Number) => Some(value.is_number()),
            (Ty::Literal(value), Ty::Boolean) => Some(value.is_boolean()),
            (Ty::Template(_), Ty::String) => Some(true),
            (Ty::Literal(Value::String(_)) | Ty::Template(_), Ty::Template(_)) => None,
            (Ty::Object(a), Ty::Object(b)) => {
                if !self.steps(b.members.len() * (1 + a.members.len() / 16), SPAN) {
                    return None;
                }
                let members = every(&mut b.members.iter().map(|wanted| match a.get(&wanted.name) {
                    Some(member) if member.optional && !wanted.optional => Some(false),
                    Some(member) => {
                        let (wide, _) = self.without_undefined(&wanted.ty);
                        let (narrow, _) = self.without_undefined(&member.ty);
                        self.assignable(&narrow, &wide)
                    }
                    None => Some(wanted.optional),
                }));
                if members != Some(true) {
                    return members;
                }
                match (&a.index, &b.index) {
                    (_, None) => Some(true),
                    (Some(a), Some(b)) => self.assignable(a, b),
                    (None, Some(b)) => every(&mut a.members.iter().map(|member| self.assignable(&member.ty, b))),
                }
            }
            (Ty::Array(a), Ty::Array(b)) => self.assignable(a, b),
            (Ty::Tuple(a), Ty::Array(b)) => every(
                &mut a.first.iter().map(|(ty, _)| ty).chain(&a.rest).chain(&a.last).map(|ty| self.assignable(ty, b)),
            ),
            (Ty::Tuple(a), Ty::Tuple(b)) => {
                if a.rest.is_some() || b.rest.is_some() {
                    return None;
                }
                if a.first.len() > b.first.len() {
                    return Some(false);
                }
                every(&mut b.first.iter().enumerate().map(|(i, (wanted, optional))| match a.first.get(i) {
                    Some((_, true)) if !optional => Some(false),
                    Some((ty, _)) => self.assignable(ty, wanted),
                    None => Some(*optional),
                }))
            }
            (Ty::Array(_), Ty::Tuple(_)) => Some(false),
            // Texts and lists have members of their own, `length` among them.
            (Ty::String | Ty::Template(_) | Ty::Literal(_) | Ty::Array(_) | Ty::Tuple(_), Ty::Object(object)) => {
                if object.members.iter().all(|member| member.optional) {
                    None
                } else {
                    let known = |name: &str| matches!(name, "length" | "toString" | "valueOf");
                    if object.members.iter().any(|member| known(&member.name)) { None } else { Some(false) }
                }
            }
            _ => Some(false),
        }
    }
}

/// Whether a type is no object.
fn plain(ty: &Ty) -> bool {
    matches!(ty, Ty::String | Ty::Number | Ty::Boolean | Ty::Null | Ty::Undefined | Ty::Literal(_))
}

/// A text as a pattern that matches it.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\^$.*+?()[]{}|/".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}
