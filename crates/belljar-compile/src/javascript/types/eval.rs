//! Types evaluated.

use std::rc::Rc;

use oxc_ast::ast::{
    ArrayExpressionElement, ClassElement, ClassHeritage, Expression, MethodDefinitionKind, ObjectPropertyKind,
    PropertyKey, PropertyKind, TSEnumDeclaration, TSEnumMemberName, TSLiteral, TSMappedType,
    TSMappedTypeModifierOperator, TSMethodSignatureKind, TSSignature, TSTupleElement, TSType, TSTypeName,
    TSTypeOperatorOperator, TSTypeParameterDeclaration, TSTypeQueryExprName, TSTypeReference,
};
use oxc_span::{GetSpan, Span};
use oxc_syntax::constant_value::ConstantValue;
use serde_json::Value;

use super::super::evaluate;
use super::{Definition, Env, Member, Named, Object, Schemas, Signature, Tuple, Ty, bind, lookup};

/// A name with dots.
pub(in super::super) fn dotted(name: &TSTypeName<'_>) -> String {
    match name {
        TSTypeName::IdentifierReference(id) => id.name.to_string(),
        TSTypeName::QualifiedName(name) => format!("{}.{}", dotted(&name.left), name.right.name),
        TSTypeName::ThisExpression(_) => "this".into(),
    }
}

impl<'a, 'b> Schemas<'a, 'b> {
    /// Evaluates a type. `scope` is the namespace where it stands, with a dot.
    pub(super) fn eval(&self, ty: &'b TSType<'a>, env: &Env, scope: &str) -> Ty {
        if !self.step(ty.span()) {
            return Ty::Any;
        }
        self.depth.set(self.depth.get() + 1);
        let evaluated = self.eval_some(ty, env, scope);
        self.depth.set(self.depth.get() - 1);
        evaluated
    }

    fn eval_some(&self, ty: &'b TSType<'a>, env: &Env, scope: &str) -> Ty {
        let span = ty.span();
        match ty {
            TSType::TSAnyKeyword(_) | TSType::TSUnknownKeyword(_) => Ty::Any,
            TSType::TSStringKeyword(_) => Ty::String,
            TSType::TSNumberKeyword(_) => Ty::Number,
            TSType::TSBooleanKeyword(_) => Ty::Boolean,
            TSType::TSNullKeyword(_) => Ty::Null,
            TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_) => Ty::Undefined,
            TSType::TSNeverKeyword(_) => Ty::Never,
            TSType::TSObjectKeyword(_) => Ty::AnyObject,
            TSType::TSBigIntKeyword(_) => self.foreign(span, "a bigint", "take a number, or its digits as a string"),
            TSType::TSSymbolKeyword(_) => self.foreign(span, "a symbol", "take a string"),
            TSType::TSFunctionType(of) => self.signature(
                Signature {
                    parameters: &of.params,
                    result: Some(&of.return_type),
                    type_parameters: of.type_parameters.as_deref(),
                },
                env,
                scope,
            ),
            TSType::TSConstructorType(_) => self.foreign(span, "a class", "take its data as an object"),
            TSType::TSParenthesizedType(of) => self.eval(&of.type_annotation, env, scope),
            TSType::TSArrayType(of) => Ty::Array(Rc::new(self.eval(&of.element_type, env, scope))),
            TSType::TSTypeOperatorType(of) => match of.operator {
                TSTypeOperatorOperator::Readonly => self.eval(&of.type_annotation, env, scope),
                TSTypeOperatorOperator::Keyof => {
                    let of = self.eval(&of.type_annotation, env, scope);
                    self.keys(&of, span)
                }
                TSTypeOperatorOperator::Unique => self.foreign(span, "a symbol", "take a string"),
            },
            TSType::TSLiteralType(of) => match literal(&of.literal) {
                Some(value) => Ty::Literal(value),
                None if matches!(of.literal, TSLiteral::BigIntLiteral(_)) => {
                    self.foreign(span, "a bigint", "take a number, or its digits as a string")
                }
                None => self.unsure(span, "this literal is not understood"),
            },
            TSType::TSTypeLiteral(of) => {
                let mut object = Object::default();
                self.members(&of.members, env, scope, &mut object);
                if object.members.is_empty() && object.index.is_none() {
                    let call = of.members.iter().find_map(|member| match member {
                        TSSignature::TSCallSignatureDeclaration(call) => Some(call),
                        _ => None,
                    });
                    return match call {
                        Some(_) => self.foreign(span, "a function", "take data"),
                        None => Ty::NonNull,
                    };
                }
                Ty::Object(Rc::new(object))
            }
            TSType::TSUnionType(of) => self.union(of.types.iter().map(|ty| self.eval(ty, env, scope)).collect()),
            TSType::TSIntersectionType(of) => {
                let parts: Vec<Ty> = of.types.iter().map(|ty| self.eval(ty, env, scope)).collect();
                self.intersection(parts, span)
            }
            TSType::TSTupleType(of) => {
                let elements: Vec<_> = of.element_types.iter().collect();
                self.tuple(&elements, env, scope)
            }
            TSType::TSNamedTupleMember(of) => match of.element_type.as_ts_type() {
                Some(ty) => self.eval(ty, env, scope),
                None => self.unsure(span, "a member of a tuple stands alone"),
            },
            TSType::TSTemplateLiteralType(of) => {
                let texts: Vec<&str> =
                    of.quasis.iter().map(|part| part.value.cooked.as_ref().map_or("", |text| text.as_str())).collect();
                let types: Vec<Ty> = of.types.iter().map(|ty| self.eval(ty, env, scope)).collect();
                self.template(&texts, &types, span)
            }
            TSType::TSIndexedAccessType(of) => {
                let object = self.eval(&of.object_type, env, scope);
                let index = self.eval(&of.index_type, env, scope);
                self.access(&object, &index, span)
            }
            TSType::TSMappedType(of) => self.mapped(of, env, scope),
            TSType::TSConditionalType(of) => self.conditional(of, env, scope),
            TSType::TSTypeQuery(of) => match &of.expr_name {
                TSTypeQueryExprName::TSImportType(_) => {
                    self.unsure(span, "it is the type of a module that is not here")
                }
                name => match name.as_ts_type_name() {
                    Some(name) => self.value(&dotted(name), span, scope),
                    None => self.unsure(span, "this `typeof` is not understood"),
                },
            },
            TSType::TSTypeReference(of) => self.reference(of, env, scope),
            TSType::TSImportType(_) => {
                self.unsure(span, "the type comes from a module that is not here; write it in this file")
            }
            TSType::TSTypePredicate(_) => Ty::Boolean,
            TSType::TSThisType(_) => lookup(env, "this").unwrap_or_else(|| self.unsure(span, "`this` is not known")),
            TSType::TSInferType(_) => self.unsure(span, "`infer` stands at a place that is not understood"),
            _ => self.unsure(span, "this kind of type is not understood"),
        }
    }

    pub(super) fn signature(&self, signature: Signature<'a, 'b>, env: &Env, scope: &str) -> Ty {
        let mut signatures = self.signatures.borrow_mut();
        signatures.push((signature, scope.to_owned()));
        self.envs.borrow_mut().push(env.clone());
        Ty::Function(signatures.len() - 1)
    }

    /// Type parameters as wide as their constraints.
    pub(super) fn constraints(&self, parameters: &'b TSTypeParameterDeclaration<'a>, scope: &str, env: &Env) -> Env {
        let mut env = env.clone();
        for parameter in &parameters.params {
            let ty = parameter.constraint.as_ref().map_or(Ty::Any, |ty| self.eval(ty, &env, scope));
            env = bind(&env, parameter.name.name.as_str(), ty);
        }
        env
    }

    fn tuple(&self, elements: &[&'b TSTupleElement<'a>], env: &Env, scope: &str) -> Ty {
        let mut tuple = Tuple { first: Vec::new(), rest: None, last: Vec::new() };
        for element in elements {
            let mut optional = false;
            let mut element = *element;
            if let TSTupleElement::TSNamedTupleMember(named) = element {
                optional = named.optional;
                element = &named.element_type;
            }
            let (ty, spread) = match element {
                TSTupleElement::TSOptionalType(of) => {
                    optional = true;
                    (self.eval(&of.type_annotation, env, scope), false)
                }
                TSTupleElement::TSRestType(of) => {
                    let ty = match &of.type_annotation {
                        TSType::TSNamedTupleMember(named) => named.element_type.as_ts_type(),
                        ty => Some(ty),
                    };
                    (ty.map_or(Ty::Any, |ty| self.eval(ty, env, scope)), true)
                }
                element => (element.as_ts_type().map_or(Ty::Any, |ty| self.eval(ty, env, scope)), false),
            };
            if !spread {
                match tuple.rest {
                    None => tuple.first.push((ty, optional)),
                    Some(_) => tuple.last.push(ty),
                }
                continue;
            }
            let more = match self.resolve(&ty) {
                Ty::Array(of) => Tuple { first: Vec::new(), rest: Some((*of).clone()), last: Vec::new() },
                Ty::Tuple(of) => (*of).clone(),
                _ => Tuple { first: Vec::new(), rest: Some(Ty::Any), last: Vec::new() },
            };
            if !self.steps(more.first.len(), oxc_span::SPAN) {
                return Ty::Any;
            }
            if tuple.rest.is_none() {
                tuple.first.extend(more.first);
                tuple.rest = more.rest;
                tuple.last.extend(more.last);
            } else {
                tuple.last.extend(more.first.into_iter().map(|(ty, _)| ty));
                let rest = tuple.rest.take();
                tuple.rest = Some(self.union(rest.into_iter().chain(more.rest).collect()));
                tuple.last.extend(more.last);
            }
        }
        Ty::Tuple(Rc::new(tuple))
    }

    fn members(&self, members: &'b [TSSignature<'a>], env: &Env, scope: &str, object: &mut Object) {
        for member in members {
            match member {
                TSSignature::TSPropertySignature(property) => {
                    let ty = match &property.type_annotation {
                        Some(annotation) => self.eval(&annotation.type_annotation, env, scope),
                        None => Ty::Any,
                    };
                    if matches!(ty, Ty::Function(_)) {
                        self.foreign(property.span, "a function", "take data");
                    }
                    self.add(object, &property.key, property.computed, ty, property.optional, property.span);
                }
                TSSignature::TSIndexSignature(index) => {
                    object.index = Some(self.eval(&index.type_annotation.type_annotation, env, scope));
                }
                TSSignature::TSMethodSignature(method) => match (method.kind, &method.return_type) {
                    (TSMethodSignatureKind::Get, Some(result)) => {
                        let ty = self.eval(&result.type_annotation, env, scope);
                        self.add(object, &method.key, method.computed, ty, false, method.span);
                    }
                    (TSMethodSignatureKind::Set, _) => {}
                    _ => {
                        self.foreign(method.span, "a function", "take data");
                    }
                },
                _ => {}
            }
        }
    }

    fn add(&self, object: &mut Object, key: &PropertyKey<'a>, computed: bool, ty: Ty, optional: bool, span: Span) {
        let name = match key {
            PropertyKey::StaticIdentifier(_) if computed => None,
            PropertyKey::PrivateIdentifier(_) => return,
            key => evaluate::key(key),
        };
        let Some(name) = name else {
            self.unsure(span, "the property's name is computed");
            return;
        };
        let comment = (self.comment)(span.start).map(Rc::from);
        let member = Member { name: name.into(), ty, optional, comment, at: span.start };
        self.put(object, member, span);
    }

    /// Puts a member in, in place of one with its name.
    pub(super) fn put(&self, object: &mut Object, member: Member, span: Span) {
        if !self.steps(object.members.len() / 16, span) {
            return;
        }
        match object.members.iter_mut().find(|other| other.name == member.name) {
            Some(other) => *other = member,
            None => object.members.push(member),
        }
    }

    /// Finds a name, from the inner namespaces outwards.
    fn find(&self, name: &str, scope: &str) -> Option<(String, &Named<'a, 'b>)> {
        let mut scope = scope;
        loop {
            let full = format!("{scope}{name}");
            if let Some(named) = self.declared.types.get(&full) {
                return Some((full, named));
            }
            if scope.is_empty() {
                return None;
            }
            let outer = scope.trim_end_matches('.');
            scope = outer.rfind('.').map_or("", |dot| &scope[..=dot]);
        }
    }

    fn reference(&self, of: &'b TSTypeReference<'a>, env: &Env, scope: &str) -> Ty {
        let name = dotted(&of.type_name);
        if let Some(ty) = lookup(env, &name) {
            return ty;
        }
        let arguments: Vec<&'b TSType<'a>> = of.type_arguments.iter().flat_map(|all| &all.params).collect();
        if let Some((full, _)) = self.find(&name, scope) {
            let arguments = arguments.iter().map(|ty| self.eval(ty, env, scope)).collect();
            return self.named(full, arguments);
        }
        // A member of an enum.
        if let Some((owner, member)) = name.rsplit_once('.')
            && let Some((_, Named::Enum(declared))) = self.find(owner, scope)
        {
            return self.enum_member(declared, member).unwrap_or(Ty::Number);
        }
        let mut evaluated = arguments.iter().map(|ty| self.eval(ty, env, scope));
        let mut next = || evaluated.next().unwrap_or(Ty::Any);
        let first = next();
        self.known(&name, first, next, of.span)
    }

    /// A named type with arguments, by its number.
    fn named(&self, name: String, arguments: Vec<Ty>) -> Ty {
        let mut definitions = self.definitions.borrow_mut();
        if !self.steps(definitions.len() / 16, oxc_span::SPAN) {
            return Ty::Any;
        }
        let known = definitions.iter().position(|other| other.name == name && other.arguments == arguments);
        let id = known.unwrap_or_else(|| {
            definitions.push(Definition { name, arguments, resolved: None, busy: false });
            definitions.len() - 1
        });
        Ty::Ref(id)
    }

    /// What a named type is; any other type is itself.
    pub(super) fn resolve(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::Ref(id) => self.resolve_named(*id),
            Ty::All(types) => {
                self.depth.set(self.depth.get() + 1);
                let both = if self.step(oxc_span::SPAN) {
                    types.iter().map(|ty| self.resolve(ty)).reduce(|a, b| self.both(&a, &b, oxc_span::SPAN))
                } else {
                    None
                };
                self.depth.set(self.depth.get() - 1);
                both.unwrap_or(Ty::Any)
            }
            other => other.clone(),
        }
    }

    fn resolve_named(&self, id: usize) -> Ty {
        let (name, arguments) = {
            let mut definitions = self.definitions.borrow_mut();
            let Some(definition) = definitions.get_mut(id) else { return Ty::Any };
            if let Some(resolved) = &definition.resolved {
                return resolved.clone();
            }
            if definition.busy {
                return Ty::Any;
            }
            definition.busy = true;
            (definition.name.clone(), definition.arguments.clone())
        };
        let mut ty = Ty::Any;
        if self.step(oxc_span::SPAN)
            && let Some(named) = self.declared.types.get(&name)
        {
            self.depth.set(self.depth.get() + 1);
            ty = self.declaration(named, &name, &arguments, id);
            // A name for a name.
            for _ in 0..64 {
                match ty {
                    Ty::Ref(_) | Ty::All(_) if self.step(oxc_span::SPAN) => ty = self.resolve(&ty),
                    _ => break,
                }
            }
            self.depth.set(self.depth.get() - 1);
        }
        if let Some(definition) = self.definitions.borrow_mut().get_mut(id) {
            definition.resolved = Some(ty.clone());
        }
        ty
    }

    fn declaration(&self, named: &Named<'a, 'b>, name: &str, arguments: &[Ty], id: usize) -> Ty {
        let scope = name.rfind('.').map_or("", |dot| &name[..=dot]);
        let bound = |parameters: Option<&'b TSTypeParameterDeclaration<'a>>| {
            let mut env = bind(&None, "this", Ty::Ref(id));
            for (i, parameter) in parameters.iter().flat_map(|all| &all.params).enumerate() {
                let ty = match (arguments.get(i), &parameter.default, &parameter.constraint) {
                    (Some(ty), ..) => ty.clone(),
                    (None, Some(ty), _) | (None, None, Some(ty)) => self.eval(ty, &env, scope),
                    _ => Ty::Any,
                };
                env = bind(&env, parameter.name.name.as_str(), ty);
            }
            env
        };
        match named {
            Named::Alias(alias) => {
                let env = bound(alias.type_parameters.as_deref());
                self.eval(&alias.type_annotation, &env, scope)
            }
            Named::Interface(declared) => {
                let (mut object, mut like_any) = (Object::default(), false);
                for interface in declared {
                    let env = bound(interface.type_parameters.as_deref());
                    for heritage in &interface.extends {
                        let base = dotted(&heritage.type_name);
                        let arguments: Vec<Ty> = heritage
                            .type_arguments
                            .iter()
                            .flat_map(|all| &all.params)
                            .map(|ty| self.eval(ty, &env, scope))
                            .collect();
                        let base = match self.find(&base, scope) {
                            Some((full, _)) => self.named(full, arguments),
                            None => {
                                let mut arguments = arguments.into_iter();
                                let mut next = || arguments.next().unwrap_or(Ty::Any);
                                let first = next();
                                self.known(&base, first, next, heritage.span)
                            }
                        };
                        match self.resolve(&base) {
                            Ty::Object(base) => {
                                for member in &base.members {
                                    self.put(&mut object, member.clone(), heritage.span);
                                }
                                object.index = object.index.take().or_else(|| base.index.clone());
                            }
                            base @ (Ty::Array(_) | Ty::Tuple(_)) => return base,
                            Ty::NonNull => {}
                            _ => like_any = true,
                        }
                    }
                }
                for interface in declared {
                    let env = bound(interface.type_parameters.as_deref());
                    self.members(&interface.body.body, &env, scope, &mut object);
                }
                if object.members.is_empty() && object.index.is_none() {
                    return if like_any { Ty::Any } else { Ty::NonNull };
                }
                Ty::Object(Rc::new(object))
            }
            Named::Class(class) => self.class(class, &bound(class.type_parameters.as_deref()), scope),
            Named::Enum(declared) => {
                let members = declared
                    .iter()
                    .flat_map(|declared| declared.body.members.iter().filter_map(|member| enum_name(&member.id)));
                let values: Option<Vec<Ty>> = members.map(|name| self.enum_member(declared, name)).collect();
                match values {
                    Some(values) => self.union(values),
                    None => self.union(vec![Ty::Number, Ty::String]),
                }
            }
        }
    }

    fn class(&self, class: &'b oxc_ast::ast::Class<'a>, env: &Env, scope: &str) -> Ty {
        let (mut object, mut methods) = (Object::default(), false);
        if let Some(ClassHeritage { expression: Expression::Identifier(base), .. }) = &class.heritage
            && let Some((full, _)) = self.find(base.name.as_str(), scope)
            && let Ty::Object(base) = self.resolve(&self.named(full, Vec::new()))
        {
            object = (*base).clone();
        }
        for element in &class.body.body {
            match element {
                ClassElement::PropertyDefinition(property)
                    if !property.r#static && property.accessibility.is_none_or(|a| a.as_str() == "public") =>
                {
                    let ty = match (&property.type_annotation, &property.value) {
                        (Some(annotation), _) => self.eval(&annotation.type_annotation, env, scope),
                        (None, Some(value)) => self.expression(value, false, scope),
                        _ => Ty::Any,
                    };
                    self.add(&mut object, &property.key, property.computed, ty, property.optional, property.span);
                }
                ClassElement::MethodDefinition(method) if method.kind == MethodDefinitionKind::Constructor => {
                    for parameter in &method.value.params.items {
                        if parameter.accessibility.is_none_or(|a| a.as_str() != "public") && !parameter.readonly {
                            continue;
                        }
                        if parameter.accessibility.is_some_and(|a| a.as_str() != "public") {
                            continue;
                        }
                        let oxc_ast::ast::BindingPattern::BindingIdentifier(id) = &parameter.pattern else { continue };
                        let ty = parameter
                            .type_annotation
                            .as_ref()
                            .map_or(Ty::Any, |a| self.eval(&a.type_annotation, env, scope));
                        let member = Member {
                            name: id.name.as_str().into(),
                            ty,
                            optional: parameter.optional,
                            comment: None,
                            at: parameter.span.start,
                        };
                        self.put(&mut object, member, parameter.span);
                    }
                }
                ClassElement::MethodDefinition(method) => methods |= !method.r#static,
                _ => {}
            }
        }
        if methods {
            let span = class.id.as_ref().map_or(class.span, |id| id.span);
            self.foreign(span, "an instance of a class", "its fields come as a plain object without methods");
        }
        if object.members.is_empty() { Ty::NonNull } else { Ty::Object(Rc::new(object)) }
    }

    /// The value of an enum's member, if it is known before the program runs.
    pub(super) fn enum_member(&self, declared: &[&'b TSEnumDeclaration<'a>], name: &str) -> Option<Ty> {
        declared.iter().find_map(|declared| {
            let scope = declared.body.scope_id.get()?;
            let symbol = self.scoping.get_binding(scope, name.into())?;
            match self.scoping.get_enum_member_value(symbol)? {
                ConstantValue::Number(number) => evaluate::number(*number).map(Ty::Literal),
                ConstantValue::String(text) => {
                    self.steps(text.len() / 64, oxc_span::SPAN).then(|| Ty::Literal(Value::String(text.to_string())))
                }
            }
        })
    }

    /// The type of a name's value.
    fn value(&self, name: &str, span: Span, scope: &str) -> Ty {
        if let Some((_, Named::Enum(declared))) = self.find(name, scope) {
            let mut object = Object::default();
            for member in declared.iter().flat_map(|declared| &declared.body.members) {
                let Some(name) = enum_name(&member.id) else { continue };
                let ty = self.enum_member(declared, name).unwrap_or(Ty::Number);
                let member = Member { name: name.into(), ty, optional: false, comment: None, at: member.span.start };
                self.put(&mut object, member, span);
            }
            return Ty::Object(Rc::new(object));
        }
        if let Some((annotation, init)) = self.declared.constants.get(name) {
            return match (annotation, init) {
                (Some(annotation), _) => self.eval(&annotation.type_annotation, &None, scope),
                (None, Some(init)) => {
                    let constant = !matches!(init, Expression::ObjectExpression(_) | Expression::ArrayExpression(_));
                    self.expression(init, constant, scope)
                }
                _ => Ty::Any,
            };
        }
        if let Some(function) = self.declared.functions.get(name).and_then(|all| all.first()) {
            return self.signature(
                Signature {
                    parameters: &function.params,
                    result: function.return_type.as_deref(),
                    type_parameters: function.type_parameters.as_deref(),
                },
                &None,
                scope,
            );
        }
        if let Some((owner, property)) = name.rsplit_once('.') {
            if let Some((_, Named::Enum(declared))) = self.find(owner, scope) {
                return self.enum_member(declared, property).unwrap_or(Ty::Number);
            }
            let owner = self.value(owner, span, scope);
            return self.access(&owner, &Ty::Literal(property.into()), span);
        }
        self.unsure(span, "it is the type of a value that is not a constant of this file")
    }

    /// The type of an expression that is written out. `constant`: as `as const` has it.
    pub(super) fn expression(&self, expression: &'b Expression<'a>, constant: bool, scope: &str) -> Ty {
        let span = expression.span();
        if !self.step(span) {
            return Ty::Any;
        }
        self.depth.set(self.depth.get() + 1);
        let ty = self.expression_some(expression, constant, scope);
        self.depth.set(self.depth.get() - 1);
        ty
    }

    fn expression_some(&self, expression: &'b Expression<'a>, constant: bool, scope: &str) -> Ty {
        let span = expression.span();
        let plain = |value: Option<Value>, wide: Ty| match value {
            Some(value) if constant => Ty::Literal(value),
            _ => wide,
        };
        match expression {
            Expression::StringLiteral(text) => plain(Some(text.value.as_str().into()), Ty::String),
            Expression::NumericLiteral(number) => plain(evaluate::number(number.value), Ty::Number),
            Expression::BooleanLiteral(value) => plain(Some(value.value.into()), Ty::Boolean),
            Expression::NullLiteral(_) => Ty::Null,
            Expression::Identifier(id) if id.name == "undefined" => Ty::Undefined,
            Expression::TemplateLiteral(template) => {
                plain(template.single_quasi().map(|text| text.as_str().into()), Ty::String)
            }
            Expression::UnaryExpression(unary) if unary.operator.as_str() == "-" => {
                match self.expression(&unary.argument, constant, scope) {
                    Ty::Literal(value) => {
                        value.as_f64().and_then(|value| evaluate::number(-value)).map_or(Ty::Number, Ty::Literal)
                    }
                    _ => Ty::Number,
                }
            }
            Expression::UnaryExpression(unary) if unary.operator.as_str() == "!" => Ty::Boolean,
            Expression::ParenthesizedExpression(of) => self.expression(&of.expression, constant, scope),
            Expression::TSSatisfiesExpression(of) => self.expression(&of.expression, constant, scope),
            Expression::TSNonNullExpression(of) => self.expression(&of.expression, constant, scope),
            Expression::TSAsExpression(of) => match &of.type_annotation {
                TSType::TSTypeReference(name) if dotted(&name.type_name) == "const" => {
                    self.expression(&of.expression, true, scope)
                }
                ty => self.eval(ty, &None, scope),
            },
            Expression::Identifier(id) => self.value(id.name.as_str(), span, scope),
            Expression::StaticMemberExpression(of) => {
                let owner = self.expression(&of.object, constant, scope);
                self.access(&owner, &Ty::Literal(of.property.name.as_str().into()), span)
            }
            Expression::CallExpression(call)
                if matches!(&call.callee, Expression::StaticMemberExpression(of)
                    if of.property.name == "freeze" && matches!(&of.object, Expression::Identifier(id) if id.name == "Object")) =>
            {
                match call.arguments.first().and_then(|argument| argument.as_expression()) {
                    Some(of) => self.expression(of, true, scope),
                    None => Ty::Any,
                }
            }
            Expression::ArrayExpression(array) => {
                let mut items = Vec::new();
                for element in &array.elements {
                    match element {
                        ArrayExpressionElement::SpreadElement(of) => {
                            match self.expression(&of.argument, constant, scope) {
                                Ty::Tuple(tuple) if tuple.rest.is_none() && self.steps(tuple.first.len(), span) => {
                                    items.extend(tuple.first.iter().map(|(ty, _)| ty.clone()));
                                }
                                Ty::Array(of) if !constant => items.push((*of).clone()),
                                _ => return self.unsure(of.span, "what is spread here is not written out"),
                            }
                        }
                        element => match element.as_expression() {
                            Some(of) => items.push(self.expression(of, constant, scope)),
                            None => items.push(Ty::Undefined),
                        },
                    }
                }
                if constant {
                    let first = items.into_iter().map(|ty| (ty, false)).collect();
                    Ty::Tuple(Rc::new(Tuple { first, rest: None, last: Vec::new() }))
                } else {
                    Ty::Array(Rc::new(if items.is_empty() { Ty::Any } else { self.union(items) }))
                }
            }
            Expression::ObjectExpression(object) => {
                let mut made = Object::default();
                for property in &object.properties {
                    match property {
                        ObjectPropertyKind::ObjectProperty(property) if property.kind == PropertyKind::Init => {
                            let ty = self.expression(&property.value, constant, scope);
                            self.add(&mut made, &property.key, property.computed, ty, false, property.span);
                        }
                        ObjectPropertyKind::SpreadProperty(of) => {
                            match self.resolve(&self.expression(&of.argument, constant, scope)) {
                                Ty::Object(more) => {
                                    for member in &more.members {
                                        self.put(&mut made, member.clone(), of.span);
                                    }
                                }
                                _ => return self.unsure(of.span, "what is spread here is not written out"),
                            }
                        }
                        ObjectPropertyKind::ObjectProperty(property) => {
                            return self.unsure(property.span, "an accessor's type is not known");
                        }
                    }
                }
                Ty::Object(Rc::new(made))
            }
            Expression::ArrowFunctionExpression(of) => self.signature(
                Signature {
                    parameters: &of.params,
                    result: of.return_type.as_deref(),
                    type_parameters: of.type_parameters.as_deref(),
                },
                &None,
                scope,
            ),
            Expression::FunctionExpression(of) => self.signature(
                Signature {
                    parameters: &of.params,
                    result: of.return_type.as_deref(),
                    type_parameters: of.type_parameters.as_deref(),
                },
                &None,
                scope,
            ),
            _ => self.unsure(span, "the type of this expression is not written out"),
        }
    }

    fn mapped(&self, of: &'b TSMappedType<'a>, env: &Env, scope: &str) -> Ty {
        let key = of.key.name.as_str();
        // `[K in keyof T]` keeps what T says of its members, and maps lists to lists.
        let mut homomorphic = None;
        if let TSType::TSTypeOperatorType(operator) = &of.constraint
            && operator.operator == TSTypeOperatorOperator::Keyof
        {
            let source = self.eval(&operator.type_annotation, env, scope);
            let source = self.resolve(&source);
            let value = |index: Ty| {
                let env = bind(env, key, index);
                of.type_annotation.as_ref().map_or(Ty::Any, |ty| self.eval(ty, &env, scope))
            };
            match (&source, &of.name_type) {
                (Ty::Array(_), None) => return Ty::Array(Rc::new(value(Ty::Number))),
                (Ty::Tuple(tuple), None) => {
                    let first = (0..tuple.first.len())
                        .map(|i| {
                            (value(Ty::Literal(i.to_string().into())), tuple.first.get(i).is_some_and(|(_, o)| *o))
                        })
                        .collect();
                    let rest = tuple.rest.as_ref().map(|_| value(Ty::Number));
                    return Ty::Tuple(Rc::new(Tuple { first, rest, last: tuple.last.clone() }));
                }
                (Ty::Union(types), None) => {
                    // Over a type parameter it is mapped one by one.
                    if let TSType::TSTypeReference(name) = &operator.type_annotation
                        && lookup(env, &dotted(&name.type_name)).is_some()
                    {
                        let name = dotted(&name.type_name);
                        let each =
                            types.iter().map(|ty| self.mapped(of, &bind(env, &name, ty.clone()), scope)).collect();
                        return self.union(each);
                    }
                }
                (Ty::String | Ty::Number | Ty::Boolean | Ty::Null | Ty::Undefined | Ty::Literal(_), _) => {
                    return source;
                }
                (Ty::Any, _) => return self.unsure(of.span, "it maps the members of anything"),
                _ => {}
            }
            homomorphic = Some(source);
        }
        let keys = self.eval(&of.constraint, env, scope);
        let Some(keys) = self.key_list(&keys) else {
            return self.unsure(of.span, "its keys are not known");
        };
        let mut object = Object::default();
        for index in keys {
            if !self.step(of.span) {
                return Ty::Any;
            }
            let inner = bind(env, key, index.clone());
            let names = match &of.name_type {
                None => vec![index.clone()],
                Some(renamed) => {
                    let renamed = self.eval(renamed, &inner, scope);
                    match self.key_list(&renamed) {
                        Some(names) => names,
                        None => return self.unsure(of.span, "its keys are not known"),
                    }
                }
            };
            for name in names {
                let mut ty = of.type_annotation.as_ref().map_or(Ty::Any, |ty| self.eval(ty, &inner, scope));
                let Ty::Literal(name) = name else {
                    object.index = Some(ty);
                    continue;
                };
                let source = match (&homomorphic, &index) {
                    (Some(Ty::Object(source)), Ty::Literal(Value::String(key))) => source.get(key),
                    _ => None,
                };
                let was = source.is_some_and(|member| member.optional);
                let optional = match of.optional {
                    None => was,
                    Some(TSMappedTypeModifierOperator::Minus) => {
                        ty = self.without_undefined(&ty).0;
                        false
                    }
                    Some(_) => true,
                };
                let member = Member {
                    name: name.as_str().map_or_else(|| name.to_string(), str::to_owned).into(),
                    ty,
                    optional,
                    comment: source.and_then(|member| member.comment.clone()),
                    at: of.span.start,
                };
                self.put(&mut object, member, of.span);
            }
        }
        if object.members.is_empty() && object.index.is_none() { Ty::NonNull } else { Ty::Object(Rc::new(object)) }
    }

    fn conditional(&self, of: &'b oxc_ast::ast::TSConditionalType<'a>, env: &Env, scope: &str) -> Ty {
        // Over a type parameter each alternative is asked by itself.
        if let TSType::TSTypeReference(name) = &of.check_type
            && name.type_arguments.is_none()
            && let name = dotted(&name.type_name)
            && let Some(bound) = lookup(env, &name)
        {
            let mut bound = self.resolve(&bound);
            if bound == Ty::Boolean {
                bound = Ty::Union(Rc::new(vec![Ty::Literal(true.into()), Ty::Literal(false.into())]));
            }
            match &bound {
                Ty::Never => return Ty::Never,
                Ty::Union(types) => {
                    let each = types
                        .iter()
                        .map(|ty| {
                            if self.step(of.span) {
                                self.condition(of, ty, &bind(env, &name, ty.clone()), scope)
                            } else {
                                Ty::Any
                            }
                        })
                        .collect();
                    return self.union(each);
                }
                _ => {}
            }
            return self.condition(of, &bound, env, scope);
        }
        let checked = self.eval(&of.check_type, env, scope);
        self.condition(of, &checked, env, scope)
    }

    fn condition(&self, of: &'b oxc_ast::ast::TSConditionalType<'a>, checked: &Ty, env: &Env, scope: &str) -> Ty {
        let mut inferred = env.clone();
        match self.matches(checked, &of.extends_type, env, &mut inferred, scope) {
            Some(true) => self.eval(&of.true_type, &inferred, scope),
            Some(false) => self.eval(&of.false_type, env, scope),
            None => self.unsure(of.span, "the condition is not decided without the compiler"),
        }
    }

    /// Whether a type fits a pattern with `infer` in it; what is inferred is bound.
    fn matches(&self, ty: &Ty, pattern: &'b TSType<'a>, env: &Env, inferred: &mut Env, scope: &str) -> Option<bool> {
        if !self.step(pattern.span()) {
            return None;
        }
        let resolved = self.resolve(ty);
        match pattern {
            TSType::TSInferType(infer) => {
                if let Some(constraint) = &infer.type_parameter.constraint {
                    let constraint = self.eval(constraint, env, scope);
                    if !self.assignable(ty, &constraint)? {
                        return Some(false);
                    }
                }
                *inferred = bind(inferred, infer.type_parameter.name.name.as_str(), ty.clone());
                Some(true)
            }
            TSType::TSParenthesizedType(of) => self.matches(ty, &of.type_annotation, env, inferred, scope),
            TSType::TSTypeOperatorType(of) if of.operator == TSTypeOperatorOperator::Readonly => {
                self.matches(ty, &of.type_annotation, env, inferred, scope)
            }
            TSType::TSArrayType(of) => self.matches_items(&resolved, &of.element_type, env, inferred, scope),
            TSType::TSTypeReference(of)
                if matches!(dotted(&of.type_name).as_str(), "Array" | "ReadonlyArray")
                    && !self.declared.types.contains_key("Array") =>
            {
                let element = of.type_arguments.as_ref().and_then(|all| all.params.first())?;
                self.matches_items(&resolved, element, env, inferred, scope)
            }
            TSType::TSTypeReference(of) if dotted(&of.type_name) == "Promise" => {
                // Promises are what they promise here.
                let of = of.type_arguments.as_ref().and_then(|all| all.params.first())?;
                if contains_infer(of) { None } else { Some(false) }
            }
            TSType::TSTypeLiteral(of) if contains_infer(pattern) => {
                let Ty::Object(object) = &resolved else {
                    return if resolved == Ty::Any { None } else { Some(false) };
                };
                for member in &of.members {
                    let TSSignature::TSPropertySignature(property) = member else { return None };
                    let name = evaluate::key(&property.key)?;
                    let (Some(member), Some(annotation)) = (object.get(&name), &property.type_annotation) else {
                        return Some(property.optional);
                    };
                    if !self.matches(&member.ty, &annotation.type_annotation, env, inferred, scope)? {
                        return Some(false);
                    }
                }
                Some(true)
            }
            _ if contains_infer(pattern) => None,
            _ => {
                let pattern = self.eval(pattern, env, scope);
                self.assignable(ty, &pattern)
            }
        }
    }

    fn matches_items(
        &self,
        ty: &Ty,
        pattern: &'b TSType<'a>,
        env: &Env,
        inferred: &mut Env,
        scope: &str,
    ) -> Option<bool> {
        let items = match ty {
            Ty::Array(of) => (**of).clone(),
            Ty::Tuple(tuple) => self
                .union(tuple.first.iter().map(|(ty, _)| ty).chain(&tuple.rest).chain(&tuple.last).cloned().collect()),
            Ty::Any => return None,
            _ => return Some(false),
        };
        self.matches(&items, pattern, env, inferred, scope)
    }
}

fn contains_infer(ty: &TSType<'_>) -> bool {
    match ty {
        TSType::TSInferType(_) => true,
        TSType::TSParenthesizedType(of) => contains_infer(&of.type_annotation),
        TSType::TSArrayType(of) => contains_infer(&of.element_type),
        TSType::TSTypeOperatorType(of) => contains_infer(&of.type_annotation),
        TSType::TSTypeLiteral(of) => of.members.iter().any(|member| match member {
            TSSignature::TSPropertySignature(property) => {
                property.type_annotation.as_ref().is_some_and(|a| contains_infer(&a.type_annotation))
            }
            _ => true,
        }),
        TSType::TSUnionType(of) => of.types.iter().any(contains_infer),
        TSType::TSTypeReference(of) => of.type_arguments.iter().flat_map(|all| &all.params).any(contains_infer),
        TSType::TSTupleType(_)
        | TSType::TSFunctionType(_)
        | TSType::TSTemplateLiteralType(_)
        | TSType::TSIntersectionType(_) => true,
        _ => false,
    }
}

fn enum_name<'b>(name: &'b TSEnumMemberName<'_>) -> Option<&'b str> {
    match name {
        TSEnumMemberName::Identifier(id) => Some(id.name.as_str()),
        TSEnumMemberName::String(name) | TSEnumMemberName::ComputedString(name) => Some(name.value.as_str()),
        TSEnumMemberName::ComputedTemplateString(_) => None,
    }
}

fn literal(literal: &TSLiteral<'_>) -> Option<Value> {
    match literal {
        TSLiteral::BooleanLiteral(value) => Some(Value::Bool(value.value)),
        TSLiteral::NumericLiteral(value) => evaluate::number(value.value),
        TSLiteral::StringLiteral(value) => Some(Value::String(value.value.to_string())),
        TSLiteral::TemplateLiteral(value) => value.single_quasi().map(|text| Value::String(text.to_string())),
        TSLiteral::UnaryExpression(of) if of.operator.as_str() == "-" => match &of.argument {
            Expression::NumericLiteral(value) => evaluate::number(-value.value),
            _ => None,
        },
        _ => None,
    }
}
