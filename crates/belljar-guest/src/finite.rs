//! A look through an output for numbers that JSON has no form for, which would otherwise become `null` without a word.

use std::fmt::{self, Display};

use serde::ser::{self, Serialize, Serializer};

/// What is in the way of writing a value as JSON.
#[derive(Debug)]
pub(crate) struct NotFinite {
    /// The names and numbers that lead there, the innermost first.
    path: Vec<String>,
    /// `NaN` or `Infinity`; nothing if it is something else, which whoever writes the value will say.
    what: Option<&'static str>,
}

impl Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the output")?;
        for (number, part) in self.path.iter().rev().enumerate() {
            let lead = if number == 0 { " at " } else { "" };
            write!(f, "{lead}/{}", part.replace('~', "~0").replace('/', "~1"))?;
        }
        let what = self.what.unwrap_or_default();
        write!(f, " cannot be written as JSON, which has no {what}: give a finite number, or an Option that is None")
    }
}

impl std::error::Error for NotFinite {}

impl ser::Error for NotFinite {
    fn custom<T: Display>(_: T) -> Self {
        NotFinite { path: Vec::new(), what: None }
    }
}

/// Looks through a value as serde shows it. Costs no memory where nothing is wrong.
///
/// # Errors
///
/// The first number that is NaN or infinite, with its place.
pub(crate) fn check<T: Serialize + ?Sized>(value: &T) -> Result<(), NotFinite> {
    match value.serialize(Look) {
        Err(found) if found.what.is_some() => Err(found),
        _ => Ok(()),
    }
}

/// Under a name or a number.
fn below<T: Serialize + ?Sized>(value: &T, part: impl FnOnce() -> String) -> Result<(), NotFinite> {
    value.serialize(Look).map_err(|mut found| {
        found.path.push(part());
        found
    })
}

fn number(value: f64) -> Result<(), NotFinite> {
    let what = match value {
        _ if value.is_finite() => return Ok(()),
        _ if value.is_nan() => "NaN",
        _ if value > 0.0 => "Infinity",
        _ => "-Infinity",
    };
    Err(NotFinite { path: Vec::new(), what: Some(what) })
}

struct Look;

/// A list of which some items were looked at.
struct Items(usize);

/// A value with names in it, and the key that its next value has.
struct Members(Option<String>);

/// A list or members below the name of a variant.
struct Variant<I>(&'static str, I);

macro_rules! nothing_to_see {
    ($($name:ident: $type:ty),* $(,)?) => {
        $(fn $name(self, _: $type) -> Result<(), NotFinite> {
            Ok(())
        })*
    };
}

impl Serializer for Look {
    type Ok = ();
    type Error = NotFinite;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Variant<Items>;
    type SerializeMap = Members;
    type SerializeStruct = Members;
    type SerializeStructVariant = Variant<Members>;

    nothing_to_see! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
        serialize_unit_struct: &'static str,
    }

    fn serialize_f32(self, value: f32) -> Result<(), NotFinite> {
        number(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), NotFinite> {
        number(value)
    }

    fn serialize_none(self) -> Result<(), NotFinite> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotFinite> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NotFinite> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), NotFinite> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), NotFinite> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), NotFinite> {
        below(value, || variant.to_owned())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, NotFinite> {
        Ok(Items(0))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items, NotFinite> {
        Ok(Items(0))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items, NotFinite> {
        Ok(Items(0))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant<Items>, NotFinite> {
        Ok(Variant(variant, Items(0)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members, NotFinite> {
        Ok(Members(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members, NotFinite> {
        Ok(Members(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Variant<Members>, NotFinite> {
        Ok(Variant(variant, Members(None)))
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Result<(), NotFinite> {
        Ok(())
    }
}

impl Items {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotFinite> {
        let number = self.0;
        self.0 += 1;
        below(value, || number.to_string())
    }
}

/// A key as JSON has it: text, without its quotes.
fn text<K: Serialize + ?Sized>(key: &K) -> String {
    let json = serde_json::to_string(key).unwrap_or_default();
    serde_json::from_str::<String>(&json).unwrap_or(json)
}

impl ser::SerializeMap for Members {
    type Ok = ();
    type Error = NotFinite;

    fn serialize_key<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<(), NotFinite> {
        self.0 = Some(text(key));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotFinite> {
        let key = self.0.take();
        below(value, || key.unwrap_or_default())
    }

    fn serialize_entry<K: Serialize + ?Sized, T: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &T,
    ) -> Result<(), NotFinite> {
        below(value, || text(key))
    }

    fn end(self) -> Result<(), NotFinite> {
        Ok(())
    }
}

/// The compound kinds of serde, whose parts are looked at one after the other.
macro_rules! compound {
    ($($trait:ident for $type:ty, $method:ident($($key:ident: $key_type:ty)?) => |$it:ident, $value:ident| $look:expr;)*) => {
        $(impl ser::$trait for $type {
            type Ok = ();
            type Error = NotFinite;

            fn $method<T: Serialize + ?Sized>(&mut self, $($key: $key_type,)? $value: &T) -> Result<(), NotFinite> {
                let $it = self;
                $look
            }

            fn end(self) -> Result<(), NotFinite> {
                Ok(())
            }
        })*
    };
}

fn of_variant(looked: Result<(), NotFinite>, variant: &str) -> Result<(), NotFinite> {
    looked.map_err(|mut found| {
        found.path.push(variant.to_owned());
        found
    })
}

compound! {
    SerializeSeq for Items, serialize_element() => |it, value| it.item(value);
    SerializeTuple for Items, serialize_element() => |it, value| it.item(value);
    SerializeTupleStruct for Items, serialize_field() => |it, value| it.item(value);
    SerializeTupleVariant for Variant<Items>, serialize_field() => |it, value| of_variant(it.1.item(value), it.0);
    SerializeStruct for Members, serialize_field(key: &'static str) => |_it, value| below(value, || key.to_owned());
    SerializeStructVariant for Variant<Members>, serialize_field(key: &'static str) => |it, value| of_variant(below(value, || key.to_owned()), it.0);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    enum Shape {
        Point,
        Round(f64),
        Box(f64, f32),
        Named { wide: Option<f64> },
    }

    #[derive(Serialize)]
    struct Row {
        name: &'static str,
        values: Vec<f64>,
        by: BTreeMap<u8, (i8, f64)>,
        shape: Shape,
    }

    fn row() -> Row {
        Row { name: "a", values: vec![0.5, -0.0], by: BTreeMap::from([(7, (1, 2.5))]), shape: Shape::Point }
    }

    fn said(row: &Row) -> String {
        check(row).err().map(|found| found.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_number_without_a_form_is_found_by_its_path() {
        assert_eq!(said(&row()), "");
        let rows = [
            (Row { values: vec![1.0, f64::NAN], ..row() }, "/values/1", "NaN"),
            (Row { by: BTreeMap::from([(9, (0, f64::INFINITY))]), ..row() }, "/by/9/1", "Infinity"),
            (Row { shape: Shape::Round(f64::NEG_INFINITY), ..row() }, "/shape/Round", "-Infinity"),
            (Row { shape: Shape::Box(1.0, f32::NAN), ..row() }, "/shape/Box/1", "NaN"),
            (Row { shape: Shape::Named { wide: Some(f64::NAN) }, ..row() }, "/shape/Named/wide", "NaN"),
        ];
        for (row, path, what) in rows {
            let expected = format!(
                "the output at {path} cannot be written as JSON, which has no {what}: give a finite number, or an Option that is None"
            );
            assert_eq!(said(&row), expected, "{}", row.name);
        }
        assert_eq!(said(&Row { shape: Shape::Named { wide: None }, ..row() }), "");
        let keys = BTreeMap::from([("a/b~c", f64::NAN)]);
        assert!(check(&keys).is_err_and(|found| found.to_string().contains(" at /a~1b~0c ")));
        assert!(check(&f64::NAN).is_err_and(|found| found.to_string().starts_with("the output cannot")));
    }
}
