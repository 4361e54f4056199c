/** x87 instructions: one micro-op each, found by opcode in x87-rows.ts (APM vol 5). */
import { Reg } from '../../../assembly/abi/register.js';
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { Uop } from '../../../assembly/abi/uop.js';
import {
  X87_ADDRESS_GIVEN,
  X87_ADDRESS_WIDTH_SHIFT,
  X87_OPCODE_SHIFT,
  X87Op,
} from '../../../assembly/abi/x87-op.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import { requireX87 } from './availability.js';
import type { LoweringContext, LoweringRows } from './context.js';
import { X87_MEMORY, X87_SINGLE, X87_STACK, type X87Memory, type X87Register } from './x87-rows.js';

/** ModRM from here on has no operand in memory. */
const FIRST_REGISTER_FORM = 0xc0;
const SEGMENT_SHIFT = 4;
/** Fields of an environment, each of which is half as wide with an operand size of 16 bits. */
const ENVIRONMENT_FIELDS = 7;
const HALF_FIELD_BYTES = 2;

function lowerX87(context: LoweringContext): void {
  if (!requireX87(context)) return;
  const byte = context.opcodeByte(0);
  const modrm = context.opcodeByte(1);
  const fop = ((byte & 7) << 8) | modrm;
  const reg = (modrm >> 3) & 7;
  if (modrm < FIRST_REGISTER_FORM) {
    const row = X87_MEMORY[byte]?.[reg];
    if (row !== undefined) return lowerMemory(context, row, fop);
  } else {
    const single = X87_SINGLE[(byte << 8) | modrm];
    if (single !== undefined) return lowerRegister(context, single, 0, fop);
    const row = X87_STACK[byte]?.[reg];
    if (row !== undefined) return lowerRegister(context, row, modrm & 7, fop);
  }
  context.sysEnd(SysOp.Unimplemented);
}

function lowerRegister(context: LoweringContext, row: X87Register, i: number, fop: number): void {
  context.emit(Uop.X87, row.a + i, 0, 0, row.condition, row.op | (fop << X87_OPCODE_SHIFT), 0);
}

/** The micro-op has the effective address; where that is not the linear one, `Reg.Address` gets it first. */
function lowerMemory(context: LoweringContext, row: X87Memory, fop: number): void {
  const { memory } = context;
  memory.fetch();
  const { base, index, scale, low, width, segment } = memory;
  const hasFields = hasEnvironment(row.op);
  const fieldWidth = context.operandWidth === Width.Word ? Width.Word : Width.Dword;
  const isShort = hasFields && fieldWidth === Width.Word;
  const bytes = row.bytes - (isShort ? ENVIRONMENT_FIELDS * HALF_FIELD_BYTES : 0);
  if (memory.isChecked(row.isWrite)) checkEarly(context, row, hasFields ? fieldWidth : undefined);
  memory.linearize(bytes, row.isWrite);
  const isGiven = memory.settle();
  const n = scale | (isGiven ? X87_ADDRESS_GIVEN : 0) | (segment << SEGMENT_SHIFT);
  const operation = row.op | (fop << X87_OPCODE_SHIFT) | (width << X87_ADDRESS_WIDTH_SHIFT);
  context.emit(Uop.X87, hasFields ? fieldWidth : row.a, base, index, n, operation, low);
}

/**
 * What comes before the check that all of the operand lies in its segment: a pending exception, and every fault of the first
 * field of an environment.
 */
function checkEarly(context: LoweringContext, row: X87Memory, fieldWidth: number | undefined): void {
  const { memory } = context;
  if (row.op >= X87Op.Wait) context.emit(Uop.X87, 0, 0, 0, 0, X87Op.Wait, 0);
  if (fieldWidth === undefined) return;
  memory.linearize(1 << fieldWidth, row.isWrite);
  if (row.isWrite) memory.loadForWrite(Reg.T0, fieldWidth);
  else memory.load(Reg.T0, fieldWidth);
  memory.fetch();
}

function hasEnvironment(op: X87Op): boolean {
  return (
    op === X87Op.StoreEnvironment || op === X87Op.LoadEnvironment || op === X87Op.Save || op === X87Op.Restore
  );
}

/** FWAIT looks at CR0.MP and TS, not at EM (APM vol 2 §3.1.1). */
function lowerWait(context: LoweringContext): void {
  const { mode } = context;
  if (mode.isMonitoringCoprocessor && mode.isTaskSwitched) context.sysEnd(SysOp.DeviceNotAvailable);
  else context.emit(Uop.X87, 0, 0, 0, 0, X87Op.Wait, 0);
}

// prettier-ignore
const MNEMONICS = [
  Mnemonic.F2xm1, Mnemonic.Fabs, Mnemonic.Fadd, Mnemonic.Faddp, Mnemonic.Fbld, Mnemonic.Fbstp, Mnemonic.Fchs,
  Mnemonic.Fcmovb, Mnemonic.Fcmovbe, Mnemonic.Fcmove, Mnemonic.Fcmovnb, Mnemonic.Fcmovnbe, Mnemonic.Fcmovne,
  Mnemonic.Fcmovnu, Mnemonic.Fcmovu, Mnemonic.Fcom, Mnemonic.Fcomi, Mnemonic.Fcomip, Mnemonic.Fcomp,
  Mnemonic.Fcompp, Mnemonic.Fcos, Mnemonic.Fdecstp, Mnemonic.Fdiv, Mnemonic.Fdivp, Mnemonic.Fdivr,
  Mnemonic.Fdivrp, Mnemonic.Ffree, Mnemonic.Ffreep, Mnemonic.Fiadd, Mnemonic.Ficom, Mnemonic.Ficomp,
  Mnemonic.Fidiv, Mnemonic.Fidivr, Mnemonic.Fild, Mnemonic.Fimul, Mnemonic.Fincstp, Mnemonic.Fist,
  Mnemonic.Fistp, Mnemonic.Fisttp, Mnemonic.Fisub, Mnemonic.Fisubr, Mnemonic.Fld, Mnemonic.Fld1,
  Mnemonic.Fldcw, Mnemonic.Fldenv, Mnemonic.Fldl2e, Mnemonic.Fldl2t, Mnemonic.Fldlg2, Mnemonic.Fldln2,
  Mnemonic.Fldpi, Mnemonic.Fldz, Mnemonic.Fmul, Mnemonic.Fmulp, Mnemonic.Fnclex, Mnemonic.Fndisi,
  Mnemonic.Fneni, Mnemonic.Fninit, Mnemonic.Fnop, Mnemonic.Fnsave, Mnemonic.Fnsetpm, Mnemonic.Fnstcw,
  Mnemonic.Fnstenv, Mnemonic.Fnstsw, Mnemonic.Fpatan, Mnemonic.Fprem, Mnemonic.Fprem1, Mnemonic.Fptan,
  Mnemonic.Frndint, Mnemonic.Frstor, Mnemonic.Fscale, Mnemonic.Fsin, Mnemonic.Fsincos, Mnemonic.Fsqrt,
  Mnemonic.Fst, Mnemonic.Fstp, Mnemonic.Fstpnce, Mnemonic.Fsub, Mnemonic.Fsubp, Mnemonic.Fsubr,
  Mnemonic.Fsubrp, Mnemonic.Ftst, Mnemonic.Fucom, Mnemonic.Fucomi, Mnemonic.Fucomip, Mnemonic.Fucomp,
  Mnemonic.Fucompp, Mnemonic.Fxam, Mnemonic.Fxch, Mnemonic.Fxtract, Mnemonic.Fyl2x, Mnemonic.Fyl2xp1,
];

export const X87: LoweringRows = [
  [Mnemonic.Wait, lowerWait],
  ...MNEMONICS.map((mnemonic) => [mnemonic, lowerX87] as const),
];
