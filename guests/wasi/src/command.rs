//! The form in which a command is a tool: a core module that `belljar-compile` joins to it.
//!
//! Both have one memory. The adapter's part begins at 0 and the command's at [`BASE`]; joining adds that to every address that the
//! command uses, and puts the functions `guest.size` and `guest.grow` in place of its `memory.size` and `memory.grow`. So the command sees a
//! memory of its own. Standard input is the tool's input, standard output its output, standard error the console.

mod attic;
mod text;

use core::cell::{Cell, RefCell};

use crate::directory::Listing;
use crate::errno::Errno;
use crate::lines::{Lines, lossy};
use crate::memory::Span;
use crate::single::Single;
use crate::{json, room, world};

/// Where the command's address 0 is (2 MiB). `belljar-compile` has the same number.
pub(crate) const BASE: usize = 2 << 20;

/// Bytes of the tool's name, as of all names of tools.
pub(crate) const NAME: usize = 64;

/// Bytes of an output that is no JSON which a message shows.
const SHOWN: usize = 200;

/// Bytes of a message of the adapter's own.
const MESSAGE: usize = 4096;

// What joining makes, of the command.
#[link(wasm_import_module = "guest")]
unsafe extern "C" {
    /// Its start function, if it has one, then `_start`.
    #[link_name = "start"]
    safe fn guest_start();
    /// Pages that its memory begins with, and may have.
    #[link_name = "pages"]
    pub(crate) safe fn guest_pages() -> u32;
    #[link_name = "most"]
    pub(crate) safe fn guest_most() -> u32;
    /// Writes the tool's name, of at most [`NAME`] bytes; how many it has.
    #[link_name = "name"]
    fn guest_name(at: *mut u8) -> usize;
}

static BEGUN: Single<Cell<bool>> = Single::cell(false);
static ROOT: Single<RefCell<Listing>> = Single::shared(Listing::START);
static LINES: Single<RefCell<Lines>> = Single::shared(Lines::NEW);
static LINE: Single<RefCell<[u8; 16 << 10]>> = Single::shared([0; 16 << 10]);

/// There is a world as long as there is a command.
pub(crate) fn awake() -> Result<(), Errno> {
    Ok(())
}

/// Bytes of memory that the command has.
pub(crate) fn size() -> u64 {
    u64::from(attic::pages()) << 16
}

/// The tool's name.
pub(crate) fn name(into: &mut [u8; NAME]) -> &[u8] {
    // SAFETY: there is room for the longest.
    let length = unsafe { guest_name(into.as_mut_ptr()) };
    into.get(..length).unwrap_or_default()
}

/// The next bytes of standard input.
pub(crate) fn input(span: Span) -> usize {
    text::input(span)
}

/// How much of it there is.
pub(crate) fn input_left() -> usize {
    text::input_left()
}

/// Writes to standard output.
pub(crate) fn output(span: Span) -> Result<(), Errno> {
    text::output(span)
}

/// Writes to standard error.
pub(crate) fn errors(span: Span) {
    let (mut lines, mut done, mut part) = (LINES.borrow_mut(), 0, [0; 256]);
    while done < span.len() {
        let count = span.part(done, part.len()).read(&mut part);
        lines.write(part.get(..count).unwrap_or_default(), show);
        done += count;
    }
}

/// Does something with how far the root was listed.
pub(crate) fn root<T>(act: impl FnOnce(&mut Listing) -> T) -> T {
    act(&mut ROOT.borrow_mut())
}

/// Shows a line on the console.
fn show(line: &[u8]) {
    let mut whole = LINE.borrow_mut();
    let length = lossy(line, whole.as_mut_slice());
    // SAFETY: so many bytes are UTF-8.
    unsafe { world::console(world::ERROR, whole.as_ptr(), length) };
}

/// A message, cut where there is no more room.
struct Message {
    bytes: [u8; MESSAGE],
    length: usize,
}

impl Message {
    const NEW: Message = Message { bytes: [0; MESSAGE], length: 0 };

    /// Adds a text, whose last character is left away if it is cut.
    fn text(&mut self, text: &[u8]) -> &mut Self {
        self.length += lossy(text, self.bytes.get_mut(self.length..).unwrap_or_default());
        self
    }

    fn number(&mut self, number: usize) -> &mut Self {
        let (mut digits, mut at, mut left) = ([0; 20], 20, number);
        loop {
            at -= 1;
            if let Some(digit) = digits.get_mut(at) {
                *digit = b'0' + (left % 10) as u8;
            }
            left /= 10;
            if left == 0 {
                break;
            }
        }
        self.text(digits.get(at..).unwrap_or_default())
    }
}

/// `fault-kind.failed` and `fault-kind.crashed`
const FAILED: usize = 0;
const CRASHED: usize = 1;

static CODE: Single<RefCell<Message>> = Single::shared(Message::NEW);
static MESSAGE_TEXT: Single<RefCell<Message>> = Single::shared(Message::NEW);

/// How it ended: `result<string, fault>`, flat.
fn outcome(code: u32) -> [usize; 8] {
    LINES.borrow_mut().flush(show);
    let (mut word, mut message) = (CODE.borrow_mut(), MESSAGE_TEXT.borrow_mut());
    let kind = if code == 0 {
        let text = text::written();
        if text.is_empty() {
            return [0, "null".as_ptr() as usize, 4, 0, 0, 0, 0, 0];
        }
        let (at, why) = match (core::str::from_utf8(text), json::error(text)) {
            (Err(error), _) => (error.valid_up_to(), "UTF-8"),
            (Ok(_), Some(at)) => (at, "JSON"),
            (Ok(_), None) => return [0, text.as_ptr() as usize, text.len(), 0, 0, 0, 0, 0],
        };
        word.text(b"output");
        message.text(b"what the command wrote to standard output is not ").text(why.as_bytes());
        message.text(b" (at byte ").number(at).text(b"); it begins with: ").text(whole(text, SHOWN));
        CRASHED
    } else {
        word.text(b"exit-").number(code as usize);
        message.text(b"the command ended with exit code ").number(code as usize);
        let lines = LINES.borrow();
        match lines.last().trim_ascii() {
            b"" => message.text(b", and wrote nothing to standard error"),
            last => message.text(b": ").text(last),
        };
        FAILED
    };
    let address = |text: &Message| text.bytes.as_ptr() as usize;
    [1, kind, address(&word), word.length, address(&message), message.length, 1, 0]
}

/// The beginning of a text, up to a whole character.
fn whole(text: &[u8], most: usize) -> &[u8] {
    let part = text.get(..most).unwrap_or(text);
    let end = match core::str::from_utf8(part) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => part.len(),
    };
    part.get(..end).unwrap_or_default()
}

/// Ends the run from wherever the command is.
pub(crate) fn exit(code: u32) -> ! {
    let [failed, a, b, c, message, length, stack, none] = outcome(code);
    // SAFETY: the texts lie in static memory, or are the output.
    unsafe { world::end(failed as u32, a, b, c, message, length, stack, none) }
}

/// What `run` returned, in memory.
static RESULT: Single<Cell<[usize; 8]>> = Single::cell([0; 8]);

// SAFETY: no other function has one of these names.
#[unsafe(export_name = "run")]
extern "C" fn run(at: usize, length: usize) -> *const [usize; 8] {
    BEGUN.set(true);
    text::begin(at, length);
    guest_start();
    // In memory it lies as it is passed.
    RESULT.set(outcome(0));
    RESULT.as_ptr()
}

#[unsafe(export_name = "cabi_realloc")]
extern "C" fn reallocate(_old: usize, _old_size: usize, align: usize, size: usize) -> usize {
    if BEGUN.get() { room::allocate(align, size) } else { text::input_room(size) }
}

#[unsafe(export_name = "guest.size")]
extern "C" fn guest_size() -> u32 {
    attic::pages()
}

#[unsafe(export_name = "guest.grow")]
extern "C" fn guest_grow(by: u32) -> u32 {
    attic::grow(by)
}
