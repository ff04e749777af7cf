//! `poll_oneoff`: clocks are waited for, the earliest first; descriptors are ready at once.

use super::export;
use crate::descriptors::{self, ROOT};
use crate::errno::{Errno, number};
use crate::memory::{Span, put_u32};
use crate::{form, world};

/// Bytes of a subscription and of an event.
const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;

const CLOCK: u8 = 0;
const READ: u8 = 1;

/// The moment that a clock's subscription names.
fn moment(one: Span) -> u64 {
    let (timeout, flags) = (one.u64(24), one.u16(40));
    if flags & 1 != 0 { timeout } else { world::now().saturating_add(timeout) }
}

/// How many bytes a descriptor has ready.
fn ready(one: Span, kind: u8) -> Result<u64, Errno> {
    match one.u32(16) {
        0 if kind == READ => Ok(form::input_left() as u64),
        0..=ROOT => Ok(0),
        fd => descriptors::with(fd, |open| Ok(open.size.saturating_sub(open.at))),
    }
}

export! {
    fn poll_oneoff(subscriptions: u32, events: u32, count: u32, done: u32) {
        if count == 0 {
            return Err(Errno::Invalid);
        }
        let asked = Span::records(subscriptions, count, SUBSCRIPTION)?;
        let told = Span::records(events, count, EVENT)?;
        let each = || (0..count as usize).map(|index| asked.part(index * SUBSCRIPTION as usize, SUBSCRIPTION as usize));
        let clocks = || each().filter(|one| one.u8(8) == CLOCK).map(moment);
        let until = if each().all(|one| one.u8(8) == CLOCK) { clocks().min() } else { None };
        // Two moments that are relative to now stay so far apart as they were.
        let before = until.unwrap_or_else(world::now);
        let mut number = 0usize;
        for one in each() {
            let kind = one.u8(8);
            let (errno, bytes) = match kind {
                CLOCK if moment(one) <= before => (0, 0),
                CLOCK => continue,
                kind => ready(one, kind).map_or_else(|errno| (errno as u16, 0), |bytes| (0, bytes)),
            };
            let event = told.part(number * EVENT as usize, EVENT as usize);
            event.clear();
            event.put(0, &one.u64(0).to_le_bytes());
            event.put(8, &errno.to_le_bytes());
            event.put(10, &[kind]);
            event.put(16, &bytes.to_le_bytes());
            number += 1;
        }
        if let Some(until) = until {
            world::sleep_until(until);
        }
        put_u32(done, number as u32)
    }
}
