//! Integers, strings, lists, options, results and the empty payload.

use crate::canonical::{CoreType, Flat, Lift, Lower, align_to, aligned, join, max, max_count};
use crate::memory::{Fault, Memory, Place, Writer};

macro_rules! integer {
    ($ty:ty, $size:literal, $core:expr) => {
        impl Flat for $ty {
            const SIZE: u32 = $size;
            const ALIGN: u32 = $size;
            const COUNT: usize = 1;
            fn flat(_: usize) -> CoreType {
                $core
            }
        }
        impl Lift for $ty {
            /// Takes the low bits, as the Canonical ABI does for every integer.
            fn lift_flat(values: &mut dyn Iterator<Item = u64>, _: &Memory<'_>) -> Result<Self, Fault> {
                Ok(values.next().unwrap_or(0) as $ty)
            }
            fn lift(at: u32, memory: &Memory<'_>) -> Result<Self, Fault> {
                Ok(<$ty>::from_le_bytes(memory.array(at)?))
            }
        }
        impl Lower for $ty {
            fn lower(&self, at: Place, plan: &mut Writer) {
                plan.put(at, &self.to_le_bytes());
            }
        }
    };
}
integer!(u8, 1, CoreType::I32);
integer!(u16, 2, CoreType::I32);
integer!(u32, 4, CoreType::I32);
integer!(u64, 8, CoreType::I64);

impl Flat for bool {
    const ALIGN: u32 = 1;
    const SIZE: u32 = 1;
    const COUNT: usize = 1;
    fn flat(_: usize) -> CoreType {
        CoreType::I32
    }
}
impl Lift for bool {
    fn lift_flat(values: &mut dyn Iterator<Item = u64>, memory: &Memory<'_>) -> Result<Self, Fault> {
        Ok(u32::lift_flat(values, memory)? != 0)
    }
    fn lift(at: u32, memory: &Memory<'_>) -> Result<Self, Fault> {
        Ok(u8::lift(at, memory)? != 0)
    }
}
impl Lower for bool {
    fn lower(&self, at: Place, plan: &mut Writer) {
        plan.put(at, &[u8::from(*self)]);
    }
}

impl Flat for () {
    const SIZE: u32 = 0;
    const ALIGN: u32 = 1;
    const COUNT: usize = 0;
    fn flat(_: usize) -> CoreType {
        CoreType::I32
    }
}
impl Lift for () {
    fn lift_flat(_: &mut dyn Iterator<Item = u64>, _: &Memory<'_>) -> Result<Self, Fault> {
        Ok(())
    }
    fn lift(_: u32, _: &Memory<'_>) -> Result<Self, Fault> {
        Ok(())
    }
}
impl Lower for () {
    fn lower(&self, _: Place, _: &mut Writer) {}
}

/// A pointer and a length: how strings and lists are passed.
macro_rules! pair {
    ($ty:ty $(, $param:ident)?) => {
        impl$(<$param: Element>)? Flat for $ty {
            const SIZE: u32 = 8;
            const ALIGN: u32 = 4;
            const COUNT: usize = 2;
            fn flat(_: usize) -> CoreType {
                CoreType::I32
            }
        }
        impl$(<$param: Element + Lift>)? Lift for $ty {
            fn lift_flat(values: &mut dyn Iterator<Item = u64>, memory: &Memory<'_>) -> Result<Self, Fault> {
                let pointer = u32::lift_flat(values, memory)?;
                let length = u32::lift_flat(values, memory)?;
                <$ty as FromBlock>::from_block(pointer, length, memory)
            }
            fn lift(at: u32, memory: &Memory<'_>) -> Result<Self, Fault> {
                <$ty as FromBlock>::from_block(u32::lift(at, memory)?, u32::lift(at.saturating_add(4), memory)?, memory)
            }
        }
    };
}

/// Reads what a pointer and a length name.
trait FromBlock: Sized {
    fn from_block(pointer: u32, length: u32, memory: &Memory<'_>) -> Result<Self, Fault>;
}

/// Types that may stand in a list other than `list<u8>`, which is read and written as one block.
pub trait Element: Flat {}

pair!(String);
pair!(Vec<u8>);
pair!(Vec<T>, T);

impl FromBlock for String {
    fn from_block(pointer: u32, length: u32, memory: &Memory<'_>) -> Result<Self, Fault> {
        memory.check(pointer, length.into())?;
        memory.charge_text(length.into())?;
        let bytes = memory.slice(pointer, length.into())?;
        String::from_utf8(bytes.into_owned()).map_err(|e| Fault::NotUtf8(e.utf8_error().valid_up_to()))
    }
}

impl FromBlock for Vec<u8> {
    fn from_block(pointer: u32, length: u32, memory: &Memory<'_>) -> Result<Self, Fault> {
        memory.check(pointer, length.into())?;
        memory.charge(length.into())?;
        Ok(memory.slice(pointer, length.into())?.into_owned())
    }
}

impl<T: Element + Lift> FromBlock for Vec<T> {
    fn from_block(pointer: u32, length: u32, memory: &Memory<'_>) -> Result<Self, Fault> {
        aligned(pointer, T::ALIGN)?;
        let size = u64::from(length) * u64::from(T::SIZE);
        memory.check(pointer, size)?;
        memory.charge(u64::from(length) * u64::from(max(T::SIZE, 1)))?;
        // In bounds, so `pointer + index * SIZE` does not overflow.
        (0..length).map(|index| T::lift(pointer + index * T::SIZE, memory)).collect()
    }
}

impl Lower for String {
    fn lower(&self, at: Place, plan: &mut Writer) {
        lower_bytes(self.as_bytes(), at, plan);
    }
}

impl Lower for Vec<u8> {
    fn lower(&self, at: Place, plan: &mut Writer) {
        lower_bytes(self, at, plan);
    }
}

fn lower_bytes(bytes: &[u8], at: Place, plan: &mut Writer) {
    let target = plan.block(1, bytes.to_vec());
    plan.put_pointer(at, target);
    plan.put(at + 4, &(bytes.len() as u32).to_le_bytes());
}

impl<T: Element + Lower> Lower for Vec<T> {
    fn lower(&self, at: Place, plan: &mut Writer) {
        let target = plan.block(T::ALIGN, vec![0; self.len() * T::SIZE as usize]);
        plan.put_pointer(at, target);
        plan.put(at + 4, &(self.len() as u32).to_le_bytes());
        for (index, element) in self.iter().enumerate() {
            element.lower(target + index as u32 * T::SIZE, plan);
        }
    }
}

/// `option<T>` and `result<T, E>` are variants of two cases.
macro_rules! two_cases {
    ([$($g:ident),*] $ty:ty, $zero:ty => $zp:pat => $ze:expr, $one:ty => $op:pat => $oe:expr, $make0:expr, $make1:expr) => {
        impl<$($g: Flat),*> Flat for $ty {
            const ALIGN: u32 = max(<$zero>::ALIGN, <$one>::ALIGN);
            const SIZE: u32 = align_to(align_to(1, Self::ALIGN) + max(<$zero>::SIZE, <$one>::SIZE), Self::ALIGN);
            const COUNT: usize = 1 + max_count(<$zero>::COUNT, <$one>::COUNT);
            fn flat(index: usize) -> CoreType {
                match index.checked_sub(1) {
                    None => CoreType::I32,
                    Some(index) => join(index, &[(<$zero>::COUNT, <$zero>::flat), (<$one>::COUNT, <$one>::flat)]),
                }
            }
        }
        impl<$($g: Lift),*> Lift for $ty {
            fn lift_flat(values: &mut dyn Iterator<Item = u64>, memory: &Memory<'_>) -> Result<Self, Fault> {
                let discriminant = u32::lift_flat(values, memory)?;
                let mut payload = values.take(Self::COUNT - 1);
                let lifted = match discriminant {
                    0 => $make0(<$zero>::lift_flat(&mut payload, memory)?),
                    1 => $make1(<$one>::lift_flat(&mut payload, memory)?),
                    value => return Err(Fault::Discriminant { value: value.into(), cases: 2 }),
                };
                for _ in payload {}
                Ok(lifted)
            }
            fn lift(at: u32, memory: &Memory<'_>) -> Result<Self, Fault> {
                let payload = at.saturating_add(align_to(1, Self::ALIGN));
                match u8::lift(at, memory)? {
                    0 => Ok($make0(<$zero>::lift(payload, memory)?)),
                    1 => Ok($make1(<$one>::lift(payload, memory)?)),
                    value => Err(Fault::Discriminant { value: value.into(), cases: 2 }),
                }
            }
        }
        impl<$($g: Lower),*> Lower for $ty {
            fn lower(&self, at: Place, plan: &mut Writer) {
                let payload = at + align_to(1, Self::ALIGN);
                match self {
                    $zp => { plan.put(at, &[0]); $ze.lower(payload, plan) }
                    $op => { plan.put(at, &[1]); $oe.lower(payload, plan) }
                }
            }
        }
    };
}
two_cases!([T] Option<T>, () => None => (), T => Some(value) => value, |()| None, Some);
two_cases!([T, E] Result<T, E>, T => Ok(value) => value, E => Err(error) => error, Ok, Err);

impl Element for u64 {}
impl Element for u32 {}
impl Element for String {}
