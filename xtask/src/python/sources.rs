//! The sources of CPython, zlib and the time zones: fetched, checked, unpacked, patched.
//!
//! CPython and zlib come out of the mirror of Debian's archive that the machine is set up for. Its address stands in the machine's own
//! configuration and nowhere here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::engines::make_folder;
use crate::patches;
use crate::process::{self, Failure};

/// What apt fetches files with; it knows the machine's proxies.
const APT_HELPER: &str = "/usr/lib/apt/apt-helper";

/// How long the first and each further attempt waits before it asks a mirror.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(10)];

/// Unpacks and patches all sources into a folder whose name changes with them; nothing is done if it is there. `python` has pip.
pub fn unpack(root: &Path, into: &Path, python: &Path) -> Result<PathBuf, Failure> {
    let guest = root.join("guests/python");
    let pinned = read(&guest.join("sources.txt"))?;
    let zones = read(&guest.join("tzdata.txt"))?;
    let mut inputs = patches::files(&guest.join("patches"), &["patch"])?;
    inputs.extend([("sources".to_owned(), pinned.clone()), ("tzdata".to_owned(), zones)]);
    inputs.push(("unpack".to_owned(), read(&root.join("xtask/python/unpack.py"))?));
    let folder = into.join(format!("sources-{:016x}", patches::digest(&inputs)));
    if folder.join("complete").exists() {
        return Ok(folder);
    }
    remove(&folder)?;
    make_folder(&folder)?;
    for line in pinned.lines().filter(|line| !line.starts_with('#')) {
        let [pool, digest, name] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(Failure::new(format!(
                "guests/python/sources.txt: `{line}` is not a path, a digest and a folder"
            )));
        };
        let archive = fetch(pool, digest, into)?;
        unpacked(root, python, &archive, digest, &folder.join(name))?;
    }
    let (wheel, digest) = tzdata(root, into, python)?;
    unpacked(root, python, &wheel, &digest, &folder.join("tzdata"))?;
    patches::change(&folder.join("cpython"), &guest.join("patches"))?;
    write(&folder.join("complete"), "")?;
    Ok(folder)
}

fn unpacked(root: &Path, python: &Path, archive: &Path, digest: &str, to: &Path) -> Result<(), Failure> {
    let mut command = Command::new(python);
    process::run(command.arg(root.join("xtask/python/unpack.py")).arg(archive).arg(digest).arg(to))
}

/// Where an archive is: in the folder that `BELLJAR_SOURCES` names, or fetched.
fn fetch(pool: &str, digest: &str, into: &Path) -> Result<PathBuf, Failure> {
    let name = pool.rsplit('/').next().unwrap_or(pool);
    if let Some(folder) = std::env::var_os("BELLJAR_SOURCES") {
        let archive = Path::new(&folder).join(name);
        if archive.is_file() {
            return Ok(archive);
        }
    }
    let folder = into.join("archives");
    make_folder(&folder)?;
    let archive = folder.join(name);
    if archive.is_file() {
        return Ok(archive);
    }
    let otherwise = format!(
        "the Python engine is built from {name}: put that file (SHA-256 {digest}) into a folder and name the folder in BELLJAR_SOURCES"
    );
    if !Path::new(APT_HELPER).is_file() {
        return Err(Failure::new(format!("this machine has no apt to fetch it with. {otherwise}")));
    }
    let mirrors = mirrors();
    // A mirror that does not answer at once may do so a moment later.
    for (pause, mirror) in PAUSES.into_iter().flat_map(|pause| mirrors.iter().map(move |mirror| (pause, mirror))) {
        std::thread::sleep(pause);
        let mut helper = Command::new(APT_HELPER);
        helper.args(["-q", "download-file", &format!("{}/{pool}", mirror.trim_end_matches('/'))]);
        helper.arg(&archive).arg(format!("SHA256:{digest}"));
        // The address is the machine's own business, so it is not shown.
        if process::ask(&mut helper).is_some() && archive.is_file() {
            return Ok(archive);
        }
    }
    Err(Failure::new(format!("none of the {} mirrors that apt is set up for has it. {otherwise}", mirrors.len())))
}

/// The addresses of the archives that apt is set up for.
fn mirrors() -> Vec<String> {
    let mut texts = vec![fs::read_to_string("/etc/apt/sources.list").unwrap_or_default()];
    if let Ok(folder) = fs::read_dir("/etc/apt/sources.list.d") {
        let mut paths: Vec<PathBuf> = folder.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        paths.sort();
        texts.extend(paths.iter().filter_map(|path| fs::read_to_string(path).ok()));
    }
    mirrors_of(&texts.concat())
}

/// The addresses in lists of either form: `deb [options] URI suite …`, or a field `URIs:`.
fn mirrors_of(lists: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in lists.lines() {
        let line = line.trim();
        let uris = match line.split_once(char::is_whitespace) {
            Some(("deb" | "deb-src" | "URIs:", rest)) => rest,
            _ => continue,
        };
        for word in uris.split_whitespace() {
            if word.contains("://") && !found.iter().any(|uri| uri == word) {
                found.push(word.to_owned());
            }
        }
    }
    found
}

/// Fetches the wheel that `tzdata.txt` pins; where it is, and its digest.
fn tzdata(root: &Path, into: &Path, python: &Path) -> Result<(PathBuf, String), Failure> {
    let pinned = root.join("guests/python/tzdata.txt");
    let text = read(&pinned)?;
    let line = text.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
    let (Some((version, _)), Some((_, digest))) = (line.split_once(' '), line.split_once("sha256:")) else {
        return Err(Failure::new(format!("{}: it pins no package with a digest", pinned.display())));
    };
    let folder = into.join("archives");
    let wheel = folder.join(format!("{}-py2.py3-none-any.whl", version.replace("==", "-")));
    if !wheel.is_file() {
        make_folder(&folder)?;
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps"]);
        process::run(pip.args(["--only-binary", ":all:", "--dest"]).arg(&folder).arg("-r").arg(&pinned))?;
    }
    Ok((wheel, digest.trim().to_owned()))
}

/// Removes a folder, if it is there.
pub fn remove(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("{}: {error}", folder.display())))
        }
        _ => Ok(()),
    }
}

pub fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

pub fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::mirrors_of;

    #[test]
    fn mirrors_are_found_in_lists_of_both_forms() {
        let lists = "# deb http://old.test/debian stable main\n\
                     deb [arch=amd64 signed-by=/k.gpg] http://one.test/debian stable main\n\
                     deb-src http://one.test/debian stable main\n\
                     Types: deb\nURIs: http://two.test/debian http://three.test/debian/\nSuites: stable\n";
        assert_eq!(
            mirrors_of(lists),
            ["http://one.test/debian", "http://two.test/debian", "http://three.test/debian/"]
        );
    }
}
