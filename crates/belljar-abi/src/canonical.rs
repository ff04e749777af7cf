//! The two directions of the Canonical ABI as traits, and the macros that give them to records, variants and enums.

use crate::memory::{Fault, Memory, Place, Writer};

/// Up to this many flat values are passed as parameters; beyond it a pointer to memory is passed.
pub const MAX_FLAT_PARAMS: usize = 16;

/// A core WebAssembly value type as far as the Canonical ABI of this world uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
}

/// How a type lies in memory and in flat parameters.
pub trait Flat {
    /// Size in memory, in bytes.
    const SIZE: u32;
    /// Alignment in memory, in bytes.
    const ALIGN: u32;
    /// How many flat values it takes.
    const COUNT: usize;
    /// Writes the core type of flat value `index` (below [`Flat::COUNT`]).
    fn flat(index: usize) -> CoreType;
}

/// A type that can be read out of a guest.
pub trait Lift: Flat + Sized {
    /// Reads it from flat values, taking exactly [`Flat::COUNT`] of them. `i32` values arrive zero-extended.
    fn lift_flat(values: &mut dyn Iterator<Item = u64>, memory: &Memory<'_>) -> Result<Self, Fault>;
    /// Reads it from memory at `at`, which the caller has checked to be aligned.
    fn lift(at: u32, memory: &Memory<'_>) -> Result<Self, Fault>;
}

/// A type that can be written into a guest's memory.
pub trait Lower: Flat {
    /// Writes it at `at` of the plan, where [`Flat::SIZE`] bytes are reserved.
    fn lower(&self, at: Place, plan: &mut Writer);

    /// Plans the whole value.
    fn plan(&self) -> Writer {
        let mut plan = Writer::new();
        let at = plan.block(Self::ALIGN, vec![0; Self::SIZE as usize]);
        self.lower(at, &mut plan);
        plan
    }
}

/// Rounds up to a multiple of `align`, a power of two.
pub(crate) const fn align_to(at: u32, align: u32) -> u32 {
    at.next_multiple_of(align)
}

/// The larger of two.
pub(crate) const fn max(a: u32, b: u32) -> u32 {
    if a > b { a } else { b }
}

/// The larger of two.
pub(crate) const fn max_count(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

/// Checks a pointer's alignment.
pub(crate) fn aligned(pointer: u32, align: u32) -> Result<(), Fault> {
    if pointer.is_multiple_of(align) { Ok(()) } else { Err(Fault::Misaligned { pointer, align }) }
}

/// How many flat values a case's payload takes, and the type of each.
pub(crate) type Payload = (usize, fn(usize) -> CoreType);

/// The flat type at `index` of a variant whose cases' payload types are given: equal types stay, others widen to `i64`.
pub(crate) fn join(index: usize, payloads: &[Payload]) -> CoreType {
    let mut joined = None;
    for (count, flat) in payloads {
        if index < *count {
            let this = flat(index);
            joined = Some(match joined {
                None => this,
                Some(before) if before == this => this,
                Some(_) => CoreType::I64,
            });
        }
    }
    joined.unwrap_or(CoreType::I32)
}

/// A record: its fields one after another.
macro_rules! record {
    ($(#[$m:meta])* $name:ident { $($(#[$fm:meta])* $field:ident: $ty:ty),* $(,)? }) => {
        $(#[$m])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name { $($(#[$fm])* pub $field: $ty,)* }

        impl Flat for $name {
            const ALIGN: u32 = { let mut a = 1; $(a = max(a, <$ty>::ALIGN);)* a };
            const SIZE: u32 = { let mut s = 0; $(s = align_to(s, <$ty>::ALIGN) + <$ty>::SIZE;)* align_to(s, Self::ALIGN) };
            const COUNT: usize = 0 $(+ <$ty>::COUNT)*;
            fn flat(index: usize) -> CoreType {
                let mut index = index;
                $(if index < <$ty>::COUNT { return <$ty>::flat(index); } index -= <$ty>::COUNT;)*
                let _ = index;
                CoreType::I32
            }
        }
        impl Lift for $name {
            fn lift_flat(values: &mut dyn Iterator<Item = u64>, memory: &Memory<'_>) -> Result<Self, Fault> {
                Ok($name { $($field: <$ty>::lift_flat(values, memory)?,)* })
            }
            fn lift(at: u32, memory: &Memory<'_>) -> Result<Self, Fault> {
                let mut next = at;
                $(next = align_to(next, <$ty>::ALIGN); let $field = <$ty>::lift(next, memory)?; next += <$ty>::SIZE;)*
                let _ = next;
                Ok($name { $($field,)* })
            }
        }
        impl Lower for $name {
            fn lower(&self, at: Place, plan: &mut Writer) {
                let mut next = at;
                $(next = next.aligned(<$ty>::ALIGN); self.$field.lower(next, plan); next = next + <$ty>::SIZE;)*
                let _ = next;
            }
        }
    };
}

/// A variant of fewer than 256 cases, each with one payload type (`()` for none).
macro_rules! variant {
    ($(#[$m:meta])* $name:ident { $($(#[$cm:meta])* $case:ident($ty:ty)),* $(,)? }) => {
        $(#[$m])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$cm])* $case($ty),)* }

        impl $name {
            const PAYLOAD_ALIGN: u32 = { let mut a = 1; $(a = max(a, <$ty>::ALIGN);)* a };
            const PAYLOAD: u32 = align_to(1, Self::PAYLOAD_ALIGN);
            const CASES: u32 = 0 $(+ { let _ = stringify!($case); 1 })*;
        }
        impl Flat for $name {
            const ALIGN: u32 = Self::PAYLOAD_ALIGN;
            const SIZE: u32 = { let mut s = 0; $(s = max(s, <$ty>::SIZE);)* align_to(Self::PAYLOAD + s, Self::ALIGN) };
            const COUNT: usize = { let mut c = 0; $(c = max_count(c, <$ty>::COUNT);)* 1 + c };
            fn flat(index: usize) -> CoreType {
                match index.checked_sub(1) {
                    None => CoreType::I32,
                    Some(index) => join(index, &[$((<$ty>::COUNT, <$ty>::flat)),*]),
                }
            }
        }
        impl Lift for $name {
            fn lift_flat(values: &mut dyn Iterator<Item = u64>, memory: &Memory<'_>) -> Result<Self, Fault> {
                let discriminant = u32::lift_flat(values, memory)?;
                let mut payload = values.take(Self::COUNT - 1);
                let mut case = 0;
                let mut lifted = None;
                $(if lifted.is_none() && discriminant == case { lifted = Some($name::$case(<$ty>::lift_flat(&mut payload, memory)?)); } case += 1;)*
                for _ in payload {}
                lifted.ok_or(Fault::Discriminant { value: discriminant.into(), cases: case })
            }
            fn lift(at: u32, memory: &Memory<'_>) -> Result<Self, Fault> {
                let discriminant = u32::from(u8::lift(at, memory)?);
                let at = at + Self::PAYLOAD;
                let mut case = 0;
                $(if discriminant == case { return Ok($name::$case(<$ty>::lift(at, memory)?)); } case += 1;)*
                Err(Fault::Discriminant { value: discriminant.into(), cases: case })
            }
        }
        impl Lower for $name {
            fn lower(&self, at: Place, plan: &mut Writer) {
                let payload = at + Self::PAYLOAD;
                let mut case = 0u8;
                $(if let $name::$case(value) = self { plan.put(at, &[case]); value.lower(payload, plan); } case = case.wrapping_add(1);)*
                let _ = case;
                const { assert!(Self::CASES < 256) };
            }
        }
        const _: () = assert!($name::CASES > 0);
    };
}

/// An enum of fewer than 256 cases.
macro_rules! enumeration {
    ($(#[$m:meta])* $name:ident { $($(#[$cm:meta])* $case:ident),* $(,)? }) => {
        $(#[$m])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$cm])* $case,)* }

        impl $name {
            const ALL: &'static [$name] = &[$($name::$case),*];
            fn of(discriminant: u64) -> Result<Self, Fault> {
                let found = usize::try_from(discriminant).ok().and_then(|d| Self::ALL.get(d)).copied();
                found.ok_or(Fault::Discriminant { value: discriminant, cases: Self::ALL.len() as u32 })
            }
        }
        impl Flat for $name {
            const SIZE: u32 = 1;
            const ALIGN: u32 = 1;
            const COUNT: usize = 1;
            fn flat(_: usize) -> CoreType { CoreType::I32 }
        }
        impl Lift for $name {
            fn lift_flat(values: &mut dyn Iterator<Item = u64>, memory: &Memory<'_>) -> Result<Self, Fault> {
                Self::of(u32::lift_flat(values, memory)?.into())
            }
            fn lift(at: u32, memory: &Memory<'_>) -> Result<Self, Fault> { Self::of(u8::lift(at, memory)?.into()) }
        }
        impl Lower for $name {
            fn lower(&self, at: Place, plan: &mut Writer) { plan.put(at, &[*self as u8]); }
        }
    };
}

pub(crate) use {enumeration, record, variant};
