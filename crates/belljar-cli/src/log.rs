//! `belljar log`

use std::fmt::Display;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use belljar::hex;
use belljar::log::entry::Text;
use belljar::log::{Anchor, Entry, PublicKey, SignedHead, create_key, parse_hex, read_key, verify_against};
use serde_json::Value;

use crate::show::{one_line, say};
use crate::{Failure, private};

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    File::open(path)
        .map(BufReader::new)
        .map_err(|e| Failure::usage(format!("cannot read the log {}: {e}", path.display())))
}

/// The last line is torn, what stands before it holds.
const TORN: u8 = 3;
/// It holds, but has no end.
const UNENDED: u8 = 4;

pub(crate) fn verify(
    path: &Path,
    head: Option<&str>,
    signed_by: Option<&PublicKey>,
    signature: Option<PathBuf>,
) -> Result<u8, Failure> {
    let head = head
        .map(|head| {
            let head = parse_hex(&head.to_ascii_lowercase());
            head.ok_or_else(|| Failure::usage("--head: a head is 64 hexadecimal digits"))
        })
        .transpose()?;
    let signed = match signed_by {
        Some(key) => Some(signed_head(&signature.unwrap_or_else(|| beside(path)), key)?),
        None => None,
    };
    let log = open(path)?;
    let summary = match (signed, head) {
        (Some(signed), head) if head.is_some_and(|head| head != signed.head) => {
            return Err(Failure::fault(format!("the signed head is {}, not the one of --head", hex(&signed.head))));
        }
        (Some(signed), _) => verify_against(log, &signed.anchor()),
        (None, Some(head)) => verify_against(log, &Anchor { head, entries: None }),
        (None, None) => belljar::log::verify(log),
    };
    let summary = summary.map_err(Failure::fault)?;
    say!("{} entries hold; head {}", summary.entries, hex(&summary.head))?;
    if let Some(key) = signed_by {
        say!("signed by {key}")?;
    }
    if !summary.ended {
        say!("there is no end entry: the run was cut off, or the log was shortened")?;
    }
    if summary.torn > 0 {
        say!("the last line is torn: {} bytes, written when the process ended", summary.torn)?;
        return Ok(TORN);
    }
    Ok(if summary.ended { 0 } else { UNENDED })
}

/// Where the signature of a log lies.
pub(crate) fn beside(log: &Path) -> PathBuf {
    let mut path = log.as_os_str().to_owned();
    path.push(".sig");
    path.into()
}

/// Reads a signed head and checks whose it is.
fn signed_head(path: &Path, key: &PublicKey) -> Result<SignedHead, Failure> {
    let fail = |e: &dyn Display| Failure::fault(format!("the signature {}: {e}", path.display()));
    let mut text = String::new();
    let most = SignedHead::MOST as u64 + 1;
    File::open(path).and_then(|file| file.take(most).read_to_string(&mut text)).map_err(|e| fail(&e))?;
    let signed = SignedHead::parse(&text).map_err(|e| fail(&e))?;
    signed.check(key).map_err(|e| fail(&e))?;
    Ok(signed)
}

pub(crate) fn sign(path: &Path, key: &Path) -> Result<u8, Failure> {
    let key = read_key(key).map_err(Failure::usage)?;
    let summary = belljar::log::verify(open(path)?).map_err(Failure::fault)?;
    let place = beside(path);
    let unusable = |e: &dyn Display| Failure::usage(format!("cannot make the signature {}: {e}", place.display()));
    let mut file = private::open_beside(&place).map_err(|e| unusable(&e))?;
    // Another signature is another witness: it is not thrown away. A run that was cut off leaves an empty file.
    if file.metadata().map_err(|e| unusable(&e))?.len() > 0 {
        return Err(unusable(&"there is one already, which is not replaced"));
    }
    file.write_all(key.sign(summary.head, summary.entries).to_text().as_bytes())
        .map_err(|e| Failure::fault(format!("cannot write the signature {}: {e}", place.display())))?;
    say!("{} entries, head {}, signed by {}", summary.entries, hex(&summary.head), key.public_key())?;
    if !summary.ended {
        say!("there is no end entry: the run was cut off, or the log was shortened")?;
    }
    Ok(0)
}

pub(crate) fn keygen(path: &Path) -> Result<u8, Failure> {
    let key = create_key(path).map_err(Failure::usage)?;
    say!("{}", key.public_key())?;
    Ok(0)
}

/// What an entry says, on one line.
fn words(entry: &Entry<'_>) -> String {
    let line = |text: &str| one_line(text, 200);
    let perhaps = |text: &Option<Text<'_>>| text.as_deref().map(line).unwrap_or_default();
    match entry {
        Entry::Start { tool, tool_hash, host, .. } => format!("{} {} on {}", line(tool), hex(tool_hash), line(host)),
        Entry::Request { capability, what, verdict, rule, .. } => {
            format!("{} {} → {} {}", line(capability), line(what), line(verdict), perhaps(rule))
        }
        Entry::Redirect { ticket, status, what, verdict, rule, .. } => {
            format!("ticket {ticket} {status} to {} → {} {}", line(what), line(verdict), perhaps(rule))
        }
        Entry::Result { ticket, result, bytes, possibly, .. } => {
            let possibly = if possibly.is_some() { ", perhaps carried out" } else { "" };
            format!("ticket {ticket} {} ({bytes} bytes){possibly}", line(result))
        }
        Entry::Question { ticket, least, .. } => {
            let least =
                least.as_deref().map(|least| format!(", of level {} at least", line(least))).unwrap_or_default();
            format!("ticket {ticket}{least}")
        }
        Entry::Answer { ticket, answer, who: Some(who), scope, why, what, rule, assurance, identity, .. } => {
            let known =
                [identity, assurance].into_iter().flatten().map(|word| line(word)).collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { known } else { format!(" ({known})") };
            let all = if scope.as_deref() == Some("rule") { " to everything under its rule" } else { "" };
            let why = why.as_deref().map(|why| format!(", because: {}", line(why))).unwrap_or_default();
            let what = what.as_deref().map(|what| format!(" → {} {}", line(what), perhaps(rule))).unwrap_or_default();
            format!("ticket {ticket} {}{all} by {}{known}{why}{what}", line(answer), line(who))
        }
        Entry::Answer { ticket, answer, why, .. } => format!("ticket {ticket} {}: {}", line(answer), perhaps(why)),
        Entry::Console { level, text } => format!("{}: {}", line(level), line(text)),
        Entry::Artifact { what, media_type, bytes, .. } => {
            format!("{} {} ({bytes} bytes)", line(what), line(media_type))
        }
        Entry::End { result, usage, message, .. } => {
            format!("{}, {} fuel, {} requests {}", line(result), usage.fuel, usage.calls, perhaps(message))
        }
        Entry::Seed { .. } | Entry::Wait { .. } => String::new(),
    }
}

pub(crate) fn show(path: &Path) -> Result<u8, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::usage(format!("cannot read the log {}: {e}", path.display())))?;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if !line.ends_with('\n') {
            say!("       the last line is torn: {} bytes", line.len())?;
            break;
        }
        let entry: Value = serde_json::from_str(line)
            .map_err(|e| Failure::fault(format!("line {} of the log is not JSON: {e}", number + 1)))?;
        let field = |key: &str| match &entry[key] {
            Value::Null => String::new(),
            Value::String(text) => one_line(text, 200),
            other => one_line(&other.to_string(), 200),
        };
        let what = Entry::read(&entry).map(|entry| words(&entry)).unwrap_or_default();
        // Of a called tool: the run's path, so that its lines can be told from its caller's.
        let run = field("run");
        let run = if run.is_empty() { run } else { format!("run {run}: ") };
        say!("{:>5}  {:<24}  {:<9} {run}{what}", field("n"), field("at"), field("kind"))?;
    }
    Ok(0)
}
