//! Changing a request before it is approved, in the person's own editor.

use std::ffi::OsString;
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use belljar::{Answer, Answerer, Edit, Header, Question, Scope};

use crate::private;
use crate::question;
use crate::show::visible;

/// Bytes of a file that are read back (17 MiB): more than a request can carry is none.
const MOST: u64 = 17 << 20;

/// Above the request. So many lines that what an editor takes for its own settings cannot be the tool's.
const HEAD: &str = "\
# Change the request below, save it, and leave the editor. It is shown again before anything is done.
# First comes what is asked for, then header fields, a line each, then an empty line and what it carries.
# What belongs to the request is what stands between these lines and the last ones: leave both as they are.
# What is under a rule that refuses cannot be approved.
# ----------------------------------------------------------------------------------------------------------
";

/// Below it, on a line of its own.
const END: &str = "# ---- the request ends above this line";

/// Below that, for the same reason.
const TAIL: &str = "\n#\n#\n#\n#\n";

/// What a person does with a question that can be changed; nothing if they go back to it.
pub(crate) fn edit(question: &Question, who: &Answerer) -> Option<Answer> {
    let Some(editor) = editor() else {
        tell("there is no editor: name one in VISUAL or EDITOR");
        return None;
    };
    let asked = question.to_edit()?;
    let mut edit = asked.clone();
    loop {
        let changed = match in_editor(&editor, &edit) {
            Ok(changed) => changed,
            Err(why) => {
                tell(&why);
                return None;
            }
        };
        edit = changed;
        let approvable = match question.edited(&edit) {
            Ok(new) if question::length(&new) > crate::ask::MOST => {
                tell("the changed request is too long to be read by a person");
                false
            }
            Ok(new) => {
                let _ = question::show_changed(&new, &difference(&asked, &edit));
                true
            }
            Err(why) => {
                tell(&why.to_string());
                false
            }
        };
        let yes = if approvable { "y = once, " } else { "" };
        let prompt =
            format!("Approve the changed request? {yes}n = no, e = change it again, b = back to what was asked: ");
        match choose(&prompt, approvable) {
            'y' => return Some(Answer::Edited { who: who.clone(), edit }),
            'n' => return Some(Answer::No { who: who.clone(), scope: Scope::Request, why: None }),
            'e' => {}
            'b' => return None,
            _ => return Some(Answer::Nobody { why: "the terminal was closed".into() }),
        }
    }
}

fn tell(what: &str) {
    let _ = writeln!(std::io::stderr(), "{}.", visible(what));
}

/// Reads lines until one is a letter that is asked for; a space if there are none any more.
fn choose(prompt: &str, approvable: bool) -> char {
    crate::ask::forget_typed();
    let _ = write!(std::io::stderr(), "{prompt}");
    loop {
        let mut line = String::new();
        if !matches!(std::io::stdin().lock().read_line(&mut line), Ok(1..)) {
            return ' ';
        }
        match line.trim() {
            "y" | "yes" if approvable => return 'y',
            "n" | "no" => return 'n',
            "e" => return 'e',
            "b" => return 'b',
            _ => {
                let words = if approvable { "y, n, e or b" } else { "n, e or b" };
                let _ = write!(std::io::stderr(), "Please answer {words}: ");
            }
        }
    }
}

/// The person's editor, as other programs find it.
fn editor() -> Option<OsString> {
    ["VISUAL", "EDITOR"].into_iter().filter_map(std::env::var_os).find(|editor| !editor.is_empty())
}

/// A folder for one file, which only this user can see into. It is removed with what is in it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Self> {
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let path = std::env::temp_dir().join(format!("belljar-{}-{nanos}", std::process::id()));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // Whatever is there already is somebody else's, and an error.
        builder.create(&path)?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Has the person change a request.
fn in_editor(editor: &OsString, edit: &Edit) -> Result<Edit, String> {
    let failed = |error: std::io::Error| format!("the request cannot be changed: {error}");
    let scratch = Scratch::new().map_err(failed)?;
    let path = scratch.0.join("request");
    let mut file = private::create_new(&path).map_err(failed)?;
    file.write_all(&written(edit)).map_err(failed)?;
    drop(file);
    let status = run(editor, &path).map_err(|error| format!("the editor does not start: {error}"))?;
    if !status.success() {
        return Err(format!("the editor ended with {status}, so nothing is changed"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&path).map_err(failed)?;
    file.take(MOST).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 == MOST {
        return Err("the changed request is too large".into());
    }
    read(&bytes, edit)
}

/// Starts the editor on the terminal, as a shell would, so that what it is named with can have arguments.
fn run(editor: &OsString, path: &Path) -> std::io::Result<std::process::ExitStatus> {
    let mut command = if cfg!(unix) {
        let mut script = editor.clone();
        script.push(" \"$@\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).arg(editor);
        command
    } else {
        Command::new(editor)
    };
    // Standard output may be a file for the tool's output.
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        command.stdout(Stdio::from(std::io::stderr().as_fd().try_clone_to_owned()?));
    }
    let secrets = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BELLJAR_SECRET_"));
    for (name, _) in secrets {
        command.env_remove(name);
    }
    command.arg(path).status()
}

/// A request as a text.
fn written(edit: &Edit) -> Vec<u8> {
    let mut text = HEAD.as_bytes().to_vec();
    text.extend(lines(edit).iter().flat_map(|line| format!("{line}\n").into_bytes()));
    text.push(b'\n');
    text.extend(carried(edit).unwrap_or(NO_TEXT).as_bytes());
    text.extend(format!("\n{END}{TAIL}").as_bytes());
    text
}

/// In the place of what is no text: it stays as it is.
const NO_TEXT: &str = "(what it carries is no text and stays as it is)";

/// What is asked for, and the header fields, a line each.
fn lines(edit: &Edit) -> Vec<String> {
    let fields = edit.headers.iter().map(|field| format!("{}: {}", field.name, field.value));
    std::iter::once(edit.what.clone()).chain(fields).collect()
}

fn carried(edit: &Edit) -> Option<&str> {
    std::str::from_utf8(edit.content.as_deref().unwrap_or_default()).ok()
}

/// Reads such a text; `before` is what was written.
fn read(bytes: &[u8], before: &Edit) -> Result<Edit, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "the changed request is not UTF-8")?;
    // Some editors write other ends of lines.
    let text = if text.contains(&format!("\r\n{END}")) { text.replace("\r\n", "\n") } else { text.to_owned() };
    let whole = text.rsplit_once(&format!("\n{END}"));
    let (mut rest, _) = whole.ok_or("the last lines of the file are gone, so nothing is changed")?;
    while rest.starts_with('#') {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    let (head, content) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let mut lines = head.lines();
    let what = lines.next().unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) =
            line.split_once(':').ok_or_else(|| format!("\"{line}\" is no header field, which has a colon"))?;
        headers.push(Header { name: name.trim().to_owned(), value: value.trim().to_owned() });
    }
    let content = match (carried(before), &before.content) {
        (None, whole) if content == NO_TEXT => whole.clone(),
        (_, None) if content.is_empty() => None,
        _ => Some(content.as_bytes().to_vec()),
    };
    Ok(Edit { what, headers, content })
}

/// The lines in which two requests differ, with what they are: `-` was asked for, `+` is approved in its place.
pub(crate) fn difference(asked: &Edit, edit: &Edit) -> Vec<String> {
    let whole = |edit: &Edit| {
        let carried =
            carried(edit).map_or_else(|| vec![NO_TEXT.to_owned()], |text| text.lines().map(str::to_owned).collect());
        (lines(edit), carried)
    };
    let ((head, body), (new_head, new_body)) = (whole(asked), whole(edit));
    let mut lines = between(&head, &new_head);
    lines.extend(between(&body, &new_body));
    lines
}

/// What stands between the lines that two texts have in common at both ends.
fn between(old: &[String], new: &[String]) -> Vec<String> {
    let same = |(a, b): &(&String, &String)| a == b;
    let before = old.iter().zip(new).take_while(same).count();
    let (old, new) = (old.get(before..).unwrap_or_default(), new.get(before..).unwrap_or_default());
    let after = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
    let gone = old.iter().take(old.len() - after).map(|line| format!("- {line}"));
    gone.chain(new.iter().take(new.len() - after).map(|line| format!("+ {line}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(content: Option<&[u8]>) -> Edit {
        let header = |name: &str, value: &str| Header { name: name.into(), value: value.into() };
        Edit {
            what: "POST https://a.example/x".into(),
            headers: vec![header("content-type", "text/plain"), header("x-a", "b: c")],
            content: content.map(<[u8]>::to_vec),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for content in [
            None,
            Some(&b"plain"[..]),
            Some(b"ends with a line\n"),
            Some(b"\n\n# no comment\n\n"),
            Some(b"# ---- the request ends above this line\nvim: set modeline:"),
            Some(b"\xff\x00"),
        ] {
            let edit = edit(content);
            assert_eq!(read(&written(&edit), &edit), Ok(edit));
        }
        let bare = Edit { what: "set a".into(), headers: Vec::new(), content: Some(b"1".to_vec()) };
        assert_eq!(read(&written(&bare), &bare), Ok(bare));
        assert!(read(b"POST https://a.example/x\n", &edit(None)).is_err());
    }

    #[test]
    fn the_difference_is_what_was_changed() {
        let (asked, mut new) = (edit(Some(b"one\ntwo\nthree")), edit(Some(b"one\n2\nthree")));
        new.headers.remove(0);
        assert_eq!(difference(&asked, &new), ["- content-type: text/plain", "- two", "+ 2"]);
    }
}
