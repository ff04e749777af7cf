//! What was opened, compared with what stricter rules name: by the names that directories list.
//!
//! A name is not a file. Some disks take `PRIVATE` and `private` for one name, or composed and decomposed letters, and a browser opens
//! what the disk opens. It tells no identities, but it lists a directory's own spelling. Where rules are stricter about some
//! names, a name that opens something and is not listed is judged by the listed one; if none is found, it is refused.

use belljar_core::effects::Trouble;
use belljar_core::{FilesAct, capability};
use belljar_policy::{Place, fold};
use wasm_bindgen::JsValue;
use web_sys::FileSystemDirectoryHandle;

use super::exception::explain;
use super::handles::{directory, file, next};

/// Stricter rules of one act, and where it is.
pub(super) struct Watch<'a> {
    act: &'a FilesAct,
    places: Vec<(Place<'a>, Vec<Step>)>,
    /// Whether there are stricter rules at all; otherwise nothing is looked at.
    on: bool,
    /// The way from the handle that the page was given.
    way: Vec<Step>,
    /// How many steps of it lead to what is granted.
    granted: usize,
}

/// A name on the way.
#[derive(Clone)]
struct Step {
    name: String,
    /// Its directory lists it under this very name. Otherwise there is nothing yet, or it is not known.
    is_listed: bool,
}

impl Step {
    fn unlisted(name: &str) -> Step {
        Step { name: name.to_owned(), is_listed: false }
    }

    /// Whether both can be one entry of a directory.
    fn may_be(&self, other: &Step) -> bool {
        let are_two = self.is_listed && other.is_listed;
        self.name == other.name || !are_two && fold(&self.name) == fold(&other.name)
    }
}

impl<'a> Watch<'a> {
    /// Looks up the places of rules that are stricter than what permitted the act.
    pub(super) async fn new(act: &'a FilesAct, root: &FileSystemDirectoryHandle) -> Result<Self, Trouble> {
        let (found, patterns) = act.guard.places();
        let on = patterns || !found.is_empty();
        let mut places = Vec::with_capacity(found.len());
        for place in found {
            let way = way(root, &names(place.host, &place.relative)).await?;
            places.push((place, way));
        }
        Ok(Watch { act, places, on, way: Vec::new(), granted: 0 })
    }

    /// What is asked for, as policy and tool spell it: it may lie in such a place, whether it is there or not.
    pub(super) fn asked(&self) -> Result<(), Trouble> {
        let own = names(&self.act.host, &self.act.relative);
        self.refuse(|place, _| own.starts_with(&names(place.host, &place.relative)))
    }

    /// What was entered so far is what is granted.
    pub(super) fn mount(&mut self) {
        self.granted = self.way.len();
    }

    /// A directory was opened on the way, or is the one that was asked for; or the single file that is granted was found.
    pub(super) async fn enter(&mut self, parent: &FileSystemDirectoryHandle, name: &str) -> Result<(), Trouble> {
        if self.on {
            self.way.push(spelled(parent, name).await?);
            self.passes(&self.way)?;
        }
        Ok(())
    }

    /// A name in the directory, or the directory itself, is about to be used.
    pub(super) async fn judge(&self, parent: &FileSystemDirectoryHandle, name: Option<&str>) -> Result<(), Trouble> {
        if !self.on {
            return Ok(());
        }
        let mut way = self.way.clone();
        if let Some(name) = name {
            way.push(spelled(parent, name).await?);
        }
        self.passes(&way)?;
        let guest = capability::path(&self.act.request);
        let mut listed = guest.strip_suffix(&self.act.relative).unwrap_or(guest).to_owned();
        for step in way.iter().skip(self.granted) {
            if !listed.ends_with('/') {
                listed.push('/');
            }
            listed.push_str(&step.name);
        }
        if listed == guest {
            return Ok(());
        }
        self.act.guard.listed(&self.act.request, &listed).map_err(Trouble::Refused)
    }

    fn passes(&self, own: &[Step]) -> Result<(), Trouble> {
        self.refuse(|_, place| own.len() >= place.len() && own.iter().zip(place).all(|(own, its)| own.may_be(its)))
    }

    fn refuse(&self, is: impl Fn(&Place<'_>, &[Step]) -> bool) -> Result<(), Trouble> {
        match self.places.iter().find(|(place, way)| is(place, way)) {
            Some((place, _)) => Err(Trouble::Refused(self.act.guard.found(&self.act.request, place))),
            None => Ok(()),
        }
    }
}

/// The names of a path, without those that name nothing.
pub(super) fn steps(path: &str) -> Vec<&str> {
    path.split('/').filter(|step| !matches!(*step, "" | ".")).collect()
}

fn names<'a>(host: &'a str, relative: &'a str) -> Vec<&'a str> {
    let mut names = steps(host);
    names.extend(steps(relative));
    names
}

/// The way that names lead, as far as there is something, as the directories spell it.
async fn way(root: &FileSystemDirectoryHandle, names: &[&str]) -> Result<Vec<Step>, Trouble> {
    let mut way = Vec::with_capacity(names.len());
    let mut parent = Some(root.clone());
    for name in names {
        let Some(within) = &parent else {
            way.push(Step::unlisted(name));
            continue;
        };
        let step = match spelled(within, name).await {
            Ok(step) => step,
            // What the browser does not take as a name it does not open under another one.
            Err(Trouble::Other(_)) => Step::unlisted(name),
            Err(trouble) => return Err(trouble),
        };
        parent = if step.is_listed { directory(within, name).await.ok() } else { None };
        way.push(step);
    }
    Ok(way)
}

/// A name as its directory spells it.
///
/// # Errors
///
/// It opens something that the directory does not list under any spelling of it.
async fn spelled(parent: &FileSystemDirectoryHandle, name: &str) -> Result<Step, Trouble> {
    if !exists(parent, name).await? {
        return Ok(Step::unlisted(name));
    }
    if !may_be_spelled_otherwise(parent, name).await {
        return Ok(Step { name: name.to_owned(), is_listed: true });
    }
    let (keys, folded) = (parent.keys(), fold(name));
    let mut alike = Vec::new();
    while let Some(key) = next(&keys).await.map_err(|e: JsValue| explain(&e, Trouble::Missing))? {
        let Some(key) = key.as_string() else { continue };
        if key == name {
            return Ok(Step { name: key, is_listed: true });
        }
        if fold(&key) == folded {
            alike.push(key);
        }
    }
    match alike.pop() {
        Some(listed) if alike.is_empty() => Ok(Step { name: listed, is_listed: true }),
        _ => Err(Trouble::Other(
            "its folder calls it otherwise, and it is not clear how; rules are stricter about some names here, so it is \
             not used"
                .into(),
        )),
    }
}

async fn exists(parent: &FileSystemDirectoryHandle, name: &str) -> Result<bool, Trouble> {
    match file(parent, name).await {
        Ok(_) | Err(Trouble::IsADirectory) => Ok(true),
        Err(Trouble::Missing) => Ok(false),
        Err(trouble) => Err(trouble),
    }
}

/// Whether the directory may take another name for this one. Reading all its names is slow where there are many, so it is
/// asked for the name in other letters first; names in which more than case can be folded are always looked up.
async fn may_be_spelled_otherwise(parent: &FileSystemDirectoryHandle, name: &str) -> bool {
    if !name.is_ascii() || name.contains(['~', ':']) || name.ends_with(['.', ' ']) {
        return true;
    }
    let swap = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    let swapped: String = name.chars().map(swap).collect();
    swapped == name || !matches!(exists(parent, &swapped).await, Ok(false))
}
