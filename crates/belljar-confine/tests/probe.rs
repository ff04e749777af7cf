//! What a process can still do once it has shut itself in: it tries, and says what came of it.

#![expect(clippy::expect_used, reason = "a test fails by them")]

use std::error::Error;
use std::io::Read;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use belljar_confine::{Bounds, Room, Walls, build, can_build, compute};

/// Memory for the probes.
const MEMORY: u64 = 256 << 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let role: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match role.as_slice() {
        ["probe:compute", port] => probe_compute(port),
        ["probe:memory"] => probe_memory(),
        ["probe:time"] => probe_time(),
        ["probe:build", port, parent, given, target] => {
            probe_build(port, parent.parse().unwrap_or(0), Path::new(given), Path::new(target));
        }
        _ if cfg!(target_os = "linux") && can_build() => {
            // One process after the other; each panics where something is not as it should be.
            computing();
            memory_ends();
            time_ends();
            building();
            println!("test result: ok. 4 passed");
        }
        _ => println!("test result: ok. nothing to test: this system has no walls"),
    }
    ExitCode::SUCCESS
}

/// Starts this program again.
fn again(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.args(arguments).env_clear().stdin(Stdio::null()).stderr(Stdio::piped()).stdout(Stdio::piped());
    command
}

fn said(mut command: Command) -> Vec<String> {
    let output = command.output().expect("the probe starts");
    assert!(output.status.success(), "{:?} {}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn tell<T>(what: &str, tried: Result<T, impl Error>) {
    println!("{what}: {}", if tried.is_ok() { "done" } else { "refused" });
}

fn probe_compute(port: &str) {
    let walls = compute(&Bounds { memory: MEMORY, seconds: 10, file: 0 }).expect("it shuts itself in");
    assert_eq!(walls, Walls::Closed);
    println!("environment: {}", std::env::vars_os().count());
    tell("read a file", std::fs::read("/etc/hostname"));
    tell("read its own memory map", std::fs::read("/proc/self/maps"));
    tell("list a folder", std::fs::read_dir("/"));
    tell("look at a file", std::fs::metadata("/etc/hostname"));
    tell("write a file", std::fs::write("/tmp/belljar-probe", "x"));
    tell("remove a file", std::fs::remove_file("/tmp/belljar-probe"));
    tell("connect", TcpStream::connect(format!("127.0.0.1:{port}")));
    tell("open a socket", UdpSocket::bind("127.0.0.1:0"));
    #[cfg(unix)]
    tell("pair sockets", std::os::unix::net::UnixStream::pair());
    tell("start a program", Command::new("/bin/true").status());
    #[cfg(unix)]
    {
        tell(
            "kill its parent",
            rustix::process::test_kill_process(rustix::process::getppid().expect("it has a parent")),
        );
        tell("leave its session", rustix::process::setsid());
        tell("raise a limit", {
            let limit = rustix::process::Rlimit { current: Some(1 << 40), maximum: Some(1 << 40) };
            rustix::process::setrlimit(rustix::process::Resource::Data, limit)
        });
    }
    // What computing needs is left.
    let sum = std::thread::spawn(|| vec![1u8; 32 << 20].iter().map(|byte| u64::from(*byte)).sum::<u64>());
    println!("compute: {}", sum.join().expect("threads work"));
}

fn computing() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let said = said(again(&["probe:compute", &port]));
    assert_eq!(said.first().map(String::as_str), Some("environment: 0"));
    assert_eq!(said.last().map(String::as_str), Some("compute: 33554432"));
    let tried = said.get(1..said.len() - 1).unwrap_or_default();
    assert!(tried.len() >= 10, "{said:?}");
    for line in tried {
        assert!(line.ends_with(": refused"), "{line}");
    }
    listener.set_nonblocking(true).expect("it can be asked");
    assert!(listener.accept().is_err(), "nobody has connected");
}

fn probe_memory() {
    compute(&Bounds { memory: MEMORY, seconds: 10, file: 0 }).expect("it shuts itself in");
    let mut kept = Vec::new();
    loop {
        kept.push(vec![1u8; 16 << 20]);
        println!("{}", kept.len());
    }
}

fn memory_ends() {
    let output = again(&["probe:memory"]).output().expect("the probe starts");
    assert!(!output.status.success());
    let most = String::from_utf8_lossy(&output.stdout).lines().count();
    assert!((1..=16).contains(&most), "{most} times 16 MiB");
}

fn probe_time() {
    compute(&Bounds { memory: MEMORY, seconds: 1, file: 0 }).expect("it shuts itself in");
    loop {
        std::hint::spin_loop();
    }
}

fn time_ends() {
    assert!(!again(&["probe:time"]).output().expect("the probe starts").status.success());
}

fn probe_build(port: &str, parent: u32, given: &Path, target: &Path) {
    let read = ["/bin", "/usr/bin", "/lib", "/lib64", "/usr/lib", "/etc/ld.so.cache"].map(PathBuf::from);
    let mut room = Room { read: read.to_vec(), write: vec![target.to_owned()], devices: vec!["/dev/null".into()] };
    room.read.push(given.to_owned());
    build(&Bounds { memory: MEMORY, seconds: 10, file: 1 << 20 }, &room, parent).expect("it shuts itself in");
    let inherited: String = std::fs::read_to_string(given.join("given")).expect("what was given can be read");
    println!("given: {inherited}");
    tell("read a file", std::fs::read("/etc/hostname"));
    tell("read by a link", std::fs::read(given.join("link")));
    tell("read another's environment", std::fs::read("/proc/self/environ"));
    tell("list a folder", std::fs::read_dir("/etc"));
    tell("write what was given", std::fs::write(given.join("given"), "other"));
    tell("write elsewhere", std::fs::write("/tmp/belljar-probe", "x"));
    tell("connect", TcpStream::connect(format!("127.0.0.1:{port}")));
    tell("open a socket", UdpSocket::bind("127.0.0.1:0"));
    let cat = |path: &str| Command::new("/bin/cat").arg(path).stderr(Stdio::null()).output();
    let read = cat("/etc/hostname").map(|output| output.stdout.len());
    println!("a child reads: {read:?}");
    std::fs::write(target.join("made"), "made").expect("the folder can be written");
    println!("a child reads what was made: {:?}", cat(&target.join("made").to_string_lossy()).map(|o| o.stdout.len()));
}

fn building() {
    let folder = tempfile::tempdir().expect("a folder");
    let (given, target) = (folder.path().join("given"), folder.path().join("target"));
    for path in [&given, &target] {
        std::fs::create_dir(path).expect("a folder");
    }
    std::fs::write(given.join("given"), "this").expect("a file");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/hostname", given.join("link")).expect("a link");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let own = std::process::id().to_string();
    let (given, target) = (given.to_string_lossy().into_owned(), target.to_string_lossy().into_owned());
    let said = said(again(&["probe:build", &port, &own, &given, &target]));
    assert_eq!(said.first().map(String::as_str), Some("given: this"));
    let tried: Vec<&String> = said.iter().filter(|line| line.ends_with(": done")).collect();
    assert!(tried.is_empty(), "{tried:?}");
    assert_eq!(
        said.get(9..),
        Some(&["a child reads: Ok(0)".to_owned(), "a child reads what was made: Ok(4)".to_owned()][..])
    );
    listener.set_nonblocking(true).expect("it can be asked");
    assert!(listener.accept().is_err(), "nobody has connected");
    // Without its parent it does not begin.
    let mut orphan = again(&["probe:build", &port, "1", &given, &target]).spawn().expect("the probe starts");
    let mut text = String::new();
    orphan.stdout.take().map(|mut out| out.read_to_string(&mut text));
    assert!(!orphan.wait().expect("it ends").success() && text.is_empty(), "{text}");
}
