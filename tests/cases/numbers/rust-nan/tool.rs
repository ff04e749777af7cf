use std::collections::BTreeMap;

/// An Option hides from the schema that a number is none.
#[belljar::tool]
fn run() -> BTreeMap<String, Vec<Option<f64>>> {
    BTreeMap::from([("rates".to_owned(), vec![Some(0.5), None, Some(0.0 / 0.0)])])
}
