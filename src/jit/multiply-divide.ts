/** Multiplication and division of 32 and 64 bits. Undefined flags are as assembly/exec/muldiv.ts has them. */
import { Reg } from '../../assembly/abi/register.js';
import { Flow } from '../../assembly/abi/stop.js';
import { Width } from '../../assembly/abi/width.js';
import { Import } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { AF, CF_OF, extended, setCarryOverflow } from './explicit-flags.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { Op } from './wasm-opcodes.js';

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

/** The same of 64 bits: it overflows where the upper half of the product is not the sign of the lower. */
export function multiplyTruncatingQword(emitter: Emitter, uop: UopFields, isImmediate: boolean): void {
  const { code, flags } = emitter;
  const left = (): void => emitter.wide(isImmediate ? uop.b : uop.a);
  const right = (): void => (isImmediate ? code.i64(uop.low, uop.high) : emitter.wide(uop.b));
  flags.makeExplicit();
  left();
  right();
  code.call(Import.MultiplyHigh);
  // From the product of unsigned numbers to that of signed ones.
  for (const [factor, other] of [
    [left, right],
    [right, left],
  ] as const) {
    factor();
    signOf(emitter);
    other();
    code.op(Op.I64And);
    code.op(Op.I64Sub);
  }
  code.set(Local.Wide0);
  left();
  right();
  code.op(Op.I64Mul);
  code.tee(Local.Wide1);
  emitter.assign(uop.a, Width.Qword);
  code.get(Local.Wide0);
  code.get(Local.Wide1);
  signOf(emitter);
  code.op(Op.I64Ne);
  setCarryOverflow(emitter);
}

/** All ones if the i64 on top of the stack is negative, else 0. */
function signOf({ code }: Emitter): void {
  code.i64(63);
  code.op(Op.I64ShrS);
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

/** Pushes EDX:EAX. */
function pushDividend(emitter: Emitter): void {
  const { code } = emitter;
  emitter.wide(Reg.Rdx);
  code.i64(32);
  code.op(Op.I64Shl);
  extended(emitter, Reg.Rax, Width.Dword);
  code.op(Op.I64Or);
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
  pushDividend(emitter);
  code.set(Local.Wide1);
  quotientAndRemainder(emitter, Width.Dword, Op.I64DivU, Op.I64RemU);
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
  pushDividend(emitter);
  code.tee(Local.Wide1);
  code.get(Local.Wide0);
  code.op(Op.I64DivS);
  code.tee(Local.Linear);
  code.op(Op.I64Extend32S);
  code.get(Local.Linear);
  code.op(Op.I64Ne);
  leaveIf(emitter);
  quotientAndRemainder(emitter, Width.Dword, Op.I64DivS, Op.I64RemS);
}

/** rAX, rDX ← quotient and remainder of `Wide1` by `Wide0`. */
function quotientAndRemainder(emitter: Emitter, width: Width, divide: Op, remainder: Op): void {
  const { code } = emitter;
  emitter.flags.makeExplicit();
  for (const [op, register] of [
    [divide, Reg.Rax],
    [remainder, Reg.Rdx],
  ] as const) {
    code.get(Local.Wide1);
    code.get(Local.Wide0);
    code.op(op);
    if (width === Width.Dword) emitter.truncateToDword();
    emitter.assign(register, width);
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
  emitter.wide(uop.b);
  code.set(Local.Wide0);
  emitter.wide(Reg.Rax);
  code.set(Local.Wide1);
  quotientAndRemainder(emitter, Width.Qword, Op.I64DivU, Op.I64RemU);
}

/** Leaves the instruction to the interpreter if the i32 on top of the stack is not zero. */
function leaveIf(emitter: Emitter): void {
  emitter.open(Op.If);
  emitter.exitBefore(Flow.Leave);
  emitter.close();
}
