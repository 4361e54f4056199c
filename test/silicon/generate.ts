/** Random snippets: one to eight instructions of the integer set, with starting registers, flags and memory. */
import { type Code, Encoder, Instruction, OpKind, Register } from 'iced-x86';
import type { Case } from './compare.js';
import { instructionSet } from './instruction-set.js';
import type { Encoding } from './instruction-set.js';
import { dataAddress, edgeValue, farOffset, setOperand } from './operands.js';
import type { Context } from './operands.js';
import { Random } from './random.js';
import { WINDOW_ADDRESS, WINDOW_BYTES } from './layout.js';
import { startOf } from './record.js';
import { SELECTORS } from './segments.js';
import type { Bits, Snippet, Word } from './record.js';

const MAX_INSTRUCTIONS = 8;
const FAR_POINTERS = 24;
/** Bits of RFLAGS that a snippet starts with at random: the status flags and DF. */
const STATUS_AND_DF = 0xcd5;
const TF = 0x100;
const AC = 0x4_0000;
const ALWAYS_SET = 0x202; // bit 1, and IF: user code runs with interrupts on
const RCX = 1;
const RSP = 4;
const RSI = 6;
const RDI = 7;

export class SnippetGenerator {
  private readonly random: Random;
  private readonly groups: readonly (readonly Encoding[])[];
  private readonly encoder: Encoder;
  private codes: readonly Code[] = [];

  constructor(
    private readonly bits: Bits,
    seed: number,
  ) {
    this.random = new Random(seed);
    this.groups = instructionSet(bits);
    this.encoder = new Encoder(bits);
  }

  nextCase(): Case {
    const snippet = this.next();
    return { snippet, codes: this.codes };
  }

  next(): Snippet {
    const registers = this.registers();
    const context: Context = { random: this.random, bits: this.bits, registers };
    const count = 1 + this.random.below(MAX_INSTRUCTIONS);
    const instructions = Array.from({ length: count }, () => this.instruction(context));
    const bytes = this.layOut(instructions);
    this.codes = instructions.map(({ code }) => code);
    instructions.forEach((instruction) => instruction.free());
    return {
      bits: this.bits,
      instructions: bytes,
      registers,
      flags: this.flags(),
      windowSeed: this.random.u32(),
      patches: this.bits === 64 ? [] : this.farPointers(registers),
    };
  }

  /** Now and then every access is checked for alignment, or the first instruction is single-stepped. */
  private flags(): number {
    const flags = ALWAYS_SET | (this.random.u32() & STATUS_AND_DF);
    if (this.random.chance(0.04)) return flags | AC;
    return this.random.chance(0.03) ? flags | TF : flags;
  }

  private registers(): bigint[] {
    const registers = Array.from({ length: 16 }, () => this.registerValue());
    registers[RSP] = this.stackPointer();
    if (this.random.chance(0.05)) registers[RSP] = this.address();
    // String instructions have no displacement to bring them home.
    if (this.random.chance(0.7)) registers[RSI] = this.address();
    if (this.random.chance(0.7)) registers[RDI] = this.address();
    if (this.random.chance(0.5)) registers[RCX] = BigInt(this.random.below(40));
    return this.bits === 64 ? registers : registers.map((value) => BigInt.asUintN(32, value));
  }

  private stackPointer(): bigint {
    const slot = 8 * this.random.below(256);
    return BigInt(this.bits === 16 ? 0x400 + slot : WINDOW_ADDRESS + WINDOW_BYTES / 2 + slot);
  }

  /** Far pointers and interrupt frames in memory: one at the top of the stack, the rest anywhere. */
  private farPointers(registers: readonly bigint[]): Word[] {
    const { random } = this;
    const words = new Map<number, bigint>();
    for (let i = 0; i < FAR_POINTERS; i++) words.set(random.below(WINDOW_BYTES / 8), this.farPointer());
    const stack = this.bits === 16 ? 0x1000 : -WINDOW_ADDRESS; // where the stack segment begins in the window
    const top = (Number(registers[RSP]) + stack) / 8;
    if (Number.isInteger(top) && top >= 0 && top + 1 < WINDOW_BYTES / 8) {
      words.set(top, this.farPointer());
      words.set(top + 1, BigInt(this.flags()) | (this.farPointer() << 32n));
    }
    return [...words].map(([index, value]) => ({ index, value: BigInt.asUintN(64, value) }));
  }

  /** 16:16, with flags behind it, or 16:32. */
  private farPointer(): bigint {
    const offset = BigInt(farOffset(this.random));
    const selector = BigInt(this.random.pick(SELECTORS));
    if (this.random.chance(0.5)) return offset | (selector << 32n);
    return (offset & 0xffffn) | (selector << 16n) | (BigInt(this.flags() & 0xffff) << 32n);
  }

  private registerValue(): bigint {
    if (this.bits !== 64 && this.random.chance(0.1)) {
      return BigInt(this.random.pick(SELECTORS)) | (BigInt(this.random.below(0x10000)) << 16n);
    }
    if (this.random.chance(0.4)) return this.address();
    if (this.random.chance(0.4)) return BigInt(this.random.below(70));
    return edgeValue(this.random);
  }

  /** An instruction that encodes. Its branch target, if any, is not set yet. */
  private instruction(context: Context): Instruction {
    for (;;) {
      const encoding = this.random.pick(this.random.pick(this.groups));
      // A privileged instruction shows its #GP and ends the snippet: a few are enough.
      if (encoding.opCode.isPrivileged && this.random.chance(0.95)) continue;
      const instruction = new Instruction();
      instruction.code = encoding.code;
      if (this.setOperands(context, instruction, encoding)) {
        this.setPrefixes(instruction, encoding);
        if (this.encode(instruction, startOf(this.bits)) !== undefined) return instruction;
      }
      instruction.free();
    }
  }

  private setOperands(context: Context, instruction: Instruction, { opCode }: Encoding): boolean {
    for (let i = 0; i < opCode.opCount; i++) {
      if (!setOperand(context, instruction, i, opCode.opKind(i))) return false;
    }
    return true;
  }

  private setPrefixes(instruction: Instruction, { opCode }: Encoding): void {
    const { random } = this;
    const writesMemory = instruction.opCount > 0 && instruction.opKind(0) === OpKind.Memory;
    if (opCode.canUseLockPrefix && writesMemory && random.chance(0.2)) instruction.hasLockPrefix = true;
    if (opCode.canUseRepPrefix && random.chance(0.4)) instruction.hasRepPrefix = true;
    else if (opCode.canUseRepnePrefix && random.chance(0.3)) instruction.hasRepnePrefix = true;
    // FS and GS belong to the C library, except that 16-bit snippets have an FS of their own.
    const segments = [Register.ES, Register.SS, Register.DS];
    if (this.bits === 16) segments.push(Register.FS, Register.CS);
    const hasMemory = writesMemory || (this.bits === 16 && instruction.opCount > 1);
    if (hasMemory && random.chance(this.bits === 16 ? 0.2 : 0.03)) {
      instruction.segmentPrefix = random.pick(segments);
    }
  }

  /** The bytes of each instruction; branches go forward, to the start of a later instruction or to the end. */
  private layOut(instructions: readonly Instruction[]): Uint8Array[] {
    const lengths = instructions.map(
      (instruction) => this.encode(instruction, startOf(this.bits))?.length ?? 0,
    );
    const starts = [startOf(this.bits)];
    lengths.forEach((length, i) => starts.push((starts[i] ?? 0) + length));
    return instructions.map((instruction, i) => {
      const later = i + 1 + this.random.below(instructions.length - i);
      const bytes = this.encode(instruction, starts[i] ?? 0, starts[later]);
      if (bytes === undefined) throw new Error('an instruction that encoded no longer does');
      return bytes;
    });
  }

  private encode(instruction: Instruction, ip: number, target = ip + 16): Uint8Array | undefined {
    const kind = instruction.opCount > 0 ? instruction.opKind(0) : undefined;
    if (kind === OpKind.NearBranch16) instruction.nearBranch16 = target & 0xffff;
    if (kind === OpKind.NearBranch32) instruction.nearBranch32 = target;
    if (kind === OpKind.NearBranch64) instruction.nearBranch64 = BigInt(target);
    try {
      this.encoder.encode(instruction, BigInt(ip));
      return this.encoder.takeBuffer();
    } catch {
      this.encoder.takeBuffer(); // whatever was written before the operand that does not fit
      return undefined;
    }
  }

  private address(): bigint {
    return dataAddress({ random: this.random, bits: this.bits });
  }
}
