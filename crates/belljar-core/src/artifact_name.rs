//! What an artifact may be called.

use crate::limits;

/// What a file of this name is, on some system, whatever its ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Names of files that Belljar reads, or takes for its own, by their names: an artifact of such a name could be taken for
/// what a person wrote.
const READ_BY_NAME: [&str; 4] = ["policy.toml", "policy.yaml", "policy.yml", "belljar.toml"];

/// Whether a name is a plain file name on every system and none that Belljar reads by itself. Hosts that write artifacts
/// anywhere ask nothing more of a name.
///
/// # Errors
///
/// What is wrong with it, for the guest.
pub fn artifact_name(name: &str) -> Result<(), String> {
    let separator =
        |c: char| matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') || belljar_text::is_hidden(c);
    let plain = !name.is_empty()
        && name.len() <= limits::ARTIFACT_NAME
        && !name.starts_with(['.', ' ', '-', '~'])
        && !name.ends_with(['.', ' '])
        && !name.contains(separator);
    if !plain {
        return Err(format!(
            "an artifact's name is a plain file name of at most {} bytes, without separators, invisible characters, a dot, \
             hyphen or space at its beginning, or a dot or space at its end: not {name:?}",
            limits::ARTIFACT_NAME
        ));
    }
    let folded = name.to_lowercase();
    let stem = folded.split('.').next().unwrap_or_default().trim_end();
    let port = |kind| stem.strip_prefix(kind).is_some_and(|port: &str| port.chars().count() == 1);
    if DEVICES.contains(&stem) || port("com") || port("lpt") {
        return Err(format!("an artifact cannot be called {name:?}: on some systems that is a device"));
    }
    if READ_BY_NAME.contains(&folded.as_str()) || folded.starts_with("kv.sqlite") {
        return Err(format!(
            "an artifact cannot be called {name:?}: a file of that name is read as a person's; call it otherwise"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_on_every_system() {
        for good in
            ["a", "chart.svg", "Übersicht 2026.csv", "a.b.c", "con-text.txt", "commit.log", "東京.html", "policy.md"]
        {
            assert_eq!(artifact_name(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            ".bashrc",
            "a/b",
            "a\\b",
            "c:x",
            "a\nb",
            "a\0",
            "a\u{202e}txt.exe",
            "a\u{200b}",
            "a\u{e0041}",
            "x.",
            "x ",
            "-rf",
            "~x",
            " x",
            "NUL",
            "nul.txt",
            "Com1.csv",
            "lpt9",
            "con .txt",
            "a|b",
            "a*",
            "Policy.TOML",
            "policy.yaml",
            "kv.sqlite",
            "KV.sqlite-wal",
            "belljar.toml",
            "CONIN$",
        ] {
            assert!(artifact_name(bad).is_err(), "{bad:?}");
        }
        assert!(artifact_name(&"a".repeat(255)).is_ok());
        assert!(artifact_name(&"a".repeat(256)).is_err());
    }
}
