//! A folder that the page holds in memory: what a person dropped into it, and what tools wrote.

use std::rc::Rc;

use belljar_core::effects::MemoryTree;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

/// Bytes that one folder may hold (256 MiB): it lies in the page's memory.
const FOLDER: u64 = 256 << 20;

/// A folder of files in the page's memory, shared by the page and the runs that it grants it to.
#[wasm_bindgen]
#[derive(Clone, Debug)]
pub struct Folder(Rc<MemoryTree>);

impl Default for Folder {
    fn default() -> Self {
        Folder(Rc::new(MemoryTree::new(FOLDER)))
    }
}

impl Folder {
    /// What file requests are performed on.
    pub(crate) fn tree(&self) -> Rc<MemoryTree> {
        self.0.clone()
    }
}

#[wasm_bindgen]
impl Folder {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Folder {
        Folder::default()
    }

    /// Puts a file, and the directories that it is in.
    pub fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), JsError> {
        Ok(self.0.put(path, bytes)?)
    }

    /// Makes a directory, and those that it is in.
    #[wasm_bindgen(js_name = makeDirectory)]
    pub fn make_directory(&self, path: &str) -> Result<(), JsError> {
        Ok(self.0.make_directory(path)?)
    }

    /// The file's bytes, if there is one.
    pub fn get(&self, path: &str) -> Option<Uint8Array> {
        self.0.get(path).map(|bytes| Uint8Array::from(bytes.as_slice()))
    }

    /// Bytes of a file, or of a directory with what is in it; nothing if it does not exist.
    pub fn size(&self, path: &str) -> Option<f64> {
        self.0.size(path).map(|size| size as f64)
    }

    /// Removes a file, or a directory with what is in it; whether there was one.
    pub fn remove(&self, path: &str) -> bool {
        self.0.remove(path)
    }

    /// The paths of all files, in their order.
    pub fn list(&self) -> Vec<String> {
        self.0.list()
    }
}
