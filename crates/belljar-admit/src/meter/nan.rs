//! One NaN on every host.
//!
//! What sign and payload a NaN has that an operator makes is left open by WebAssembly, and engines differ: dividing zero
//! by zero gives a negative one in V8 on x86-64. The bits can be looked at, so each operator that may make a NaN is
//! followed by code that puts the canonical one in its place. What is loaded, moved, negated or given a sign keeps its
//! bits, which are the same everywhere. Nothing is charged for it.

use wasm_encoder::{Function, Ieee32, Ieee64, Instruction as I, ValType};
use wasmparser::{FunctionBody, Operator as O};

use crate::refusal::Refusal;

/// What kind of value an operator makes that may be, or hold, a NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    F32,
    F64,
    F32x4,
    F64x2,
}

impl Kind {
    fn ty(self) -> ValType {
        match self {
            Kind::F32 => ValType::F32,
            Kind::F64 => ValType::F64,
            Kind::F32x4 | Kind::F64x2 => ValType::V128,
        }
    }
}

/// The canonical NaN of 32 and of 64 bits.
const NAN32: u32 = 0x7fc0_0000;
const NAN64: u64 = 0x7ff8_0000_0000_0000;

/// What an operator makes, if it may be a NaN that is not one of its operands' bits.
fn makes(op: &O<'_>) -> Option<Kind> {
    Some(match op {
        O::F32Ceil
        | O::F32Floor
        | O::F32Trunc
        | O::F32Nearest
        | O::F32Sqrt
        | O::F32Add
        | O::F32Sub
        | O::F32Mul
        | O::F32Div
        | O::F32Min
        | O::F32Max
        | O::F32DemoteF64 => Kind::F32,
        O::F64Ceil
        | O::F64Floor
        | O::F64Trunc
        | O::F64Nearest
        | O::F64Sqrt
        | O::F64Add
        | O::F64Sub
        | O::F64Mul
        | O::F64Div
        | O::F64Min
        | O::F64Max
        | O::F64PromoteF32 => Kind::F64,
        O::F32x4Ceil
        | O::F32x4Floor
        | O::F32x4Trunc
        | O::F32x4Nearest
        | O::F32x4Sqrt
        | O::F32x4Add
        | O::F32x4Sub
        | O::F32x4Mul
        | O::F32x4Div
        | O::F32x4Min
        | O::F32x4Max
        | O::F32x4DemoteF64x2Zero => Kind::F32x4,
        O::F64x2Ceil
        | O::F64x2Floor
        | O::F64x2Trunc
        | O::F64x2Nearest
        | O::F64x2Sqrt
        | O::F64x2Add
        | O::F64x2Sub
        | O::F64x2Mul
        | O::F64x2Div
        | O::F64x2Min
        | O::F64x2Max
        | O::F64x2PromoteLowF32x4 => Kind::F64x2,
        _ => return None,
    })
}

/// Slots of the stack that the code behind an operator may take, with its local, and whether vectors are among them.
pub(super) fn slots(op: &O<'_>) -> (u32, bool) {
    match makes(op) {
        // Three operands, and a local for each kind of scalar.
        Some(kind) => (5, kind.ty() == ValType::V128),
        None => (0, false),
    }
}

/// Whether an operator does not tell one NaN of this kind from another on top of the stack: then the one that it makes of it
/// is made canonical, or it makes none.
fn overlooks(op: &O<'_>, kind: Kind) -> bool {
    match kind {
        // Vectors are looked at as anything.
        Kind::F32x4 | Kind::F64x2 => {
            makes(op) == Some(kind) && !matches!(op, O::F32x4DemoteF64x2Zero | O::F64x2PromoteLowF32x4)
        }
        Kind::F32 | Kind::F64 => {
            matches!(makes(op), Some(Kind::F32 | Kind::F64))
                || matches!(
                    op,
                    O::Drop
                        | O::F32Eq
                        | O::F32Ne
                        | O::F32Lt
                        | O::F32Gt
                        | O::F32Le
                        | O::F32Ge
                        | O::F64Eq
                        | O::F64Ne
                        | O::F64Lt
                        | O::F64Gt
                        | O::F64Le
                        | O::F64Ge
                        | O::I32TruncF32S
                        | O::I32TruncF32U
                        | O::I32TruncF64S
                        | O::I32TruncF64U
                        | O::I64TruncF32S
                        | O::I64TruncF32U
                        | O::I64TruncF64S
                        | O::I64TruncF64U
                        | O::I32TruncSatF32S
                        | O::I32TruncSatF32U
                        | O::I32TruncSatF64S
                        | O::I32TruncSatF64U
                        | O::I64TruncSatF32S
                        | O::I64TruncSatF32U
                        | O::I64TruncSatF64S
                        | O::I64TruncSatF64U
                )
        }
    }
}

/// Locals for the values that are looked at, by type, behind all others.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Canon {
    f32: Option<u32>,
    f64: Option<u32>,
    v128: Option<u32>,
}

impl Canon {
    /// The locals that a function needs, from `next` on; they are added to `locals`.
    pub(super) fn new(body: &FunctionBody<'_>, next: u32, locals: &mut Vec<(u32, ValType)>) -> Result<Self, Refusal> {
        let mut needed = [false; 3];
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            match makes(&reader.read()?) {
                Some(Kind::F32) => needed[0] = true,
                Some(Kind::F64) => needed[1] = true,
                Some(Kind::F32x4 | Kind::F64x2) => needed[2] = true,
                None => {}
            }
        }
        let mut next = next;
        let mut local = |needed: bool, kind: Kind| {
            needed.then(|| {
                locals.push((1, kind.ty()));
                next += 1;
                next - 1
            })
        };
        Ok(Canon {
            f32: local(needed[0], Kind::F32),
            f64: local(needed[1], Kind::F64),
            v128: local(needed[2], Kind::F32x4),
        })
    }

    /// Makes what `op` has just made canonical, unless `next`, which comes behind it, does not care.
    pub(super) fn settle<'a>(&self, function: &mut Function, op: &O<'_>, next: impl FnOnce() -> Option<O<'a>>) {
        let Some(kind) = makes(op) else { return };
        if next().is_some_and(|next| overlooks(&next, kind)) {
            return;
        }
        let local = match kind {
            Kind::F32 => self.f32,
            Kind::F64 => self.f64,
            Kind::F32x4 | Kind::F64x2 => self.v128,
        };
        let Some(local) = local else { return };
        let wide = |nan: u128| I::V128Const(nan.cast_signed());
        let (nan, equal, choose) = match kind {
            Kind::F32 => (I::F32Const(Ieee32::new(NAN32)), I::F32Eq, I::Select),
            Kind::F64 => (I::F64Const(Ieee64::new(NAN64)), I::F64Eq, I::Select),
            Kind::F32x4 => {
                let nan = u128::from(NAN32);
                (wide(nan | nan << 32 | nan << 64 | nan << 96), I::F32x4Eq, I::V128Bitselect)
            }
            Kind::F64x2 => (wide(u128::from(NAN64) | u128::from(NAN64) << 64), I::F64x2Eq, I::V128Bitselect),
        };
        // It is itself if it is equal to itself.
        function.instruction(&I::LocalTee(local)).instruction(&nan);
        function.instruction(&I::LocalGet(local)).instruction(&I::LocalGet(local)).instruction(&equal);
        function.instruction(&choose);
    }
}
