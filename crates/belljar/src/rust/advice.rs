//! What cargo and rustc say, with what it means for a tool: their own advice is for programs.

/// The crates that a single file has.
const CRATES: &str = "belljar, serde, serde_json and schemars";

/// cargo's words with advice that can be followed, behind them. `single` says that the tool is one file and no package.
pub(super) fn instead(said: &str, single: bool) -> String {
    let mut text = String::new();
    for line in said.lines() {
        // A single file has no Cargo.toml.
        if single && line.contains("cargo add ") {
            let indent = line.len() - line.trim_start().len();
            text.push_str(&line[..indent]);
            text.push_str("= help: a tool in a single file has only the crates ");
            text.push_str(CRATES);
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    let mut advice = Vec::new();
    if single && (said.contains("unlinked crate") || said.contains("can't find crate") || said.contains("E0432")) {
        advice.push(format!(
            "a tool in a single file has only the crates {CRATES}; for others make it a Cargo package: a folder with a Cargo.toml \
             (`[lib] crate-type = [\"cdylib\"]`, and what it depends on) and src/lib.rs, and run the folder with --trust-build"
        ));
    }
    if said.contains("getrandom")
        && (said.contains("\"js\"") || said.contains("wasm_js") || said.contains("not supported by default"))
    {
        advice.push(
            "getrandom's advice to take JavaScript does not help here, because there is none around a tool. Take randomness from \
             belljar::random: give a generator a seed from it (`let mut seed = [0; 32]; belljar::random::fill(&mut seed); \
             StdRng::from_seed(seed)`), with rand's default features off, or enable getrandom's feature `custom` (0.2) and register \
             a function that calls belljar::random::fill"
                .to_owned(),
        );
    }
    if said.contains("--locked was passed")
        || said.contains("because --locked")
        || said.contains("needs to be updated but")
    {
        advice.push(
            "Cargo.lock does not fit Cargo.toml: run `cargo generate-lockfile` in the package's folder, look at what changed, and \
             run the tool again"
                .to_owned(),
        );
    }
    if said.contains("wasm-bindgen") && said.contains("error") {
        advice.push(
            "wasm-bindgen is for pages, and there is no JavaScript around a tool: leave out the feature or the crate that brings it \
             in (`cargo tree -i wasm-bindgen` names it)"
                .to_owned(),
        );
    }
    if said.contains("main` function not found") || single && said.contains("can't find `main`") {
        advice.push("a tool is a library: a function with #[belljar::tool], without main".to_owned());
    }
    if said.contains("download")
        && (said.contains("Could not resolve host") || said.contains("failed to download") || said.contains("offline"))
    {
        advice.push(
            "cargo could not reach the registry: fetch the crates once with a network (`cargo fetch`)".to_owned(),
        );
    }
    let mut text = text.trim_end().to_owned();
    for advice in advice {
        text.push_str("\n\n");
        text.push_str(&advice);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::instead;

    #[test]
    fn advice_fits_what_the_tool_is() {
        let unlinked = "error[E0432]: unresolved import `regex`\n  = help: if you wanted to use a crate named `regex`, use `cargo add regex` to add it";
        let single = instead(unlinked, true);
        assert!(
            !single.contains("cargo add")
                && single.contains("serde_json and schemars")
                && single.contains("--trust-build"),
            "{single}"
        );
        let package = instead(unlinked, false);
        assert_eq!(package, unlinked);
        for (said, expected) in [
            (
                "error: the wasm*-unknown-unknown targets are not supported by default, you may need to enable the \"js\" feature. For more information see: https://docs.rs/getrandom/",
                "belljar::random",
            ),
            (
                "error: cannot update the lock file /x/Cargo.lock because --locked was passed to prevent this",
                "cargo generate-lockfile",
            ),
            ("error: the lock file needs to be updated but --locked was passed", "cargo generate-lockfile"),
        ] {
            assert!(instead(said, false).contains(expected), "{said}");
        }
        assert_eq!(instead("error: expected `;`", true), "error: expected `;`");
    }
}
