/** POPCNT, LZCNT, BMI1, BMI2, ADX, MOVBE and CRC32 (APM vol 3). */
import { Reg } from '../../../assembly/abi/register.js';
import { SysOp } from '../../../assembly/abi/sys-op.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { Width } from '../../../assembly/abi/width.js';
import { Mnemonic } from '../iced-enums.js';
import type { Lowering, LoweringContext, LoweringRows } from './context.js';

/** VEX encodings do not exist in real and virtual-8086 mode (APM vol 3 §1.2.8). */
function vex(lowering: Lowering): Lowering {
  return (context) => {
    if (context.mode.isRealOrV86) context.sysEnd(SysOp.Undefined);
    else lowering(context);
  };
}

/** First operand ← f(second), for a family that begins at `smallest`. */
function unary(family: Uop, smallest: number = Width.Dword): Lowering {
  return (context) => {
    const width = context.instruction.width(0);
    const source = context.read(1, width, Reg.T0);
    context.emit(family + width - smallest, context.instruction.register(0), source);
  };
}

/** First operand ← f(second, third), for families that begin at 32 bits. Either may be in memory. */
function binary(family: Uop): Lowering {
  return (context) => {
    const { instruction } = context;
    const width = instruction.width(0);
    const left = context.read(1, width, Reg.T0);
    const right = context.read(2, width, Reg.T0);
    context.emit(family + width - Width.Dword, instruction.register(0), left, right);
  };
}

function rorx(context: LoweringContext): void {
  const { instruction } = context;
  const width = instruction.width(0);
  const source = context.read(1, width, Reg.T0);
  const count = instruction.immediateLow(2) & (width === Width.Qword ? 63 : 31);
  context.emit(Uop.Rorx32 + width - Width.Dword, instruction.register(0), source, 0, count);
}

/** The first two operands are results: the high half and the low half. */
function mulx(context: LoweringContext): void {
  const { instruction } = context;
  const width = instruction.width(0);
  const source = context.read(2, width, Reg.T0);
  context.emit(Uop.Mulx32 + width - Width.Dword, instruction.register(0), instruction.register(1), source);
}

function movbe(context: LoweringContext): void {
  const { instruction } = context;
  const width = instruction.width(0);
  const source = context.read(1, width, Reg.T0);
  if (width === Width.Word) context.emit(Uop.Movbe16, Reg.T1, source);
  else {
    context.move(width, Reg.T1, source);
    context.emit(Uop.Bswap16 + width - Width.Word, Reg.T1);
  }
  context.write(0, width, Reg.T1);
}

/** The first operand is a remainder of 32 bits in a register that may be of 64; the second any width. */
function crc32(context: LoweringContext): void {
  const { instruction } = context;
  const width = instruction.width(1);
  const source = context.read(1, width, Reg.T0);
  context.emit(Uop.Crc32Of8 + width, instruction.register(0), source);
}

function cmpxchg16b(context: LoweringContext): void {
  const { memory } = context;
  memory.computeUncheckedLinear();
  context.sys(SysOp.Cmpxchg16b, Reg.Address, 0, 0, memory.segment);
}

export const BIT_MANIPULATION: LoweringRows = [
  [Mnemonic.Popcnt, unary(Uop.Popcnt16, Width.Word)],
  [Mnemonic.Lzcnt, unary(Uop.Lzcnt16, Width.Word)],
  [Mnemonic.Tzcnt, unary(Uop.Tzcnt16, Width.Word)],
  [Mnemonic.Andn, vex(binary(Uop.Andn32))],
  [Mnemonic.Blsi, vex(unary(Uop.Blsi32))],
  [Mnemonic.Blsmsk, vex(unary(Uop.Blsmsk32))],
  [Mnemonic.Blsr, vex(unary(Uop.Blsr32))],
  [Mnemonic.Bextr, vex(binary(Uop.Bextr32))],
  [Mnemonic.Bzhi, vex(binary(Uop.Bzhi32))],
  [Mnemonic.Pdep, vex(binary(Uop.Pdep32))],
  [Mnemonic.Pext, vex(binary(Uop.Pext32))],
  [Mnemonic.Mulx, vex(mulx)],
  [Mnemonic.Rorx, vex(rorx)],
  [Mnemonic.Sarx, vex(binary(Uop.Sarx32))],
  [Mnemonic.Shlx, vex(binary(Uop.Shlx32))],
  [Mnemonic.Shrx, vex(binary(Uop.Shrx32))],
  [Mnemonic.Adcx, unary(Uop.Adcx32)],
  [Mnemonic.Adox, unary(Uop.Adox32)],
  [Mnemonic.Movbe, movbe],
  [Mnemonic.Crc32, crc32],
  [Mnemonic.Cmpxchg16b, cmpxchg16b],
];
