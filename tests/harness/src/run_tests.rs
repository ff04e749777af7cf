//! The harness, tried on a host that answers from a script.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use crate::case;
use crate::check::Mode;
use crate::host::{Host, Observed, Trial};
use crate::run::{Verdict, run};
use crate::web::Web;

/// Answers every trial with the same observation, or panics.
struct Scripted(Option<Observed>);

impl Host for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn run(&self, _: &Trial) -> Observed {
        match &self.0 {
            Some(seen) => seen.clone(),
            None => panic!("on purpose"),
        }
    }
}

fn refused() -> Observed {
    Observed { exit: 2, message: "no such tool".to_owned(), ..Observed::default() }
}

fn folder(case_toml: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("case.toml"), case_toml).unwrap();
    folder
}

fn judge(folder: &Path, seen: Option<Observed>, mode: Mode) -> Verdict {
    let found = case::find(folder).unwrap();
    let case = found.first().unwrap().as_ref().unwrap_or_else(|unreadable| panic!("{}", unreadable.reason));
    let host: Arc<dyn Host> = Arc::new(Scripted(seen));
    run(case, &host, &Web::start().unwrap(), mode)
}

fn verdict(case_toml: &str, seen: Option<Observed>) -> Verdict {
    judge(folder(case_toml).path(), seen, Mode::Compare)
}

#[test]
fn a_case_passes_when_all_is_as_expected() {
    let text = "tool = 'x.ts'\n[expect]\nexit = 2\nmessage-contains = 'no such'\n";
    assert_eq!(verdict(text, Some(refused())), Verdict::Passed);
}

#[test]
fn every_difference_is_named() {
    let text = "tool = 'x.ts'\n[expect]\nexit = 4\nmessage-contains = ['trap', 'no']\nfuel = 7\n";
    let Verdict::Failed(problems) = verdict(text, Some(refused())) else { panic!("it must fail") };
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn a_panic_is_a_failed_case() {
    let text = "tool = 'x.ts'\n[expect]\nexit = 2\n";
    let Verdict::Failed(problems) = verdict(text, None) else { panic!("it must fail") };
    assert_eq!(problems, ["the host panicked: on purpose"]);
}

#[test]
fn a_known_failure_fails_once_it_passes() {
    let passes = "tool = 'x.ts'\nknown-failure = 'not built'\n[expect]\nexit = 2\n";
    assert!(matches!(verdict(passes, Some(refused())), Verdict::Failed(_)));
    let fails = "tool = 'x.ts'\nknown-failure = 'not built'\n[expect]\nexit = 0\n";
    assert_eq!(verdict(fails, Some(refused())), Verdict::KnownFailure);
}

#[test]
fn a_case_for_other_hosts_is_skipped() {
    let text = "tool = 'x.ts'\nhosts = ['browser']\n[expect]\nexit = 2\n";
    assert_eq!(verdict(text, Some(refused())), Verdict::Skipped);
}

#[test]
fn a_misspelt_key_is_an_error() {
    let folder = folder("tool = 'x.ts'\n[expect]\nexti = 2\n");
    let found = case::find(folder.path()).unwrap();
    assert!(found.first().unwrap().as_ref().is_err_and(|unreadable| unreadable.reason.contains("exti")));
}

#[test]
fn a_run_without_a_log_cannot_have_succeeded() {
    let text = "tool = 'x.ts'\n[expect]\nexit = 0\n";
    let seen = Observed { output: Some("1".to_owned()), ..Observed::default() };
    assert!(matches!(verdict(text, Some(seen)), Verdict::Failed(_)));
}

#[test]
fn update_writes_what_was_seen_and_compare_then_agrees() {
    let folder = folder("tool = 'x.ts'\n[expect]\nexit = 4\nartifacts = { 'a.svg' = 'expected/a.svg' }\n");
    let mut seen = Observed { exit: 4, message: "broke".to_owned(), ..Observed::default() };
    seen.artifacts.insert("a.svg".to_owned(), b"<svg/>".to_vec());
    assert!(matches!(judge(folder.path(), Some(seen.clone()), Mode::Compare), Verdict::Failed(_)));
    assert_eq!(judge(folder.path(), Some(seen.clone()), Mode::Update), Verdict::Passed);
    assert_eq!(fs::read(folder.path().join("expected/a.svg")).unwrap(), b"<svg/>");
    assert_eq!(judge(folder.path(), Some(seen), Mode::Compare), Verdict::Passed);
}

#[test]
fn files_links_and_pipes_are_laid_out_afresh() {
    struct Looks;
    impl Host for Looks {
        fn name(&self) -> &'static str {
            "looks"
        }

        fn run(&self, trial: &Trial) -> Observed {
            use std::os::unix::fs::FileTypeExt;
            assert_eq!(fs::read(trial.files.join("data/a.txt")).unwrap(), b"a");
            assert_eq!(fs::read_link(trial.files.join("out")).unwrap(), Path::new("/etc/passwd"));
            assert!(fs::metadata(trial.files.join("pipe")).unwrap().file_type().is_fifo());
            fs::write(trial.files.join("data/b.txt"), "b").unwrap();
            refused()
        }
    }
    let folder = folder(
        "tool = 'x.ts'\n[[symlink]]\npath = 'out'\ntarget = '/etc/passwd'\n[[fifo]]\npath = 'pipe'\n\
         [expect]\nexit = 2\nfiles-after = { 'data/b.txt' = 'b', 'data/c.txt' = false }\n",
    );
    fs::create_dir_all(folder.path().join("files/data")).unwrap();
    fs::write(folder.path().join("files/data/a.txt"), "a").unwrap();
    let found = case::find(folder.path()).unwrap();
    let case = found.first().unwrap().as_ref().unwrap_or_else(|unreadable| panic!("{}", unreadable.reason));
    let host: Arc<dyn Host> = Arc::new(Looks);
    assert_eq!(run(case, &host, &Web::start().unwrap(), Mode::Compare), Verdict::Passed);
    assert!(!folder.path().join("files/data/b.txt").exists(), "the case's own files must stay as they are");
}
