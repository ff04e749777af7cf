//! A tree of real directories: opened step by step, each by its name in the handle of the one before.

use belljar_core::FilesAct;
use belljar_core::abi::{FileEntry, FileKind, WriteMode};
use belljar_core::effects::{Directory, Granted, Part, Tree, Trouble};
use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    File, FileSystemCreateWritableOptions, FileSystemDirectoryHandle, FileSystemFileHandle,
    FileSystemGetDirectoryOptions, FileSystemGetFileOptions, FileSystemHandle, FileSystemHandleKind,
    FileSystemWritableFileStream,
};

use super::exception::{explain, unopened};
use super::watch::{self, Watch};

/// Files whose sizes are asked for at once.
const AT_ONCE: usize = 64;

/// The directories below a handle, for one act.
pub(super) struct Handles<'a> {
    pub(super) root: &'a FileSystemDirectoryHandle,
    /// Whether the run was ended by somebody else: then nothing more is written.
    pub(super) is_abandoned: &'a dyn Fn() -> bool,
}

impl Tree for Handles<'_> {
    type Directory<'a>
        = Opened<'a>
    where
        Self: 'a;

    async fn open<'a>(&'a self, act: &'a FilesAct) -> Result<Granted<Opened<'a>>, Trouble> {
        let watch = Watch::new(act, self.root).await?;
        watch.asked()?;
        let mut opened = Opened { tree: self, handle: self.root.clone(), watch };
        let host = watch::steps(&act.host);
        let Some((last, parents)) = host.split_last() else {
            next(&self.root.keys()).await.map_err(|e| unopened(explain(&e, Trouble::Missing)))?;
            opened.watch.mount();
            return Ok(Granted { directory: opened, file: None });
        };
        for step in parents {
            opened = opened.enter(step).await.map_err(unopened)?;
        }
        match file(&opened.handle, last).await {
            Err(Trouble::IsADirectory) => {
                opened = opened.enter(last).await.map_err(unopened)?;
                opened.watch.mount();
                Ok(Granted { directory: opened, file: None })
            }
            Ok(_) => {
                opened.watch.enter(&opened.handle, last).await?;
                Ok(Granted { directory: opened, file: Some((*last).to_owned()) })
            }
            Err(trouble) => Err(unopened(trouble)),
        }
    }
}

/// An open directory.
pub(super) struct Opened<'a> {
    tree: &'a Handles<'a>,
    handle: FileSystemDirectoryHandle,
    watch: Watch<'a>,
}

impl Opened<'_> {
    /// Puts bytes into a file, whole: what is there stays until the stream is closed.
    async fn put(&self, file: &FileSystemFileHandle, bytes: &[u8], append: bool) -> Result<(), Trouble> {
        let size = if append { content(file).await?.size() } else { 0.0 };
        let options = FileSystemCreateWritableOptions::new();
        options.set_keep_existing_data(append);
        let stream = file.create_writable_with_options(&options).await.map_err(|e| failed(&e))?;
        let stream: FileSystemWritableFileStream = stream.unchecked_into();
        let filled = fill(&stream, size, bytes).await.map_err(|e| failed(&e)).and_then(|()| self.goes_on());
        if let Err(trouble) = filled {
            // What cannot be aborted is not closed either.
            let _ = stream.abort().await;
            return Err(trouble);
        }
        stream.close().await.map(drop).map_err(|e| failed(&e))
    }

    /// Nothing is written for a run that was ended.
    fn goes_on(&self) -> Result<(), Trouble> {
        if (self.tree.is_abandoned)() { Err(Trouble::Other("the run was ended".into())) } else { Ok(()) }
    }
}

impl Directory for Opened<'_> {
    async fn enter(mut self, name: &str) -> Result<Self, Trouble> {
        let entered = directory(&self.handle, name).await?;
        self.watch.enter(&self.handle, name).await?;
        self.handle = entered;
        Ok(self)
    }

    async fn judge(&self, name: Option<&str>) -> Result<(), Trouble> {
        self.watch.judge(&self.handle, name).await
    }

    async fn stat(&self, name: Option<&str>) -> Result<FileEntry, Trouble> {
        let Some(name) = name else {
            next(&self.handle.keys()).await.map_err(|e| failed(&e))?;
            return Ok(entry(String::new(), None));
        };
        match file(&self.handle, name).await {
            Ok(file) => Ok(entry(name.to_owned(), Some(content(&file).await?.size()))),
            Err(Trouble::IsADirectory) => Ok(entry(name.to_owned(), None)),
            Err(trouble) => Err(trouble),
        }
    }

    async fn read(&self, name: &str, part: Part) -> Result<Vec<u8>, Trouble> {
        let content = content(&file(&self.handle, name).await?).await?;
        let part = part.of(content.size() as u64)?;
        let slice = content.slice_with_f64_and_f64(part.start as f64, part.end as f64).map_err(|e| failed(&e))?;
        Ok(Uint8Array::new(&slice.array_buffer().await.map_err(|e| failed(&e))?).to_vec())
    }

    async fn write(&self, name: &str, bytes: &[u8], mode: WriteMode) -> Result<(), Trouble> {
        let (file, is_new) = match (file(&self.handle, name).await, mode) {
            (Ok(_) | Err(Trouble::IsADirectory), WriteMode::Create) => return Err(Trouble::Exists),
            (Ok(file), _) => (file, false),
            (Err(Trouble::Missing), _) => {
                self.goes_on()?;
                (make_file(&self.handle, name).await?, true)
            }
            (Err(trouble), _) => return Err(trouble),
        };
        let written = self.put(&file, bytes, mode == WriteMode::Append).await;
        if written.is_err() && is_new && content(&file).await.is_ok_and(|content| content.size() == 0.0) {
            // It is there only because it could not be written.
            let _ = self.handle.remove_entry(name).await;
        }
        written
    }

    async fn list(&self, most: usize) -> Result<Vec<FileEntry>, Trouble> {
        let mut handles = Vec::new();
        let values = self.handle.values();
        while handles.len() < most {
            let Some(handle) = next(&values).await.map_err(|e| failed(&e))? else { break };
            handles.push(handle.unchecked_into::<FileSystemHandle>());
        }
        let mut entries = Vec::with_capacity(handles.len());
        for handles in handles.chunks(AT_ONCE) {
            sizes(handles, &mut entries).await.map_err(|e| failed(&e))?;
        }
        Ok(entries)
    }

    async fn remove(&self, name: &str) -> Result<(), Trouble> {
        // Without `recursive` a directory that is not empty stays.
        self.handle.remove_entry(name).await.map(drop).map_err(|e| failed(&e))
    }

    async fn make_directory(&self, name: &str) -> Result<(), Trouble> {
        match directory(&self.handle, name).await {
            Ok(_) | Err(Trouble::NotADirectory(_)) => return Err(Trouble::Exists),
            Err(Trouble::Missing) => self.goes_on()?,
            Err(trouble) => return Err(trouble),
        }
        let options = FileSystemGetDirectoryOptions::new();
        options.set_create(true);
        let made = self.handle.get_directory_handle_with_options(name, &options).await;
        made.map(drop).map_err(|e| explain(&e, Trouble::Exists))
    }
}

/// What is next, unless that was all.
pub(super) async fn next(entries: &js_sys::AsyncIterator) -> Result<Option<JsValue>, JsValue> {
    let next = entries.next_iterator()?.await?;
    Ok(if next.done() { None } else { Some(next.value()) })
}

pub(super) async fn directory(
    parent: &FileSystemDirectoryHandle,
    name: &str,
) -> Result<FileSystemDirectoryHandle, Trouble> {
    let found = parent.get_directory_handle(name).await;
    found.map(JsCast::unchecked_into).map_err(|e| explain(&e, Trouble::NotADirectory(name.to_owned())))
}

pub(super) async fn file(parent: &FileSystemDirectoryHandle, name: &str) -> Result<FileSystemFileHandle, Trouble> {
    let found = parent.get_file_handle(name).await;
    found.map(JsCast::unchecked_into).map_err(|e| explain(&e, Trouble::IsADirectory))
}

async fn make_file(parent: &FileSystemDirectoryHandle, name: &str) -> Result<FileSystemFileHandle, Trouble> {
    let options = FileSystemGetFileOptions::new();
    options.set_create(true);
    let made = parent.get_file_handle_with_options(name, &options).await;
    made.map(JsCast::unchecked_into).map_err(|e| explain(&e, Trouble::IsADirectory))
}

/// What a file holds at this moment. Nothing of it is loaded.
async fn content(file: &FileSystemFileHandle) -> Result<File, Trouble> {
    file.get_file().await.map(JsCast::unchecked_into).map_err(|e| failed(&e))
}

async fn fill(stream: &FileSystemWritableFileStream, at: f64, bytes: &[u8]) -> Result<(), JsValue> {
    stream.seek_with_f64(at)?.await?;
    // A copy: this memory can move before the browser has taken it.
    stream.write_with_js_u8_array(&Uint8Array::from(bytes))?.await?;
    Ok(())
}

/// Adds the entries of some handles. A file that vanished meanwhile is not there.
async fn sizes(handles: &[FileSystemHandle], entries: &mut Vec<FileEntry>) -> Result<(), JsValue> {
    let is_file = |handle: &&FileSystemHandle| handle.kind() == FileSystemHandleKind::File;
    let asked = handles.iter().filter(is_file).map(|handle| handle.unchecked_ref::<FileSystemFileHandle>().get_file());
    let mut answers = Promise::all_settled(&asked.collect::<Array>()).await?.unchecked_into::<Array>().into_iter();
    for handle in handles {
        if !is_file(&handle) {
            entries.push(entry(handle.name(), None));
            continue;
        }
        let answer = answers.next().unwrap_or_default();
        let content = Reflect::get(&answer, &"value".into())?;
        if let Some(content) = content.dyn_ref::<File>() {
            entries.push(entry(handle.name(), Some(content.size())));
        } else if !matches!(explain(&Reflect::get(&answer, &"reason".into())?, Trouble::Missing), Trouble::Missing) {
            entries.push(FileEntry { name: handle.name(), kind: FileKind::Other, size: 0 });
        }
    }
    Ok(())
}

/// The entry of a file of that size, or else of a directory.
fn entry(name: String, size: Option<f64>) -> FileEntry {
    let kind = if size.is_some() { FileKind::File } else { FileKind::Directory };
    FileEntry { name, kind, size: size.unwrap_or_default() as u64 }
}

fn failed(error: &JsValue) -> Trouble {
    explain(error, Trouble::Special)
}
