/** What a lowering function works with: the instruction, the mode it runs in, and the micro-ops written so far. */
import { Reg } from '../../../assembly/abi/register.js';
import type { SysOp } from '../../../assembly/abi/sys-op.js';
import { Uop } from '../../../assembly/abi/uop.js';
import { Width } from '../../../assembly/abi/width.js';
import { CodeMode } from '../code-mode.js';
import type { Iced } from '../iced.js';
import { Instruction } from '../instruction.js';
import { Prefixes } from '../prefixes.js';
import { UopWriter } from '../uop-writer.js';
import { MemoryOperand } from './memory-operand.js';

/** Lowers the context's instruction. */
export type Lowering = (context: LoweringContext) => void;
/** Rows of the table from mnemonics to lowerings. */
export type LoweringRows = readonly (readonly [mnemonic: number, lowering: Lowering])[];

/** A VEX prefix of three bytes, and W in its last. */
const VEX_3 = 0xc4;
const VEX_W = 0x80;

export class LoweringContext {
  readonly uops = new UopWriter();
  readonly instruction: Instruction;
  readonly memory: MemoryOperand;

  readonly mode = new CodeMode();

  /** No instruction may follow in this block. */
  isBlockEnd = false;
  /** The block has its branch and needs no `Uop.Next`. */
  hasBranch = false;

  private readonly prefixes = new Prefixes();
  private arePrefixesKnown = false;

  constructor(private readonly iced: Iced) {
    this.instruction = new Instruction(iced);
    this.memory = new MemoryOperand(this.uops, this.instruction, this.mode);
  }

  beginBlock(mode: number): void {
    this.mode.set(mode);
    this.uops.count = 0;
    this.isBlockEnd = false;
    this.hasBranch = false;
  }

  beginInstruction(position: number): void {
    this.uops.ip = position;
    this.arePrefixesKnown = false;
  }

  /** Offset of the next instruction from the start of the block. */
  get nextOffset(): number {
    return this.uops.ip + this.instruction.length;
  }

  emit(code: number, a = 0, b = 0, c = 0, n = 0, low = 0, high = low >> 31): void {
    this.uops.emit(code, a, b, c, n, low, high);
  }

  /** A core function: `param` goes to bits 31:16 of the immediate, `upper` to its upper half. */
  sys(op: SysOp, a = 0, b = 0, c = 0, param = 0, upper = 0): void {
    this.emit(Uop.Sys, a, b, c, this.instruction.length, op | (param << 16), upper);
  }

  /** A core function after which the rest of the block may be wrong. */
  sysEnd(op: SysOp, a = 0, b = 0, c = 0, param = 0, upper = 0): void {
    this.sys(op, a, b, c, param, upper);
    this.isBlockEnd = true;
  }

  branch(code: number, b = 0, c = 0, n = 0, low = 0, high = 0): void {
    this.emit(code, 0, b, c, n, low, high);
    this.isBlockEnd = true;
    this.hasBranch = true;
  }

  /** a ← b */
  move(width: number, a: number, b: number): void {
    this.emit(Uop.MovRR8 + width, a, b);
  }

  moveImmediate(a: number, low: number, high = low >> 31): void {
    this.emit(Uop.MovRI64, a, 0, 0, 0, low, high);
  }

  /** The operand's value: its own register, or `temporary` after a load. */
  read(operand: number, width: number, temporary: number): number {
    const { instruction } = this;
    if (instruction.isMemory(operand)) {
      this.memory.resolve(1 << width, false);
      this.memory.load(temporary, width);
      return temporary;
    }
    if (instruction.isImmediate(operand)) {
      this.moveImmediate(temporary, instruction.immediateLow(operand), instruction.immediateHigh(operand));
      return temporary;
    }
    return instruction.register(operand);
  }

  /** Stores `source` in the operand. */
  write(operand: number, width: number, source: number): void {
    if (this.instruction.isMemory(operand)) {
      this.memory.resolve(1 << width, true);
      this.memory.store(source, width);
    } else {
      this.move(width, this.instruction.register(operand), source);
    }
  }

  /** Runs `operate` on a register that holds the operand, and stores the result if that is in memory. */
  modify(operand: number, width: number, operate: (register: number) => void): void {
    if (this.instruction.isMemory(operand)) {
      this.memory.resolve(1 << width, true);
      this.memory.loadForWrite(Reg.T0, width);
      operate(Reg.T0);
      this.memory.store(Reg.T0, width);
    } else {
      operate(this.instruction.register(operand));
    }
  }

  /** Operand size by prefixes and mode (APM vol 3 §1.2.2). */
  get operandWidth(): number {
    const { hasRexW, hasOperandSize } = this.knownPrefixes();
    if (hasRexW) return Width.Qword;
    const isWord = (this.mode.codeWidth === Width.Word) !== hasOperandSize;
    return isWord ? Width.Word : Width.Dword;
  }

  /** Operand size of near branches and stack instructions, which is 64 bits in 64-bit mode (APM vol 3 §B.3). */
  get stackOperandWidth(): number {
    const width = this.operandWidth;
    return this.mode.is64Bit && width === Width.Dword ? Width.Qword : width;
  }

  /** Address size by prefix and mode (APM vol 3 §1.2.3). */
  get addressWidth(): number {
    const { hasAddressSize } = this.knownPrefixes();
    if (!hasAddressSize) return this.mode.codeWidth;
    return this.mode.codeWidth === Width.Dword ? Width.Word : Width.Dword;
  }

  /** Where in the window the opcode is, or the VEX prefix. */
  get opcodePosition(): number {
    return this.knownPrefixes().opcodePosition;
  }

  /** Byte `index` from the opcode or VEX prefix on. */
  opcodeByte(index: number): number {
    return this.iced.byteAt(this.opcodePosition + index);
  }

  get hasRexB(): boolean {
    return this.knownPrefixes().hasRexB;
  }

  /** VEX.W, of an instruction that has it. */
  get hasVexW(): boolean {
    return this.opcodeByte(0) === VEX_3 && (this.opcodeByte(2) & VEX_W) !== 0;
  }

  private knownPrefixes(): Prefixes {
    if (!this.arePrefixesKnown) this.prefixes.scan(this.iced, this.uops.ip, this.mode.is64Bit);
    this.arePrefixesKnown = true;
    return this.prefixes;
  }
}
