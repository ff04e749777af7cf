//! An ordinary command: JSON on standard input, JSON on standard output. It knows nothing of Belljar. `do` says what it does.

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The text of a member of the input.
fn member<'a>(input: &'a str, name: &str) -> &'a str {
    let at = input.find(&format!("\"{name}\":\"")).map(|at| at + name.len() + 4);
    at.and_then(|at| input[at..].split('"').next()).unwrap_or_default()
}

/// A result as JSON: what there was, or the error's number.
fn shown<T: ToString>(result: std::io::Result<T>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(error) => format!("\"{:?}\"", error.kind()),
    }
}

fn text(result: std::io::Result<String>) -> String {
    shown(result.map(|text| format!("{text:?}")))
}

fn deep(depth: u32) -> u32 {
    if depth == 0 {
        println!("{{\"left\":true}}");
        std::process::exit(0);
    }
    std::hint::black_box(deep(depth - 1)) + 1
}

fn main() {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).expect("no input");
    let path = member(&input, "path");
    let output = match member(&input, "do") {
        "hello" => format!("{{\"hello\":{:?},\"bytes\":{}}}", member(&input, "name"), input.len()),
        "arguments" => format!("{:?}", std::env::args().chain(std::env::vars().map(|(name, _)| name)).collect::<Vec<_>>()),
        "read" => text(fs::read_to_string(path)),
        "write" => shown(fs::write(path, member(&input, "text")).map(|()| true)),
        "append" => {
            let file = fs::OpenOptions::new().append(true).create(true).open(path);
            shown(file.and_then(|mut file| file.write_all(member(&input, "text").as_bytes())).map(|()| true))
        }
        "parts" => {
            let file = fs::File::create(path);
            let written = file.and_then(|mut file| {
                for part in ["one\n", "two\n", "three\n"] {
                    file.write_all(part.as_bytes())?;
                }
                file.seek(SeekFrom::Start(0))?;
                let before = file.write_all(b"ONE").err().map(|error| format!("{:?}", error.kind()));
                Ok(format!("{before:?}"))
            });
            text(written)
        }
        "exclusive" => shown(fs::File::create_new(path).map(|_| true)),
        "list" => {
            let names = fs::read_dir(path).and_then(|entries| {
                entries
                    .map(|entry| entry.and_then(|e| Ok(format!("{:?}", (e.file_name().into_string().unwrap(), e.file_type()?.is_dir())))))
                    .collect::<Result<Vec<_>, _>>()
            });
            match names {
                Ok(names) => format!("{names:?}"),
                Err(error) => shown::<String>(Err(error)),
            }
        }
        "change" => {
            let results = [
                shown(fs::create_dir(format!("{path}/new")).map(|()| true)),
                shown(fs::create_dir(format!("{path}/new")).map(|()| true)),
                shown(fs::write(format!("{path}/new/file"), "x").map(|()| true)),
                shown(fs::metadata(format!("{path}/new/file")).map(|m| m.len())),
                shown(fs::rename(format!("{path}/new/file"), format!("{path}/new/other")).map(|()| true)),
                shown(fs::remove_file(format!("{path}/new/file")).map(|()| true)),
                shown(fs::remove_file(format!("{path}/new/file")).map(|()| true)),
                shown(fs::remove_dir(format!("{path}/new")).map(|()| true)),
                shown(fs::metadata(format!("{path}/../../etc/passwd")).map(|m| m.len())),
            ];
            format!("[{}]", results.join(","))
        }
        "many" => {
            for number in 0..150 {
                fs::create_dir(format!("{path}/a-folder-with-a-name-of-some-length-{number:03}")).unwrap();
            }
            let names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            format!("[{},{:?},{:?}]", names.len(), names[0], names[names.len() - 1])
        }
        "seek" => {
            let long: String = (0..40_000).map(|number| format!("{number:06} ")).collect();
            let read = fs::write(path, long + "tail!").and_then(|()| fs::File::open(path)).and_then(|mut file| {
                file.seek(SeekFrom::End(-5))?;
                let mut tail = String::new();
                file.read_to_string(&mut tail)?;
                file.seek(SeekFrom::Start(100_000))?;
                let mut middle = [0; 6];
                file.read_exact(&mut middle)?;
                Ok(format!("{tail} {}", String::from_utf8_lossy(&middle)))
            });
            text(read)
        }
        "clock" => {
            let (now, start) = (SystemTime::now().duration_since(UNIX_EPOCH).unwrap(), Instant::now());
            std::thread::sleep(Duration::from_millis(1500));
            format!("{{\"now\":{},\"slept\":{}}}", now.as_secs(), start.elapsed().as_millis() / 100)
        }
        "random" => {
            // The hasher's keys are random.
            let map: HashMap<u32, u32> = (0..8).map(|n| (n, n)).collect();
            format!("{:?}", map.keys().collect::<Vec<_>>())
        }
        "big" => {
            let line = "0123456789".repeat(100);
            let list: Vec<String> = (0..3000).map(|_| line.clone()).collect();
            // The command's own memory grows while the output does.
            let mut kept = Vec::new();
            let mut out = std::io::stdout();
            out.write_all(b"[").unwrap();
            for (index, line) in list.iter().enumerate() {
                kept.push(vec![index as u8; 4000]);
                write!(out, "{}{line:?}", if index > 0 { "," } else { "" }).unwrap();
            }
            assert!(kept.iter().enumerate().all(|(index, bytes)| bytes.iter().all(|byte| *byte == index as u8)));
            "]".into()
        }
        "echo" => {
            let more = vec![1u8; 3 << 20];
            assert!(more.iter().all(|byte| *byte == 1));
            input.clone()
        }
        "text" => "Hello, this is no JSON. ä".into(),
        "bytes" => {
            std::io::stdout().write_all(b"[\"\xff\"]").unwrap();
            return;
        }
        "nothing" => return,
        "lines" => {
            let mut errors = std::io::stderr();
            for part in [&b"first\nsec"[..], b"ond \xc3", b"\xa4\n\nwrong \xff\nlast"] {
                errors.write_all(part).unwrap();
            }
            "null".into()
        }
        "exit" => {
            eprintln!("reading the list\nno such word: {}", member(&input, "name"));
            println!("lost");
            std::process::exit(3);
        }
        "deep" => deep(500).to_string(),
        "panic" => panic!("this is a panic"),
        other => panic!("what is {other:?}?"),
    };
    println!("{output}");
}
