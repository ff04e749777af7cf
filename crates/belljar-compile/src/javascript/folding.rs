//! How much text a source's enums are computed to, said before it is computed.
//!
//! oxc evaluates the members of enums while it binds names, and writes their values into the program. A member can
//! name another one twice, so the text doubles with every member. What it will take is added up here with the same
//! rules on lengths instead of texts, name by name: never less than what oxc will make.

use std::collections::HashMap;

use oxc_ast::AstKind;
use oxc_ast::ast::{Expression, TSEnumDeclaration, TSEnumMemberName};
use oxc_semantic::Semantic;
use oxc_span::{GetSpan, Span};

use super::limits::{BLOCKS, ENUM_TEXT};

/// Bytes of the longest text of a number.
const NUMBER: usize = 26;

/// Whether a source has enums that are kept; where they take too much.
pub(super) fn measure(semantic: &Semantic<'_>) -> Result<bool, (Span, String)> {
    let mut enums: Vec<&TSEnumDeclaration<'_>> = semantic
        .nodes()
        .iter()
        .filter_map(|node| match node.kind() {
            AstKind::TSEnumDeclaration(declared) => Some(declared),
            _ => None,
        })
        .collect();
    // One inside of another's initializer is evaluated first.
    enums.sort_by_key(|declared| declared.span.end);
    let mut text = Text { longest: HashMap::new(), sum: 0 };
    let mut blocks: HashMap<&str, usize> = HashMap::new();
    for declared in &enums {
        let count = blocks.entry(declared.id.name.as_str()).or_default();
        *count += 1;
        if *count > BLOCKS {
            let message = format!("the enum {} is declared more than {BLOCKS} times", declared.id.name);
            return Err((declared.id.span, message));
        }
        for member in &declared.body.members {
            let Some(value) = &member.initializer else { continue };
            let length = text.of(value);
            text.sum = text.sum.saturating_add(length);
            if text.sum > ENUM_TEXT {
                let message = format!(
                    "the values of enums up to this one are computed to more than {ENUM_TEXT} bytes of text; that is the most"
                );
                return Err((member.span, message));
            }
            let name = match &member.id {
                TSEnumMemberName::Identifier(id) => id.name.as_str(),
                TSEnumMemberName::String(name) | TSEnumMemberName::ComputedString(name) => name.value.as_str(),
                TSEnumMemberName::ComputedTemplateString(_) => continue,
            };
            let longest = text.longest.entry(name).or_default();
            *longest = length.max(*longest);
        }
    }
    Ok(!enums.is_empty())
}

struct Text<'b> {
    /// The most bytes that a member of this name has, in whatever enum.
    longest: HashMap<&'b str, usize>,
    /// Bytes of all values, and of those in between.
    sum: usize,
}

impl<'b> Text<'b> {
    /// The most bytes that an expression is evaluated to.
    fn of<'a>(&mut self, expression: &'b Expression<'a>) -> usize {
        let length = match expression {
            Expression::StringLiteral(text) => return text.value.len(),
            Expression::Identifier(name) => self.longest.get(name.name.as_str()).copied().unwrap_or(NUMBER),
            Expression::StaticMemberExpression(of) => {
                self.longest.get(of.property.name.as_str()).copied().unwrap_or(NUMBER)
            }
            Expression::ComputedMemberExpression(of) => match &of.expression {
                Expression::StringLiteral(name) => self.longest.get(name.value.as_str()).copied().unwrap_or(NUMBER),
                _ => 0,
            },
            Expression::TemplateLiteral(template) => {
                let texts = template.span().size() as usize;
                template.expressions.iter().fold(texts, |sum, part| sum.saturating_add(self.of(part)))
            }
            Expression::NumericLiteral(_) => return NUMBER,
            Expression::BinaryExpression(of) => {
                // A sum of many terms leans to the left; going down there needs no stack.
                let (mut terms, mut left) = (vec![&of.right], &of.left);
                while let Expression::BinaryExpression(of) = left {
                    terms.push(&of.right);
                    left = &of.left;
                }
                let mut length = self.of(left);
                for term in terms.into_iter().rev() {
                    length = length.saturating_add(self.of(term));
                    self.sum = self.sum.saturating_add(length);
                    if self.sum > ENUM_TEXT {
                        break;
                    }
                }
                length
            }
            Expression::UnaryExpression(of) => self.of(&of.argument),
            Expression::ParenthesizedExpression(of) => return self.of(&of.expression),
            _ => 0,
        };
        self.sum = self.sum.saturating_add(length);
        length
    }
}
