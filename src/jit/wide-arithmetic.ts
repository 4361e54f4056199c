/**
 * Operations that write some flags and keep others, or two registers: shifts and rotates by a register, multiplication,
 * division, bit tests. Undefined flags are as the core's functions have them (assembly/exec).
 */
import { Reg } from '../../assembly/abi/register.js';
import { Flow } from '../../assembly/abi/stop.js';
import { type Emitter, Width } from './emitter.js';
import { Import } from './core-layout.js';
import { Source } from './lazy-flags.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Op } from './wasm-opcodes.js';

/** Bits of `flagAux`. */
const AF = 0x10;
const OF_SHIFT = 11;
const CF_OF = 0x801;

export enum Shift {
  Left,
  Right,
  RightSigned,
}

const SHIFTS: readonly (readonly [narrow: Op, wide: Op])[] = [
  [Op.I32Shl, Op.I64Shl],
  [Op.I32ShrU, Op.I64ShrU],
  [Op.I32ShrS, Op.I64ShrS],
];

/** Pushes the operand of an operation, extended to 64 bits. */
function extended(emitter: Emitter, register: number, width: Width, isSigned = false): void {
  emitter.operand(register, width);
  if (width !== Width.Qword) emitter.code.op(isSigned ? Op.I64ExtendI32S : Op.I64ExtendI32U);
}

/** SHL, SHR and SAR of 32 and 64 bits by a byte register. */
export function shiftByRegister(shift: Shift) {
  return (emitter: Emitter, uop: UopFields, width: Width): void => {
    if (emitter.areFlagsDead) return shiftQuietly(emitter, uop, width, shift);
    const { code, flags } = emitter;
    flags.makeExplicit();
    pushCount(emitter, uop.b, width);
    code.set(Local.Wide1);
    extended(emitter, uop.a, width, shift === Shift.RightSigned);
    code.set(Local.Wide0);
    if (width === Width.Dword) {
      // A count of zero clears the upper half, too.
      emitter.narrow(uop.a, width);
      emitter.widen(width);
      emitter.assign(uop.a, width);
    }
    code.get(Local.Wide1);
    code.op(Op.I64Eqz);
    code.op(Op.I32Eqz);
    emitter.open(Op.If);
    if (shift === Shift.Left) shiftLeft(emitter, width);
    else shiftRight(emitter, width, shift);
    keepShifted(emitter, uop.a, width);
    emitter.close();
  };
}

/** Pushes the count, masked to 5 or 6 bits (i64). */
function pushCount(emitter: Emitter, register: number, width: Width): void {
  const { code } = emitter;
  emitter.remembered(register);
  code.i64(width === Width.Qword ? 63 : 31);
  code.op(Op.I64And);
}

function shiftQuietly(emitter: Emitter, uop: UopFields, width: Width, shift: Shift): void {
  emitter.operand(uop.a, width);
  emitter.remembered(uop.b);
  if (width !== Width.Qword) emitter.code.op(Op.I32WrapI64);
  emitter.code.op(SHIFTS[shift]![width === Width.Qword ? 1 : 0]);
  emitter.widen(width);
  emitter.assign(uop.a, width);
}

/** From `Wide0` and a count in `Wide1` that is not zero: `FlagResult`, and `FlagRight` with CF, AF and OF. */
function shiftLeft(emitter: Emitter, width: Width): void {
  const { code } = emitter;
  const bits = 8 << width;
  code.get(Local.Wide0);
  code.get(Local.Wide1);
  code.op(Op.I64Shl);
  code.set(Local.FlagResult);
  // CF: the last bit out.
  code.get(Local.Wide0);
  code.i64(bits);
  code.get(Local.Wide1);
  code.op(Op.I64Sub);
  code.op(Op.I64ShrU);
  lowBit(emitter);
  code.tee(Local.Wide1);
  // OF: whether the last step changed the sign.
  code.get(Local.FlagResult);
  code.i64(bits - 1);
  code.op(Op.I64ShrU);
  lowBit(emitter);
  code.get(Local.Wide1);
  code.op(Op.I64Xor);
  keepOverflow(emitter);
}

function shiftRight(emitter: Emitter, width: Width, shift: Shift): void {
  const { code } = emitter;
  const [, wide] = SHIFTS[shift]!;
  code.get(Local.Wide0);
  code.get(Local.Wide1);
  code.i64(1);
  code.op(Op.I64Sub);
  code.op(wide);
  code.tee(Local.Wide0);
  code.i64(1);
  code.op(wide);
  code.set(Local.FlagResult);
  code.get(Local.Wide0);
  lowBit(emitter);
  // OF: the sign before the last step; SAR clears it.
  if (shift === Shift.RightSigned) code.i64(0);
  else {
    code.get(Local.Wide0);
    code.i64((8 << width) - 1);
    code.op(Op.I64ShrU);
    lowBit(emitter);
  }
  keepOverflow(emitter);
}

function lowBit(emitter: Emitter): void {
  emitter.code.i64(1);
  emitter.code.op(Op.I64And);
}

/** `FlagRight` ← CF and OF, which are on the stack, and AF. */
function keepOverflow(emitter: Emitter): void {
  const { code } = emitter;
  code.i64(OF_SHIFT);
  code.op(Op.I64Shl);
  code.op(Op.I64Or);
  code.i64(AF);
  code.op(Op.I64Or);
  code.set(Local.FlagRight);
}

const SIGN_EXTENSIONS: readonly Op[] = [Op.I64Extend8S, Op.I64Extend16S, Op.I64Extend32S];

/** Register ← `FlagResult`, which becomes sign-extended. */
function keepShifted(emitter: Emitter, register: number, width: Width): void {
  const { code } = emitter;
  code.get(Local.FlagResult);
  if (width === Width.Dword) emitter.truncateToDword();
  emitter.assign(register, width);
  if (width === Width.Qword) return;
  code.get(Local.FlagResult);
  code.op(SIGN_EXTENSIONS[width]!);
  code.set(Local.FlagResult);
}

/** ROL and ROR of 32 and 64 bits by a constant that is not zero: CF and OF alone. */
export function rotateByConstant(isLeft: boolean) {
  return (emitter: Emitter, uop: UopFields, width: Width): boolean => {
    const bits = 8 << width;
    if (width < Width.Dword || (uop.n & (bits - 1)) === 0) return false;
    const { code, flags } = emitter;
    flags.makeExplicit();
    emitter.operand(uop.a, width);
    emitter.immediate(width, uop.n & (bits - 1), 0);
    if (width === Width.Qword) code.op(isLeft ? Op.I64Rotl : Op.I64Rotr);
    else code.op(isLeft ? Op.I32Rotl : Op.I32Rotr);
    emitter.widen(width);
    code.tee(Local.Wide0);
    emitter.assign(uop.a, width);
    bitOfWide0(emitter, isLeft ? 0 : bits - 1);
    bitOfWide0(emitter, bits - 1);
    bitOfWide0(emitter, isLeft ? 0 : bits - 2);
    code.op(Op.I64Xor);
    code.i64(OF_SHIFT);
    code.op(Op.I64Shl);
    code.op(Op.I64Or);
    replaceCarryOverflow(emitter);
    return true;
  };
}

function bitOfWide0(emitter: Emitter, index: number): void {
  const { code } = emitter;
  code.get(Local.Wide0);
  if (index !== 0) {
    code.i64(index);
    code.op(Op.I64ShrU);
  }
  lowBit(emitter);
}

/** CF and OF of the explicit flags ← the bits on top of the stack (i64). */
function replaceCarryOverflow(emitter: Emitter): void {
  const { code } = emitter;
  code.get(Local.FlagRight);
  code.i64(~CF_OF);
  code.op(Op.I64And);
  code.op(Op.I64Or);
  code.set(Local.FlagRight);
}

/** CF and OF of the explicit flags ← whether the i32 on top of the stack is not zero. */
function setCarryOverflow(emitter: Emitter): void {
  const { code } = emitter;
  code.op(Op.I64ExtendI32U);
  code.i64(CF_OF);
  code.op(Op.I64Mul);
  replaceCarryOverflow(emitter);
}

/** IMUL of 32 bits with two operands or three: a ← left * right. */
export function multiplyTruncating(emitter: Emitter, uop: UopFields, isImmediate: boolean): void {
  const { code, flags } = emitter;
  flags.makeExplicit();
  extended(emitter, isImmediate ? uop.b : uop.a, Width.Dword, true);
  if (isImmediate) code.i64(uop.low);
  else extended(emitter, uop.b, Width.Dword, true);
  code.op(Op.I64Mul);
  code.tee(Local.Wide0);
  emitter.truncateToDword();
  emitter.assign(uop.a, Width.Dword);
  needsUpperHalf(emitter, true);
  setCarryOverflow(emitter);
}

/** Pushes whether the product in `Wide0` is more than its low half extended (i32). */
function needsUpperHalf(emitter: Emitter, isSigned: boolean): void {
  const { code } = emitter;
  code.get(Local.Wide0);
  if (isSigned) code.op(Op.I64Extend32S);
  else emitter.truncateToDword();
  code.get(Local.Wide0);
  code.op(Op.I64Ne);
}

/** MUL and IMUL of 32 bits: EDX:EAX ← EAX * b. */
export function multiplyDword(isSigned: boolean) {
  return (emitter: Emitter, uop: UopFields): void => {
    const { code, flags } = emitter;
    flags.makeExplicit();
    extended(emitter, Reg.Rax, Width.Dword, isSigned);
    extended(emitter, uop.b, Width.Dword, isSigned);
    code.op(Op.I64Mul);
    code.tee(Local.Wide0);
    emitter.truncateToDword();
    emitter.assign(Reg.Rax, Width.Dword);
    code.get(Local.Wide0);
    code.i64(32);
    code.op(Op.I64ShrU);
    emitter.assign(Reg.Rdx, Width.Dword);
    needsUpperHalf(emitter, isSigned);
    setCarryOverflow(emitter);
  };
}

/** MUL of 64 bits: RDX:RAX ← RAX * b. */
export function multiplyQword(emitter: Emitter, uop: UopFields): void {
  const { code, flags } = emitter;
  flags.makeExplicit();
  emitter.wide(Reg.Rax);
  emitter.wide(uop.b);
  code.call(Import.MultiplyHigh);
  code.set(Local.Wide0);
  emitter.wide(Reg.Rax);
  emitter.wide(uop.b);
  code.op(Op.I64Mul);
  emitter.assign(Reg.Rax, Width.Qword);
  code.get(Local.Wide0);
  emitter.assign(Reg.Rdx, Width.Qword);
  code.get(Local.Wide0);
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  setCarryOverflow(emitter);
}

/** DIV of 32 bits. What raises #DE is left to the interpreter. */
export function divideDword(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  extended(emitter, uop.b, Width.Dword);
  code.set(Local.Wide0);
  extended(emitter, Reg.Rdx, Width.Dword);
  code.get(Local.Wide0);
  code.op(Op.I64GeU);
  leaveIf(emitter);
  emitter.wide(Reg.Rdx);
  code.i64(32);
  code.op(Op.I64Shl);
  extended(emitter, Reg.Rax, Width.Dword);
  code.op(Op.I64Or);
  code.set(Local.Wide1);
  quotientAndRemainder(emitter, Op.I64DivU, Op.I64RemU);
}

/** IDIV of 32 bits. */
export function divideSignedDword(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  extended(emitter, uop.b, Width.Dword, true);
  code.tee(Local.Wide0);
  // Divisors of 0 fault, and those of -1 may overflow Wasm's own division.
  code.i64(1);
  code.op(Op.I64Add);
  code.i64(1);
  code.op(Op.I64LeU);
  leaveIf(emitter);
  emitter.wide(Reg.Rdx);
  code.i64(32);
  code.op(Op.I64Shl);
  extended(emitter, Reg.Rax, Width.Dword);
  code.op(Op.I64Or);
  code.tee(Local.Wide1);
  code.get(Local.Wide0);
  code.op(Op.I64DivS);
  code.tee(Local.Linear);
  code.op(Op.I64Extend32S);
  code.get(Local.Linear);
  code.op(Op.I64Ne);
  leaveIf(emitter);
  quotientAndRemainder(emitter, Op.I64DivS, Op.I64RemS);
}

/** EAX, EDX ← quotient and remainder of `Wide1` by `Wide0`. */
function quotientAndRemainder(emitter: Emitter, divide: Op, remainder: Op): void {
  const { code } = emitter;
  emitter.flags.makeExplicit();
  for (const [op, register] of [
    [divide, Reg.Rax],
    [remainder, Reg.Rdx],
  ] as const) {
    code.get(Local.Wide1);
    code.get(Local.Wide0);
    code.op(op);
    emitter.truncateToDword();
    emitter.assign(register, Width.Dword);
  }
  quotientFlags(emitter);
}

/** CF and OF are kept, AF is set, ZF, SF and PF are cleared. */
function quotientFlags(emitter: Emitter): void {
  const { code } = emitter;
  code.get(Local.FlagRight);
  code.i64(CF_OF);
  code.op(Op.I64And);
  code.i64(AF);
  code.op(Op.I64Or);
  code.set(Local.FlagRight);
  code.i64(1);
  code.set(Local.FlagResult);
}

/** DIV of 64 bits whose dividend has no upper half; any other is left to the interpreter. */
export function divideQword(emitter: Emitter, uop: UopFields): void {
  const { code } = emitter;
  emitter.wide(Reg.Rdx);
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  emitter.wide(uop.b);
  code.op(Op.I64Eqz);
  code.op(Op.I32Or);
  leaveIf(emitter);
  emitter.flags.makeExplicit();
  emitter.wide(uop.b);
  code.set(Local.Wide0);
  emitter.wide(Reg.Rax);
  code.get(Local.Wide0);
  code.op(Op.I64RemU);
  code.set(Local.Wide1);
  emitter.wide(Reg.Rax);
  code.get(Local.Wide0);
  code.op(Op.I64DivU);
  emitter.assign(Reg.Rax, Width.Qword);
  code.get(Local.Wide1);
  emitter.assign(Reg.Rdx, Width.Qword);
  quotientFlags(emitter);
}

/** Leaves the instruction to the interpreter if the i32 on top of the stack is not zero. */
function leaveIf(emitter: Emitter): void {
  emitter.open(Op.If);
  emitter.exitBefore(Flow.Leave);
  emitter.close();
}

export enum BitChange {
  None,
  Set,
  Reset,
  Complement,
}

/** BT, BTS, BTR and BTC of 32 and 64 bits: CF ← the bit that a register or an immediate names. */
export function testBit(change: BitChange) {
  return (emitter: Emitter, uop: UopFields, width: Width, isImmediate: boolean): void => {
    const { code, flags } = emitter;
    flags.makeExplicit();
    if (isImmediate) code.i64(uop.low & ((8 << width) - 1));
    else pushCount(emitter, uop.b, width);
    code.set(Local.Wide0);
    emitter.wide(uop.a);
    code.get(Local.Wide0);
    code.op(Op.I64ShrU);
    lowBit(emitter);
    code.get(Local.FlagRight);
    code.i64(~1);
    code.op(Op.I64And);
    code.op(Op.I64Or);
    code.set(Local.FlagRight);
    if (change !== BitChange.None) changeBit(emitter, uop, width, change);
  };
}

function changeBit(emitter: Emitter, uop: UopFields, width: Width, change: BitChange): void {
  const { code } = emitter;
  emitter.wide(uop.a);
  code.i64(1);
  code.get(Local.Wide0);
  code.op(Op.I64Shl);
  if (change === BitChange.Reset) {
    code.i64(-1);
    code.op(Op.I64Xor);
    code.op(Op.I64And);
  } else {
    code.op(change === BitChange.Set ? Op.I64Or : Op.I64Xor);
  }
  if (width === Width.Dword) emitter.truncateToDword();
  emitter.assign(uop.a, width);
}

/** POPCNT of 32 and 64 bits: all flags but ZF are cleared. */
export function countOnes(emitter: Emitter, uop: UopFields, width: Width): void {
  const { code, flags } = emitter;
  extended(emitter, uop.b, width);
  code.op(Op.I64Popcnt);
  code.tee(Local.FlagResult);
  emitter.assign(uop.a, width);
  // PF is clear whatever the count; a result of 1 says so, a result of 0 needs it inverted.
  code.get(Local.FlagResult);
  code.op(Op.I64Eqz);
  code.op(Op.I32Eqz);
  code.op(Op.I64ExtendI32U);
  code.tee(Local.FlagResult);
  code.op(Op.I64Eqz);
  code.op(Op.I64ExtendI32U);
  code.i64(2);
  code.op(Op.I64Shl);
  code.set(Local.FlagRight);
  flags.set(Source.Explicit);
}
