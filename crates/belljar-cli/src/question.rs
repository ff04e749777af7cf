//! How a question looks on the terminal.

use std::io::Write;

use belljar::{CalledTool, Edit, HumanRequest, Question, hex};

use crate::edit;
use crate::show::{one_line, visible};

/// Lines, and characters of a line, of what a request carries that are shown.
const LINES: usize = 20;
const LINE: usize = 400;

/// A line for each text, with what it is in front.
fn each(what: &str, texts: impl Iterator<Item = String>) -> String {
    texts.map(|text| format!("  {what:<10}  {text}\n")).collect()
}

/// Shows what a tool asks for.
pub(crate) fn show(question: &Question) -> std::io::Result<()> {
    writeln!(
        std::io::stderr(),
        "\n{}A tool asks for something.\n{}  capability  {}\n{}{}",
        question.problem.iter().map(|why| format!("{}.\n", shown(why))).collect::<String>(),
        who(question),
        question.capability.name(),
        request(question),
        rule(question),
    )
}

/// Shows what a person made of a request: the difference, and the whole of it.
pub(crate) fn show_changed(changed: &Question, difference: &[String]) -> std::io::Result<()> {
    let more = difference.len().saturating_sub(2 * LINES);
    let lines = difference.iter().take(2 * LINES).map(|line| format!("  {}\n", one_line(line, LINE)));
    let more = if more > 0 { format!("  (and {more} lines more)\n") } else { String::new() };
    writeln!(
        std::io::stderr(),
        "\nWhat you changed:\n{}{more}\nThe changed request, which takes the place of what was asked.\n{}  capability  {}\n{}{}  rule        {}",
        lines.collect::<String>(),
        who(changed),
        changed.capability.name(),
        request(changed),
        until(changed),
        shown(&changed.rule),
    )
}

/// Shows several requests under one rule, each whole.
pub(crate) fn show_group(questions: &[&Question]) -> std::io::Result<()> {
    let Some(first) = questions.first() else { return Ok(()) };
    let each = (1..).zip(questions).map(|(number, question)| format!("\n  {number}.\n{}", request(question)));
    let capability = first.capability.name();
    writeln!(
        std::io::stderr(),
        "\nA tool asks for {} things under one rule.\n{}  capability  {capability}\n{}\n{}",
        questions.len(),
        who(first),
        each.collect::<String>(),
        rule(first),
    )
}

/// Shows a request that somebody changed and approved beforehand.
pub(crate) fn show_approved(question: &Question, edit: &Edit) {
    if let (Some(asked), Ok(changed)) = (question.to_edit(), question.edited(edit)) {
        let _ = show_changed(&changed, &edit::difference(&asked, edit));
    }
}

/// Who asks.
fn who(question: &Question) -> String {
    let (tool, identity) = (one_line(&question.tool, 80), hex(&question.identity));
    let callers = each("called by", question.callers.iter().rev().map(|name| one_line(name, 80)));
    format!("  tool        {tool} (its own word)\n{callers}  identity    {identity}\n")
}

/// What is asked for, whole.
fn request(question: &Question) -> String {
    let fields = question.headers.iter().map(|field| format!("{}: {}", shown(&field.name), shown(&field.value)));
    let means = match question.left_open() {
        Some(open) => format!("allows this, with any {open}"),
        None => "is this request alone".to_owned(),
    };
    let exact = question.exact.iter().map(|rule| format!("--allow '{}' {means}", visible(rule)));
    let calls = question.calls.iter().flat_map(|CalledTool { identity, policy }| {
        [format!("tool {}", hex(identity)), format!("under its own policy {}", hex(policy))]
    });
    format!(
        "  request     {}\n{}{}  carries     {}\n{}{}{}{}{}",
        shown(&question.request),
        each("calls", calls),
        each("header", fields),
        carried(question),
        each("secret", question.secrets.iter().map(|name| shown(name))),
        each("costs", question.cost.iter().map(|cost| format!("up to {cost}"))),
        each("has read", (!question.read.is_empty()).then(|| one_line(&question.read.join(", "), 400)).into_iter()),
        each("warning", question.irreversible.iter().map(|what| format!("cannot be undone: {what}"))),
        each("to save it", exact),
    )
}

/// Until when a question is open.
fn until(question: &Question) -> String {
    each("open until", question.expires.iter().map(|moment| belljar::format_moment(*moment)))
}

/// The rule that asks, which is what a yes or a no to all of it is to.
fn rule(question: &Question) -> String {
    let until = until(question);
    format!(
        "{until}{}  rule        {}\n              a and x are to all of this rule, in this run only",
        each("yes from", question.approver.wants().map(|wants| shown(&wants)).into_iter()),
        shown(&question.rule)
    )
}

/// Characters that [`show`] takes for what a tool has chosen.
pub(crate) fn length(question: &Question) -> usize {
    let fields = question.headers.iter().map(|field| shown(&field.name).len() + shown(&field.value).len());
    shown(&question.request).chars().count() + fields.sum::<usize>()
}

/// A text on one line, whole.
pub(crate) fn shown(text: &str) -> String {
    one_line(text, usize::MAX)
}

/// What a request carries: how much, and how it begins if it is text.
fn carried(question: &Question) -> String {
    let size = question.payload;
    if size == 0 {
        return "nothing".into();
    }
    let begins = &question.beginning;
    let text = match std::str::from_utf8(begins) {
        Ok(text) => text,
        // A character may stand across the end of what is shown.
        Err(error) if error.error_len().is_none() && (begins.len() as u64) < size => {
            begins.get(..error.valid_up_to()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
        }
        Err(_) => return format!("{size} bytes that are no text"),
    };
    let lines: Vec<String> = text.lines().take(LINES).map(|line| one_line(line, LINE)).collect();
    let whole = begins.len() as u64 == size && text.lines().count() <= LINES;
    let rest = if whole { "" } else { "\n              (this is the beginning of it)" };
    format!("{size} bytes:\n            | {}{rest}", lines.join("\n            | "))
}

/// Shows what a tool asks a person.
pub(crate) fn show_human(question: &Question, human: &HumanRequest) -> std::io::Result<()> {
    let mut err = std::io::stderr();
    writeln!(
        err,
        "\nA tool asks you something. The words are the tool's.\n  tool      {} (its own word)\n  identity  {}\n  asks      {}",
        one_line(&question.tool, 80),
        hex(&question.identity),
        visible(&human.question).replace('\n', "\n            "),
    )?;
    write!(err, "{}", until(question))?;
    for (number, choice) in (1..).zip(&human.choices) {
        writeln!(err, "  {number:>8}  {}", shown(choice))?;
    }
    Ok(())
}
