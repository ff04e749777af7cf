//! References from a schema to parts of itself.

use crate::node::{Id, Node};

/// Where a reference leads.
pub(crate) enum Reference {
    /// A JSON Pointer into the schema, decoded from its fragment.
    Pointer(String),
    /// The schema of this `$anchor`.
    Anchor(String),
}

impl Reference {
    /// Reads a reference in a schema whose `$id` is `id`.
    pub(crate) fn parse(text: &str, id: Option<&str>) -> Result<Self, String> {
        let (base, fragment) = text.split_once('#').unwrap_or((text, ""));
        if !base.is_empty() && id != Some(base) {
            return Err(format!(
                "it refers to {}; a tool's schema must be complete in itself",
                crate::message::cut(text.to_owned())
            ));
        }
        let fragment = percent_decoded(fragment).ok_or("what follows a % is two hexadecimal digits, of UTF-8")?;
        if fragment.is_empty() || fragment.starts_with('/') {
            Ok(Reference::Pointer(canonical(&fragment)))
        } else {
            Ok(Reference::Anchor(fragment))
        }
    }
}

/// Whether a name can be an anchor's.
pub(crate) fn is_anchor(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// A pointer in its one spelling, so that one place is one node.
fn canonical(pointer: &str) -> String {
    let mut text = String::with_capacity(pointer.len());
    for token in pointer.split('/').skip(1) {
        crate::place::push_token(&mut text, &token.replace("~1", "/").replace("~0", "~"));
    }
    text
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let code = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(code).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// A schema that applies itself to the same value again, if there is one: a check of it would never end.
pub(crate) fn cycle(nodes: &[Node]) -> Option<Id> {
    let mut users = vec![0usize; nodes.len()];
    let each_way = |id: Id, each: &mut dyn FnMut(Id)| {
        nodes.get(id).into_iter().flat_map(|node| &node.rules).for_each(|rule| rule.in_place(&mut *each));
    };
    for id in 0..nodes.len() {
        each_way(id, &mut |next| _ = users.get_mut(next).map(|count| *count += 1));
    }
    // Takes away nodes that no remaining node applies. What is left in the end lies on a cycle or behind one.
    let mut free: Vec<Id> = (0..nodes.len()).filter(|id| users.get(*id) == Some(&0)).collect();
    while let Some(id) = free.pop() {
        each_way(id, &mut |next| {
            if let Some(count) = users.get_mut(next) {
                *count -= 1;
                if *count == 0 {
                    free.push(next);
                }
            }
        });
    }
    // Each of them is applied by another of them; going back from one to the next ends up on a cycle.
    let left = |id: &Id| users.get(*id).is_some_and(|count| *count > 0);
    let mut user = vec![0; nodes.len()];
    for id in (0..nodes.len()).filter(left) {
        each_way(id, &mut |next| _ = user.get_mut(next).map(|user| *user = id));
    }
    let mut on_cycle = (0..nodes.len()).find(left)?;
    for _ in 0..nodes.len() {
        on_cycle = user.get(on_cycle).copied()?;
    }
    Some(on_cycle)
}
