//! A guest's linear memory as the host sees it: a borrowed view for reading, a planned block for writing.

use std::borrow::Cow;

use thiserror::Error;

/// How a guest broke the Canonical ABI. A run ends with it; it is never the host's fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// A pointer and length reach beyond the guest's memory.
    #[error("the tool passed a pointer outside its memory: {length} bytes at {pointer:#x}, memory has {size}")]
    OutOfBounds {
        /// Where the block starts.
        pointer: u32,
        /// How many bytes were named.
        length: u64,
        /// How many bytes the memory has.
        size: usize,
    },
    /// A pointer is not aligned as its type asks.
    #[error("the tool passed a misaligned pointer: {pointer:#x} is no multiple of {align}")]
    Misaligned {
        /// The pointer.
        pointer: u32,
        /// The alignment in bytes.
        align: u32,
    },
    /// A string is not UTF-8.
    #[error("the tool passed text that is not UTF-8 (at byte {0} of it)")]
    NotUtf8(usize),
    /// A discriminant names no case of its variant or enum.
    #[error("the tool passed discriminant {value} where only {cases} cases exist")]
    Discriminant {
        /// What was passed.
        value: u64,
        /// How many cases the type has.
        cases: u32,
    },
    /// Something is larger than the limit for one crossing of the boundary.
    #[error("the tool passed {size} bytes at once; the limit is {limit}")]
    TooLarge {
        /// The bytes that were named.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// `cabi_realloc` answered with a block that is unusable.
    #[error("the tool's cabi_realloc returned an unusable block")]
    Realloc,
}

/// A guest's memory that is not this program's to borrow: that of another WebAssembly instance.
pub trait Remote {
    /// How many bytes it has now.
    fn size(&self) -> usize;
    /// Copies the bytes from `at` on into `into`. The caller has checked that they exist.
    fn read(&self, at: u32, into: &mut [u8]);
}

/// A view of a guest's memory, with an allowance of bytes that may be copied out through it.
///
/// The allowance bounds what a guest can make the host allocate in one call: every byte copied
/// is charged before it is copied, and every list element is charged at least one byte.
pub struct Memory<'a> {
    bytes: Bytes<'a>,
    allowance: std::cell::Cell<u64>,
    limit: std::cell::Cell<u64>,
    text: std::cell::Cell<u64>,
}

enum Bytes<'a> {
    Here(&'a [u8]),
    Elsewhere(&'a dyn Remote),
}

impl std::fmt::Debug for Memory<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("size", &self.size()).field("allowance", &self.allowance).finish()
    }
}

impl<'a> Memory<'a> {
    /// The allowance of [`Memory::new`]: 64 MiB in one call.
    pub const ALLOWANCE: u64 = 64 << 20;

    /// A view with the usual allowance.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self::with_allowance(bytes, Self::ALLOWANCE)
    }

    /// A view through which at most `limit` bytes may be copied.
    pub fn with_allowance(bytes: &'a [u8], limit: u64) -> Self {
        Self::through(Bytes::Here(bytes), limit)
    }

    /// A view of another instance's memory, through which at most `limit` bytes may be copied.
    pub fn remote(remote: &'a dyn Remote, limit: u64) -> Self {
        Self::through(Bytes::Elsewhere(remote), limit)
    }

    fn through(bytes: Bytes<'a>, limit: u64) -> Self {
        let (allowance, text) = (limit.into(), limit.into());
        Memory { bytes, allowance, limit: limit.into(), text }
    }

    /// From here on, at most `total` bytes may be copied, and at most `text` bytes of one string.
    pub fn bound(&self, total: u64, text: u64) {
        self.allowance.set(total);
        self.limit.set(total);
        self.text.set(text);
    }

    /// How many bytes were copied since the bounds were set.
    pub fn used(&self) -> u64 {
        self.limit.get() - self.allowance.get()
    }

    /// Takes the bytes of a string from the allowance, unless it is too long by itself.
    pub fn charge_text(&self, size: u64) -> Result<(), Fault> {
        let limit = self.text.get();
        if size > limit {
            return Err(Fault::TooLarge { size, limit });
        }
        self.charge(size)
    }

    fn size(&self) -> usize {
        match self.bytes {
            Bytes::Here(bytes) => bytes.len(),
            Bytes::Elsewhere(remote) => remote.size(),
        }
    }

    /// Whether the bytes `pointer .. pointer + length` exist.
    pub fn check(&self, pointer: u32, length: u64) -> Result<(), Fault> {
        let size = self.size();
        match u64::from(pointer).checked_add(length) {
            Some(end) if end <= size as u64 => Ok(()),
            _ => Err(Fault::OutOfBounds { pointer, length, size }),
        }
    }

    /// The bytes `pointer .. pointer + length`. Charge them first: those of another instance are copied.
    pub fn slice(&self, pointer: u32, length: u64) -> Result<Cow<'a, [u8]>, Fault> {
        self.check(pointer, length)?;
        // In bounds, so both fit the machine's words.
        let (start, length) = (pointer as usize, length as usize);
        match self.bytes {
            Bytes::Here(bytes) => Ok(Cow::Borrowed(bytes.get(start..start + length).unwrap_or_default())),
            Bytes::Elsewhere(remote) => {
                let mut copy = vec![0; length];
                remote.read(pointer, &mut copy);
                Ok(Cow::Owned(copy))
            }
        }
    }

    /// `N` bytes at `pointer`.
    pub fn array<const N: usize>(&self, pointer: u32) -> Result<[u8; N], Fault> {
        self.check(pointer, N as u64)?;
        let mut array = [0; N];
        match self.bytes {
            Bytes::Here(bytes) => {
                let start = pointer as usize;
                array.copy_from_slice(bytes.get(start..start + N).unwrap_or(&[0; N]));
            }
            Bytes::Elsewhere(remote) => remote.read(pointer, &mut array),
        }
        Ok(array)
    }

    /// Takes `size` bytes from the allowance.
    pub fn charge(&self, size: u64) -> Result<(), Fault> {
        match self.allowance.get().checked_sub(size) {
            Some(left) => {
                self.allowance.set(left);
                Ok(())
            }
            None => Err(Fault::TooLarge { size, limit: self.limit.get() }),
        }
    }
}

/// A position in a [`Writer`]'s plan: a block and an offset in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub(crate) block: u32,
    pub(crate) at: u32,
}

impl std::ops::Add<u32> for Place {
    type Output = Place;
    fn add(self, bytes: u32) -> Place {
        Place { at: self.at + bytes, ..self }
    }
}

impl Place {
    /// The place rounded up to a multiple of `align`.
    #[must_use]
    pub fn aligned(self, align: u32) -> Place {
        Place { at: self.at.next_multiple_of(align), ..self }
    }
}

/// A value lowered into blocks, before the guest has allocated them.
///
/// Block 0 is the value itself; it goes where the guest wants its result. Every string and list is a block
/// of its own, because the guest frees each by itself. Planning first keeps the calls of `cabi_realloc` out
/// of the middle of the value, so that a host without nested calls (or one that awaits them) can use it.
#[derive(Debug, Default)]
pub struct Writer {
    blocks: Vec<Block>,
    pointers: Vec<(Place, u32)>,
}

#[derive(Debug)]
struct Block {
    align: u32,
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty plan.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a block and returns its start.
    pub fn block(&mut self, align: u32, bytes: Vec<u8>) -> Place {
        self.blocks.push(Block { align, bytes });
        Place { block: self.blocks.len() as u32 - 1, at: 0 }
    }

    /// Overwrites bytes at a place.
    pub fn put(&mut self, at: Place, bytes: &[u8]) {
        let start = at.at as usize;
        let block = self.blocks.get_mut(at.block as usize);
        if let Some(room) = block.and_then(|b| b.bytes.get_mut(start..start + bytes.len())) {
            room.copy_from_slice(bytes);
        }
    }

    /// Writes a pointer to the start of block `target`'s block, to be fixed by [`Writer::write`].
    pub fn put_pointer(&mut self, at: Place, target: Place) {
        self.pointers.push((at, target.block));
    }

    /// Alignment and size of each block that the guest must allocate, in the order of the Canonical ABI.
    pub fn allocations(&self) -> impl Iterator<Item = (u32, u32)> {
        self.blocks.iter().skip(1).map(|b| (b.align, b.bytes.len() as u32))
    }

    /// The value as one block of bytes, as it would lie in a memory of its own from address 0 on.
    pub fn into_bytes(self) -> Result<Vec<u8>, Fault> {
        let mut end = self.blocks.first().map_or(0, |block| block.bytes.len());
        let mut bases = Vec::with_capacity(self.blocks.len());
        for (align, size) in self.allocations() {
            let base = end.next_multiple_of(align as usize);
            bases.push(u32::try_from(base).map_err(|_| Fault::TooLarge { size: base as u64, limit: u32::MAX.into() })?);
            end = base + size as usize;
        }
        if u32::try_from(end).is_err() {
            return Err(Fault::TooLarge { size: end as u64, limit: u32::MAX.into() });
        }
        let mut bytes = vec![0; end];
        self.write(&mut bytes, 0, &bases)?;
        Ok(bytes)
    }

    /// Fixes the pointers: the head's address is `head`, and `bases` are those of the other blocks. Returns each block
    /// with its address, in order, for a host that writes them itself.
    pub fn placed(mut self, head: u32, bases: &[u32]) -> Result<Vec<(u32, Vec<u8>)>, Fault> {
        let base = |block: usize| match block {
            0 => Ok(head),
            n => bases.get(n - 1).copied().ok_or(Fault::Realloc),
        };
        for (at, target) in std::mem::take(&mut self.pointers) {
            let address = base(target as usize)?;
            self.put(at, &address.to_le_bytes());
        }
        let place = |(index, block): (usize, Block)| {
            let at = base(index)?;
            if !at.is_multiple_of(block.align) {
                return Err(Fault::Misaligned { pointer: at, align: block.align });
            }
            Ok((at, block.bytes))
        };
        self.blocks.into_iter().enumerate().map(place).collect()
    }

    /// Writes everything into the guest's memory: the value to `head`, the other blocks to `bases`, which are
    /// the addresses that `cabi_realloc` returned for [`Writer::allocations`], in that order.
    pub fn write(self, memory: &mut [u8], head: u32, bases: &[u32]) -> Result<(), Fault> {
        self.placed(head, bases)?.into_iter().try_for_each(|(at, bytes)| copy_in(memory, at, &bytes))
    }
}

fn copy_in(memory: &mut [u8], at: u32, bytes: &[u8]) -> Result<(), Fault> {
    if bytes.is_empty() {
        return Ok(());
    }
    let size = memory.len();
    let room = (at as usize).checked_add(bytes.len()).and_then(|end| memory.get_mut(at as usize..end));
    room.ok_or(Fault::OutOfBounds { pointer: at, length: bytes.len() as u64, size })?.copy_from_slice(bytes);
    Ok(())
}
