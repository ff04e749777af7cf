//! `belljar log`

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use belljar::hex;
use belljar::log::verify as check;
use serde_json::Value;

use crate::Failure;
use crate::show::one_line;

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    File::open(path)
        .map(BufReader::new)
        .map_err(|e| Failure::usage(format!("cannot read the log {}: {e}", path.display())))
}

pub(crate) fn verify(path: &Path, head: Option<&str>) -> Result<u8, Failure> {
    let summary = check(open(path)?).map_err(Failure::fault)?;
    if let Some(head) = head
        && !head.eq_ignore_ascii_case(&hex(&summary.head))
    {
        return Err(Failure::fault(format!(
            "this is not the log whose head is {head}, or not all of it: its {} entries hold, but its head is {}",
            summary.entries,
            hex(&summary.head)
        )));
    }
    println!("{} entries hold; head {}", summary.entries, hex(&summary.head));
    if summary.torn > 0 {
        println!("the last line is torn: {} bytes, written when the process ended", summary.torn);
    }
    if !summary.ended {
        println!("there is no end entry: the run was cut off, or the log was shortened");
    }
    Ok(0)
}

pub(crate) fn show(path: &Path) -> Result<u8, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::usage(format!("cannot read the log {}: {e}", path.display())))?;
    for (number, line) in text.lines().enumerate() {
        let entry: Value = serde_json::from_str(line)
            .map_err(|e| Failure::fault(format!("line {} of the log is not JSON: {e}", number + 1)))?;
        let field = |key: &str| match &entry[key] {
            Value::Null => String::new(),
            Value::String(text) => one_line(text, 200),
            other => one_line(&other.to_string(), 200),
        };
        let what = match field("kind").as_str() {
            "start" => format!("{} {} on {}", field("tool"), field("tool-hash"), field("host")),
            "request" => format!("{} {} → {} {}", field("capability"), field("what"), field("verdict"), field("rule")),
            "result" => format!("ticket {} {} ({} bytes)", field("ticket"), field("result"), field("bytes")),
            "answer" => format!("ticket {} {} by {}", field("ticket"), field("answer"), field("by")),
            "console" => format!("{}: {}", field("level"), field("text")),
            "artifact" => format!("{} {} ({} bytes)", field("what"), field("media-type"), field("bytes")),
            "end" => format!("{} {} {}", field("result"), field("usage"), field("message")),
            _ => String::new(),
        };
        println!("{:>5}  {:<24}  {:<9} {what}", field("n"), field("at"), field("kind"));
    }
    Ok(0)
}
