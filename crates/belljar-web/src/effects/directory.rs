//! A real folder that a person opened to the page, through the File System Access API: what tools write is on the disk.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::FileSystemDirectoryHandle;

/// A folder of the person's disk, or of the page's private files, shared by the runs that it is granted to. It does not ask for
/// the browser's permission: whoever opens the folder does.
#[wasm_bindgen]
#[derive(Clone, Debug)]
pub struct Directory(Rc<Inner>);

struct Inner {
    handle: FileSystemDirectoryHandle,
    /// Acts are performed one after the other, in the order of their requests: an act has several steps here.
    line: RefCell<VecDeque<Pin<Box<dyn Future<Output = ()>>>>>,
    busy: Cell<bool>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").field("handle", &self.handle).finish_non_exhaustive()
    }
}

#[wasm_bindgen]
impl Directory {
    /// The folder of a handle.
    #[wasm_bindgen(constructor)]
    pub fn new(handle: FileSystemDirectoryHandle) -> Result<Directory, JsError> {
        if !handle.is_instance_of::<FileSystemDirectoryHandle>() {
            return Err(JsError::new("a Directory needs a FileSystemDirectoryHandle"));
        }
        Ok(Directory(Rc::new(Inner { handle, line: RefCell::default(), busy: Cell::new(false) })))
    }

    /// The folder's own name.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.0.handle.name()
    }
}

impl Directory {
    /// What file requests are performed on.
    pub(crate) fn handle(&self) -> FileSystemDirectoryHandle {
        self.0.handle.clone()
    }

    /// Performs an act once those before it are done, whichever run asked for them.
    pub(crate) fn perform(&self, act: impl Future<Output = ()> + 'static) {
        self.0.line.borrow_mut().push_back(Box::pin(act));
        if self.0.busy.replace(true) {
            return;
        }
        let inner = self.0.clone();
        wasm_bindgen_futures::spawn_local(async move {
            loop {
                let next = inner.line.borrow_mut().pop_front();
                let Some(act) = next else { break };
                act.await;
            }
            inner.busy.set(false);
        });
    }
}
