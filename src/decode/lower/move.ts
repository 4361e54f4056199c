/** Data movement between general registers and memory (APM vol 3, MOV, MOVZX, XCHG, CMPXCHG, LEA, …). */
import { Reg } from '../../../assembly/abi/register.js';
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';
import { moveSpecial } from './special-register.js';

function mov(context: LoweringContext): void {
  if (moveSpecial(context)) return;
  const { instruction } = context;
  if (instruction.isMemory(0)) storeSource(context);
  else loadDestination(context);
}

function storeSource(context: LoweringContext): void {
  const width = context.instruction.width(0);
  context.write(0, width, context.read(1, width, Reg.T0));
}

function loadDestination(context: LoweringContext): void {
  const { instruction, memory } = context;
  const width = instruction.width(0);
  const destination = instruction.register(0);
  if (instruction.isMemory(1)) {
    memory.resolve(1 << width, false);
    memory.load(destination, width);
  } else if (instruction.isImmediate(1)) {
    const low = instruction.immediateLow(1);
    context.emit(Uop.MovRI8 + width, destination, 0, 0, 0, low, instruction.immediateHigh(1));
  } else {
    context.move(width, destination, instruction.register(1));
  }
}

/** `Movzx8To16 + n`, n by widths; a move between equal widths is a plain one. */
function extend(from8: Uop, from16: Uop): Lowering {
  return (context) => {
    const { instruction } = context;
    const to = instruction.width(0);
    const from = instruction.width(1);
    const source = context.read(1, from, Reg.T0);
    const destination = instruction.register(0);
    if (from === to) context.move(to, destination, source);
    else if (from === Width.Byte) context.emit(from8 + to - Width.Word, destination, source);
    else if (from === Width.Word) context.emit(from16 + to - Width.Dword, destination, source);
    else context.emit(Uop.Movsx32To64, destination, source);
  };
}

/** CBW, CWDE, CDQE: the accumulator, from half its width. */
function extendAccumulator(uop: Uop): Lowering {
  return (context) => context.emit(uop, Reg.Rax, Reg.Rax);
}

function cwd(context: LoweringContext): void {
  context.emit(Uop.Movsx16To64, Reg.T0, Reg.Rax);
  context.emit(Uop.SarQuietRI64, Reg.T0, 0, 0, 63);
  context.move(Width.Word, Reg.Rdx, Reg.T0);
}

function cdq(context: LoweringContext): void {
  context.move(Width.Dword, Reg.Rdx, Reg.Rax);
  context.emit(Uop.SarQuietRI32, Reg.Rdx, 0, 0, 31);
}

function cqo(context: LoweringContext): void {
  context.move(Width.Qword, Reg.Rdx, Reg.Rax);
  context.emit(Uop.SarQuietRI64, Reg.Rdx, 0, 0, 63);
}

function lea(context: LoweringContext): void {
  const { instruction, memory } = context;
  memory.fetch();
  const width = instruction.width(0);
  const { base, index, scale, low, high } = memory;
  // Truncated to the narrower of address and operand; a 16-bit result must not touch the rest of its register.
  const narrow = Math.min(width, memory.width);
  const target = width === Width.Word ? Reg.T0 : instruction.register(0);
  context.emit(Uop.Lea16 + narrow - Width.Word, target, base, index, scale, low, high);
  if (width === Width.Word) context.move(Width.Word, instruction.register(0), Reg.T0);
}

function xchg(context: LoweringContext): void {
  const { instruction, memory } = context;
  const width = instruction.width(0);
  if (!instruction.isMemory(0) && !instruction.isMemory(1)) {
    context.emit(Uop.Xchg8 + width, instruction.register(0), instruction.register(1));
    return;
  }
  const register = instruction.register(instruction.isMemory(0) ? 1 : 0);
  memory.resolve(1 << width, true);
  memory.loadForWrite(Reg.T0, width);
  memory.store(register, width);
  context.move(width, register, Reg.T0);
}

/** The source receives the old destination; the destination is written last, so it wins if they are the same. */
function xadd(context: LoweringContext): void {
  const { instruction, memory } = context;
  const width = instruction.width(0);
  const source = instruction.register(1);
  if (!instruction.isMemory(0)) {
    const destination = instruction.register(0);
    context.move(width, Reg.T0, destination);
    context.emit(Uop.AddRR8 + width, Reg.T0, source);
    context.move(width, source, destination);
    context.move(width, destination, Reg.T0);
    return;
  }
  memory.resolve(1 << width, true);
  memory.loadForWrite(Reg.T0, width);
  context.move(width, Reg.T1, Reg.T0);
  context.emit(Uop.AddRR8 + width, Reg.T1, source);
  memory.store(Reg.T1, width);
  context.move(width, source, Reg.T0);
}

const signExtend = extend(Uop.Movsx8To16, Uop.Movsx16To32);

/** With a 16-bit destination AMD reads 32 bits of memory and keeps the low half. */
function movsxd(context: LoweringContext): void {
  const { instruction, memory } = context;
  if (!instruction.isMemory(1) || instruction.width(0) !== Width.Word) return signExtend(context);
  memory.resolve(4, false);
  memory.load(Reg.T0, Width.Dword);
  context.move(Width.Word, instruction.register(0), Reg.T0);
}

/** ZF is set (APM vol 3 App. A). */
const CONDITION_E = 4;

function cmpxchg(context: LoweringContext): void {
  const { instruction, memory } = context;
  const width = instruction.width(0);
  const source = instruction.register(1);
  if (!instruction.isMemory(0)) {
    const destination = instruction.register(0);
    context.emit(Uop.Cmpxchg8 + width, destination, source);
    // A 32-bit destination that is unequal keeps its upper half on silicon: nothing is written.
    if (width === Width.Dword) context.emit(Uop.Cmov64, destination, Reg.T1, 0, CONDITION_E);
    else context.move(width, destination, Reg.T1);
    return;
  }
  memory.resolve(1 << width, true);
  memory.pin([Reg.Rax]);
  memory.loadForWrite(Reg.T0, width);
  context.emit(Uop.Cmpxchg8 + width, Reg.T0, source);
  memory.store(Reg.T1, width);
}

function cmpxchg8b(context: LoweringContext): void {
  const { memory } = context;
  memory.resolve(8, true);
  memory.pin([Reg.Rax, Reg.Rdx]);
  memory.loadForWrite(Reg.T0, Width.Qword);
  context.sys(SysOp.Cmpxchg8b);
  memory.store(Reg.T1, Width.Qword);
}

function bswap(context: LoweringContext): void {
  const width = context.instruction.width(0);
  context.emit(Uop.Bswap16 + width - Width.Word, context.instruction.register(0));
}

/** AL ← table at rBX, indexed by AL. */
function xlat(context: LoweringContext): void {
  const { memory } = context;
  context.emit(Uop.Movzx8To64, Reg.T0, Reg.Rax);
  memory.fetch();
  memory.index = Reg.T0;
  memory.linearize(1, false);
  memory.load(Reg.Rax, Width.Byte);
}

/** CMOVcc: `condition` as APM vol 3 App. A numbers them. The load happens, and may fault, either way. */
function cmov(condition: number): Lowering {
  return (context) => {
    const { instruction } = context;
    const width = instruction.width(0);
    const source = context.read(1, width, Reg.T0);
    context.emit(Uop.Cmov16 + width - Width.Word, instruction.register(0), source, 0, condition);
  };
}

function setcc(condition: number): Lowering {
  return (context) => {
    const { instruction } = context;
    if (!instruction.isMemory(0)) {
      context.emit(Uop.Setcc, instruction.register(0), 0, 0, condition);
      return;
    }
    context.emit(Uop.Setcc, Reg.T0, 0, 0, condition);
    context.write(0, Width.Byte, Reg.T0);
  };
}

/** In the order of condition codes. */
// prettier-ignore
const CMOV = [
  Mnemonic.Cmovo, Mnemonic.Cmovno, Mnemonic.Cmovb, Mnemonic.Cmovae,
  Mnemonic.Cmove, Mnemonic.Cmovne, Mnemonic.Cmovbe, Mnemonic.Cmova,
  Mnemonic.Cmovs, Mnemonic.Cmovns, Mnemonic.Cmovp, Mnemonic.Cmovnp,
  Mnemonic.Cmovl, Mnemonic.Cmovge, Mnemonic.Cmovle, Mnemonic.Cmovg,
];
// prettier-ignore
const SETCC = [
  Mnemonic.Seto, Mnemonic.Setno, Mnemonic.Setb, Mnemonic.Setae,
  Mnemonic.Sete, Mnemonic.Setne, Mnemonic.Setbe, Mnemonic.Seta,
  Mnemonic.Sets, Mnemonic.Setns, Mnemonic.Setp, Mnemonic.Setnp,
  Mnemonic.Setl, Mnemonic.Setge, Mnemonic.Setle, Mnemonic.Setg,
];

export const MOVE: LoweringRows = [
  [Mnemonic.Mov, mov],
  [Mnemonic.Movnti, storeSource],
  [Mnemonic.Movzx, extend(Uop.Movzx8To16, Uop.Movzx16To32)],
  [Mnemonic.Movsx, extend(Uop.Movsx8To16, Uop.Movsx16To32)],
  [Mnemonic.Movsxd, movsxd],
  [Mnemonic.Cbw, extendAccumulator(Uop.Movsx8To16)],
  [Mnemonic.Cwde, extendAccumulator(Uop.Movsx16To32)],
  [Mnemonic.Cdqe, extendAccumulator(Uop.Movsx32To64)],
  [Mnemonic.Cwd, cwd],
  [Mnemonic.Cdq, cdq],
  [Mnemonic.Cqo, cqo],
  [Mnemonic.Lea, lea],
  [Mnemonic.Xchg, xchg],
  [Mnemonic.Xadd, xadd],
  [Mnemonic.Cmpxchg, cmpxchg],
  [Mnemonic.Cmpxchg8b, cmpxchg8b],
  [Mnemonic.Bswap, bswap],
  [Mnemonic.Xlatb, xlat],
  ...CMOV.map((mnemonic, condition) => [mnemonic, cmov(condition)] as const),
  ...SETCC.map((mnemonic, condition) => [mnemonic, setcc(condition)] as const),
];
