//! What a person writes on the command line is understood, or what is wrong and how to mend it is said.

#![allow(clippy::expect_used, reason = "a test")]

use std::path::Path;
use std::process::{Command, Output};

fn belljar(folder: &Path, arguments: &[&str]) -> Output {
    let mut belljar = Command::new(env!("CARGO_BIN_EXE_belljar"));
    // Compiled code is kept from one test run to the next.
    belljar.current_dir(folder).args(arguments).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    belljar.output().unwrap_or_else(|error| unreachable!("the program was just built: {error}"))
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it can be written");
    std::fs::create_dir_all(folder.path().join("data/private")).expect("a folder");
    write("data/a.txt", "open");
    write("data/private/key", "secret");
    write("read.js", "export default async ({ path }) => belljar.files.readText(path);");
    write("get.js", "export default async ({ key }) => belljar.kv.get(key);");
    folder
}

/// What a refusal suggests is pasted, as the shell would hand it over, and is what was missing.
#[test]
fn the_suggested_rule_can_be_pasted() {
    let folder = folder();
    for (tool, input) in [
        ("get.js", r#"{"key":"notes/it's \"5*5\" \u202e?"}"#),
        ("get.js", r#"{"key":" spaces  in it "}"#),
        ("read.js", r#"{"path":"/data/a.txt"}"#),
    ] {
        let run = belljar(folder.path(), &["run", tool, "--input", input]);
        assert_eq!(run.status.code(), Some(5), "{run:?}");
        let said = stderr(&run);
        let (_, rule) = said.split_once("--allow '").expect("a suggestion");
        let (rule, _) = rule.split_once("'\n").expect("between apostrophes");
        let again = belljar(folder.path(), &["run", tool, "--input", input, "--allow", rule]);
        assert_eq!(again.status.code(), Some(0), "{rule}: {again:?}");

        let (section, _) = rule.split_once(' ').expect("a capability");
        let policy = format!("version = 1\n[{section}]\nallow = ['{rule}']\n");
        std::fs::write(folder.path().join("policy.toml"), policy).expect("it can be written");
        let again = belljar(folder.path(), &["run", tool, "--input", input, "--policy", "policy.toml"]);
        assert_eq!(again.status.code(), Some(0), "{rule}: {again:?}");

        let report = belljar(folder.path(), &["run", tool, "--input", input, "--format", "json"]);
        let report: serde_json::Value = serde_json::from_slice(&report.stdout).expect("JSON");
        assert_eq!(report["refusals"][0]["grant"], rule);
    }
}

#[test]
fn what_is_mistyped_is_named_before_anything_runs() {
    let folder = folder();
    for (arguments, expected) in [
        (&["--allow", "files rw ./data as /data"][..], "files * ./data as /data"),
        (&["--allow", "files ./data"], "files read ./data as /data"),
        (&["--allow", "read ./data as /data"], "files read ./data as /data"),
        (&["--allow", "files read ~/data as /data"], "write the whole path"),
        (&["--allow", "files read ./nope as /data"], "there is no ./nope"),
        (&["--allow", "files read C:\\data as /data"], "path of Windows"),
        (&["--allow", "files read ./data/** as /data"], "without a pattern"),
        (&["--allow", "files read /data"], "no folder is granted"),
        (&["--deny", "files raed /data/private/**"], "files read /data/private/**"),
        (&["--deny", "files read ./data/private/**"], "files read /data/private/**"),
        (&["--deny", "kv gett secret/**"], "kv get secret/**"),
        (&["--deny", "kv"], "kv notes/**"),
        (&["--ask", "keys get a"], "there is no capability"),
        (&["--deny", "http get https://a.example/**"], "http GET"),
        (&["--input", "@in.json"], "--input-file in.json"),
        (&["--input", "read.js"], "--input-file read.js"),
        (&["--input", "{'path':'/a'}"], "double quotes"),
        (&["--input", r#"{"path":None}"#], "true, false and null"),
        (&["--alow", "kv **"], "--allow"),
    ] {
        let mut all = vec!["run", "read.js"];
        all.extend(arguments);
        if !arguments.contains(&"--input") {
            all.extend(["--input", r#"{"path":"/data/a.txt"}"#]);
        }
        let run = belljar(folder.path(), &all);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}: {run:?}");
        assert!(stderr(&run).contains(expected), "{arguments:?}: {}", stderr(&run));
    }
    let run = belljar(
        folder.path(),
        &[
            "run",
            "get.js",
            "--input",
            r#"{"key":"a"}"#,
            "--allow",
            "kv **",
            "--allow",
            "files read ./data as /data",
            "--deny",
            "files read /dat/private/**",
        ],
    );
    assert!(run.status.success() && stderr(&run).contains("it refuses nothing"), "{run:?}");
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    let folder = folder();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("it can be written");
    write("policy.toml", b"\xef\xbb\xbfversion = 1\n[kv]\nallow = ['**']\n");
    write("in.json", b"\xef\xbb\xbf{\"key\":\"a\"}");
    write("wide.json", b"\xff\xfe{\0}\0");
    let run = belljar(folder.path(), &["run", "get.js", "--input-file", "in.json", "--policy", "policy.toml"]);
    assert_eq!(run.status.code(), Some(0), "{run:?}");
    let run = belljar(folder.path(), &["run", "get.js", "--input-file", "wide.json"]);
    assert!(run.status.code() == Some(2) && stderr(&run).contains("UTF-16"), "{run:?}");
}

/// The same file under another name: a hard link, and the folder granted a second time.
#[test]
#[cfg(unix)]
fn a_refusal_holds_for_the_file_and_not_only_its_name() {
    let folder = folder();
    std::fs::hard_link(folder.path().join("data/private/key"), folder.path().join("data/link")).expect("a link");
    let read = |path: &str, rules: &[&str]| {
        let input = serde_json::json!({ "path": path }).to_string();
        let mut all = vec!["run", "read.js", "--input", &input];
        all.extend(rules);
        belljar(folder.path(), &all).status.code()
    };
    let allow = ["--allow", "files read ./data as /data"];
    assert_eq!(read("/data/link", &allow), Some(0));
    for deny in [
        "files read /data/private/**",
        "files read /data/private/key",
        "files read /data/*/key",
        "files ./data/private as /x",
    ] {
        assert_eq!(read("/data/link", &[&allow[..], &["--deny", deny]].concat()), Some(5), "{deny}");
        assert_eq!(read("/data/a.txt", &[&allow[..], &["--deny", deny]].concat()), Some(0), "{deny}");
    }
    let inner = ["--allow", "files read ./data/private as /inner", "--deny", "files read ./data/private as /x"];
    assert_eq!(read("/inner/key", &inner), Some(5));
}

/// On a file system that folds case, where the system can make one: a refusal holds for every spelling.
#[test]
#[cfg(target_os = "linux")]
fn a_refusal_holds_on_a_file_system_that_folds_names() {
    let folder = folder();
    let (image, place) = (folder.path().join("image"), folder.path().join("fat"));
    std::fs::create_dir(&place).expect("a folder");
    let file = std::fs::File::create(&image).and_then(|file| file.set_len(16 << 20));
    file.expect("an image");
    let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    let mount = |options: &str| run("mount", &["-o".as_ref(), options.as_ref(), image.as_os_str(), place.as_os_str()]);
    let vfat = run("mkfs.vfat", &[image.as_os_str()]) && mount("loop,utf8");
    let ext4 = || {
        let options = ["-q", "-F", "-O", "casefold", "-E", "encoding=utf8"].map(AsRef::as_ref);
        run("mkfs.ext4", &[&options[..], &[image.as_os_str()]].concat())
            && mount("loop")
            && run("chattr", &["+F".as_ref(), place.as_os_str()])
    };
    if !vfat && !ext4() {
        run("umount", &[place.as_os_str()]);
        eprintln!("skipped: no file system that folds names can be mounted here");
        return;
    }
    std::fs::create_dir(place.join("private-folder")).expect("a folder");
    std::fs::write(place.join("private-folder/key.pem"), "secret").expect("a file");
    let mut wrong = Vec::new();
    for deny in [
        "files read /d/private-folder/**",
        "files read /d/private-folder/key.pem",
        "files read /d/**/*.pem",
        "files ./fat/private-folder as /x",
    ] {
        for path in [
            "private-folder/key.pem",
            "PRIVATE-FOLDER/KEY.PEM",
            "Private-Folder./key.pem",
            "PRIVAT~1/KEY~1.PEM",
            "PRIVAT~1/key.pem",
        ] {
            let input = serde_json::json!({ "path": format!("/d/{path}") }).to_string();
            let run = belljar(
                folder.path(),
                &["run", "read.js", "--input", &input, "--allow", "files read ./fat as /d", "--deny", deny],
            );
            if run.status.success() {
                wrong.push(format!("{deny} {path}"));
            }
        }
    }
    run("umount", &[place.as_os_str()]);
    assert!(wrong.is_empty(), "{wrong:?}");
}
