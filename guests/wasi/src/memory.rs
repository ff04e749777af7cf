//! The command's memory. Every address that it names is checked here, so that none leads into the adapter's own.

use crate::errno::Errno;
use crate::form;

/// A part of the command's memory, all of which exists.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    at: *mut u8,
    length: usize,
}

impl Span {
    /// `length` bytes at the command's address `at`.
    pub(crate) fn new(at: u32, length: u32) -> Result<Span, Errno> {
        let end = u64::from(at) + u64::from(length);
        if end > form::size() {
            return Err(Errno::Fault);
        }
        // In bounds of the command's memory, so that the sum is below 4 GiB.
        Ok(Span { at: (form::BASE + at as usize) as *mut u8, length: length as usize })
    }

    /// `count` records of `size` bytes.
    pub(crate) fn records(at: u32, count: u32, size: u32) -> Result<Span, Errno> {
        Span::new(at, count.checked_mul(size).ok_or(Errno::Fault)?)
    }

    pub(crate) fn len(self) -> usize {
        self.length
    }

    /// Where it is in the memory that the host sees.
    pub(crate) fn address(self) -> *mut u8 {
        self.at
    }

    /// A part of it; what lies outside is cut away.
    pub(crate) fn part(self, from: usize, length: usize) -> Span {
        let from = from.min(self.length);
        Span { at: self.at.wrapping_add(from), length: length.min(self.length - from) }
    }

    /// Copies out as much as there is room for; how much that was.
    pub(crate) fn read(self, into: &mut [u8]) -> usize {
        let count = self.length.min(into.len());
        // SAFETY: the span was checked, and what the adapter holds lies elsewhere.
        unsafe { core::ptr::copy_nonoverlapping(self.at, into.as_mut_ptr(), count) };
        count
    }

    /// Copies in as much as there is room for; how much that was.
    pub(crate) fn write(self, from: &[u8]) -> usize {
        let count = self.length.min(from.len());
        // SAFETY: as above.
        unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), self.at, count) };
        count
    }

    /// Fills it with zeros.
    pub(crate) fn clear(self) {
        // SAFETY: as above.
        unsafe { core::ptr::write_bytes(self.at, 0, self.length) };
    }

    pub(crate) fn array<const N: usize>(self, from: usize) -> [u8; N] {
        let mut bytes = [0; N];
        self.part(from, N).read(&mut bytes);
        bytes
    }

    pub(crate) fn u8(self, from: usize) -> u8 {
        u8::from_le_bytes(self.array(from))
    }

    pub(crate) fn u16(self, from: usize) -> u16 {
        u16::from_le_bytes(self.array(from))
    }

    pub(crate) fn u32(self, from: usize) -> u32 {
        u32::from_le_bytes(self.array(from))
    }

    pub(crate) fn u64(self, from: usize) -> u64 {
        u64::from_le_bytes(self.array(from))
    }

    pub(crate) fn put(self, from: usize, bytes: &[u8]) {
        self.part(from, bytes.len()).write(bytes);
    }
}

/// Writes a number to an address of the command.
pub(crate) fn put_u32(at: u32, value: u32) -> Result<(), Errno> {
    Span::new(at, 4)?.put(0, &value.to_le_bytes());
    Ok(())
}

/// Writes a number to an address of the command.
pub(crate) fn put_u64(at: u32, value: u64) -> Result<(), Errno> {
    Span::new(at, 8)?.put(0, &value.to_le_bytes());
    Ok(())
}

/// A list of parts of the command's memory, as `fd_read` and `fd_write` take it.
#[derive(Clone, Copy)]
pub(crate) struct Vectors(Span);

impl Vectors {
    pub(crate) fn new(at: u32, count: u32) -> Result<Self, Errno> {
        Span::records(at, count, 8).map(Vectors)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Result<Span, Errno>> {
        (0..self.0.len() / 8).map(move |index| Span::new(self.0.u32(index * 8), self.0.u32(index * 8 + 4)))
    }
}
