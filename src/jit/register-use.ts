/**
 * Which registers and flags each micro-op touches, for the compiler: what to keep in locals, and what to exchange with the
 * state around a micro-op that the interpreter runs (abi/uop.ts).
 */
import { FloatOp } from '../../assembly/abi/float-op.js';
import { Reg } from '../../assembly/abi/register.js';
import { Uop } from '../../assembly/abi/uop.js';
import type { UopFields } from './region.js';
import { comparesStrings, isString, slotsOfString } from './string-use.js';
import { isFromRegister, isToRegister, operationOf } from './vector-use.js';

/** Bits of a row: operands that are read or written. A partial write counts as both. */
enum Use {
  ReadA = 1,
  WriteA = 2,
  ReadB = 4,
  WriteB = 8,
  ReadC = 16,
  /** Reads or writes status flags. */
  Flags = 32,
  /** Reads and writes whatever it likes. */
  Everything = 64,
}

/** Slots that compiled code may keep in locals: everything but BlockRip and Zero. */
const KEPT = 0xff3fffff;

const A = Use.ReadA | Use.WriteA;
const AB = A | Use.ReadB;
const ABC = AB | Use.ReadC;
/** What has no row below may do anything. */
const USES = new Uint8Array(Uop.Sys + 1).fill(Use.Everything);
/** Bit n: slot n of the register file is read and written beside the operands. */
const IMPLICIT = new Uint32Array(Uop.Sys + 1);

function define(first: Uop, last: Uop, use: number, ...implicit: Reg[]): void {
  USES.fill(use, first, last + 1);
  IMPLICIT.fill(
    implicit.reduce<number>((mask, reg) => mask | slotMask(reg), 0),
    first,
    last + 1,
  );
}

define(Uop.MovRR8, Uop.MovRR64, AB);
define(Uop.MovRI8, Uop.MovRI64, A);
define(Uop.Movzx8To16, Uop.Movsx32To64, AB);
define(Uop.Xchg8, Uop.Xchg64, AB | Use.WriteB);
define(Uop.Cmov16, Uop.Setcc, AB | Use.Flags);
define(Uop.Lea16, Uop.LoadRmwWrap64, ABC);
define(Uop.Store8, Uop.StoreWrap64, Use.ReadA | Use.ReadB | Use.ReadC);
define(Uop.SegmentRead, Uop.SegmentWrite, AB);
define(Uop.Push32, Uop.Pop64, A, Reg.Rsp);
define(Uop.AddRR8, Uop.TestRI64, AB | Use.Flags);
define(Uop.AddQuietRR32, Uop.XorQuietRI64, AB);
define(Uop.Inc8, Uop.Neg64, A | Use.Flags);
define(Uop.Not8, Uop.Not64, A);
define(Uop.RolRR8, Uop.SarRI64, AB | Use.Flags);
define(Uop.RolQuietRI32, Uop.SarQuietRI64, A);
define(Uop.Shld16, Uop.Shrd64, ABC | Use.Flags);
define(Uop.Mul8, Uop.Idiv64, Use.ReadB | Use.Flags, Reg.Rax, Reg.Rdx);
define(Uop.Imul2RR16, Uop.Imul3RI64, AB | Use.Flags);
define(Uop.BtRR16, Uop.BtcRI64, AB | Use.Flags);
define(Uop.BitAddress16, Uop.BitAddress64, AB);
define(Uop.Bsf16, Uop.Bsr64, AB | Use.Flags);
define(Uop.Bswap16, Uop.Bswap64, A);
define(Uop.Cmpxchg8, Uop.Cmpxchg64, AB | Use.Flags, Reg.Rax, Reg.T1);
define(Uop.Popcnt16, Uop.Adox64, ABC | Use.Flags);
define(Uop.Pdep32, Uop.Pext64, ABC);
define(Uop.Mulx32, Uop.Mulx64, ABC | Use.WriteB, Reg.Rdx);
define(Uop.Rorx32, Uop.Movbe16, ABC);
define(Uop.Crc32Of8, Uop.Crc32Of64, AB);
define(Uop.Clc, Uop.Std, Use.Flags);
define(Uop.Sahf, Uop.Aad, Use.Flags, Reg.Rax);
define(Uop.Next, Uop.Jmp, 0);
define(Uop.Jcc, Uop.Jcc, Use.Flags);
define(Uop.JmpReg, Uop.JmpReg, Use.ReadB);
define(Uop.Loop, Uop.Loop, Use.Flags, Reg.Rcx);
define(Uop.CallRel32, Uop.CallRel64, 0, Reg.Rsp);
define(Uop.CheckTarget, Uop.CheckTarget, Use.ReadB);
define(Uop.LoadVector8, Uop.StoreVector256, Use.ReadB | Use.ReadC);
define(Uop.Vector, Uop.VectorWhole, 0);
define(Uop.VectorTest, Uop.VectorTest, Use.Flags);
define(Uop.Crypto, Uop.Crypto, 0);
define(Uop.MovToVector32, Uop.MovToVector64, Use.ReadB);
define(Uop.MovFromVector32, Uop.MovFromVector64, Use.WriteA);
define(Uop.MmxCheck, Uop.MmxRead, 0);
define(Uop.X87, Uop.X87, Use.ReadB | Use.ReadC | Use.Flags, Reg.Rax, Reg.Address);
define(Uop.Done, Uop.Done, 0);

/** Bit n: slot n of the register file is read and written by INT n and IRET that compiled code goes on after. */
export const TRANSFER_SLOTS = 1 << (Reg.Rsp >> 3);

/** The slots of the register file that guests have and that an exit writes back: general registers. */
export const GENERAL_SLOTS = 16;

function slotMask(register: number): number {
  return (1 << (register >> 3)) & KEPT;
}

/** Bit n: slot n of the register file may be read. */
export function slotsRead(uop: UopFields): number {
  const use = useOf(uop);
  if ((use & Use.Everything) !== 0) return KEPT;
  return (
    implicit(uop) |
    ((use & Use.ReadA) !== 0 ? slotMask(uop.a) : 0) |
    ((use & Use.ReadB) !== 0 ? slotMask(uop.b) : 0) |
    ((use & Use.ReadC) !== 0 ? slotMask(uop.c) : 0)
  );
}

/** Bit n: slot n of the register file may be written. */
export function slotsWritten(uop: UopFields): number {
  const use = useOf(uop);
  if ((use & Use.Everything) !== 0) return KEPT;
  return (
    implicit(uop) |
    ((use & Use.WriteA) !== 0 ? slotMask(uop.a) : 0) |
    ((use & Use.WriteB) !== 0 ? slotMask(uop.b) : 0)
  );
}

export function touchesFlags(uop: UopFields): boolean {
  return (useOf(uop) & (Use.Flags | Use.Everything)) !== 0;
}

function useOf(uop: UopFields): number {
  if (uop.code === Uop.Sys && isString(uop.low)) return comparesStrings(uop.low) ? Use.Flags : 0;
  return uop.code === Uop.Float ? useOfFloat(operationOf(uop)) : (USES[uop.code] ?? 0);
}

function useOfFloat(op: FloatOp): number {
  if (op === FloatOp.Comi || op === FloatOp.Ucomi) return Use.Flags;
  if (isFromRegister(op)) return Use.ReadC;
  return isToRegister(op) ? Use.WriteA : 0;
}

function implicit(uop: UopFields): number {
  if (uop.code === Uop.Float && operationOf(uop) <= FloatOp.StoreMxcsr) return slotMask(Reg.T0);
  if (uop.code === Uop.Sys) return slotsOfString(uop.low);
  return IMPLICIT[uop.code] ?? 0;
}
