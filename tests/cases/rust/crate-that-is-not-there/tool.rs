use regex::Regex;
#[belljar::tool]
fn run(text: String) -> bool {
    Regex::new("^a+$").unwrap().is_match(&text)
}
