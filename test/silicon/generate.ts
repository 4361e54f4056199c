/** Random snippets: a few instructions of the supported set, and inputs to start them from. */
import { Code, Encoder, Instruction, OpKind, Register } from 'iced-x86';
import type { Case } from './compare.js';
import type { Context } from './context.js';
import { InputGenerator } from './inputs.js';
import { instructionSet } from './instruction-set.js';
import type { Encoding, Family, Groups } from './instruction-set.js';
import { setOperand } from './operands.js';
import { Random } from './random.js';
import { startOf } from './record.js';
import type { Bits, Snippet } from './record.js';

const MOST_INSTRUCTIONS: Readonly<Record<Family, number>> = { integer: 8, extended: 4 };
/** Draws until an instruction of the wanted encodings can be encoded. */
const MOST_ATTEMPTS = 10_000;

/**
 * These count on general registers or vector registers as the snippet starts with them: the state components that an
 * XSAVE saves, the indices of a gather.
 */
const FIRST_ONLY = /^(Xsave|Xrstor|VEX_Vp?gather)/;

export interface GeneratorOptions {
  readonly families?: readonly Family[];
  /** Names of the encodings wanted; all by default. */
  readonly only?: RegExp;
  /** Inputs with which each sequence of instructions is run. */
  readonly inputs?: number;
}

/** The encodings to draw from. */
type Choice = Readonly<Record<Family, Groups>>;

/** Instructions, and what their operands ask of their inputs. */
interface Sequence {
  readonly family: Family;
  readonly context: Context;
  readonly codes: readonly Code[];
  readonly bytes: readonly Uint8Array[];
}

export class SnippetGenerator {
  private readonly random: Random;
  private readonly families: readonly Family[];
  private readonly groups: Choice;
  private readonly laterGroups: Choice;
  private readonly encoder: Encoder;
  private readonly inputs: InputGenerator;
  private sequence: Sequence | undefined;
  private inputsLeft = 0;

  constructor(
    private readonly bits: Bits,
    seed: number,
    private readonly options: GeneratorOptions = {},
  ) {
    this.random = new Random(seed);
    const { only } = options;
    const isWanted = (name: string) => only === undefined || only.test(name);
    this.groups = choice(bits, isWanted);
    this.laterGroups = choice(bits, (name) => isWanted(name) && !FIRST_ONLY.test(name));
    this.families = (options.families ?? ['integer']).filter((family) => this.groups[family].length > 0);
    this.encoder = new Encoder(bits);
    this.inputs = new InputGenerator(this.random, bits);
  }

  next(): Snippet {
    return this.nextCase().snippet;
  }

  nextCase(): Case {
    let { sequence } = this;
    if (sequence === undefined || this.inputsLeft === 0) {
      sequence = this.newSequence();
      this.sequence = sequence;
      this.inputsLeft = this.options.inputs ?? 1;
      this.inputsLeft--;
      return this.caseOf(sequence, sequence.context.registers);
    }
    this.inputsLeft--;
    return this.caseOf(sequence, this.inputs.registersLike(sequence.context));
  }

  private caseOf({ family, context, codes, bytes }: Sequence, registers: readonly bigint[]): Case {
    const input = this.inputs.next(context, registers, codes, family === 'extended');
    return { snippet: { bits: this.bits, instructions: bytes, ...input }, codes };
  }

  private newSequence(): Sequence {
    const family = this.random.pick(this.families);
    const context = this.inputs.newContext();
    const count =
      this.laterGroups[family].length === 0 ? 1 : 1 + this.random.below(MOST_INSTRUCTIONS[family]);
    const instructions = Array.from({ length: count }, (_, i) => {
      const groups = i === 0 ? this.groups : this.laterGroups;
      return this.instruction(context, family, i === 0, groups);
    });
    const codes = instructions.map(({ code }) => code);
    const bytes = this.layOut(instructions);
    instructions.forEach((instruction) => instruction.free());
    return { family, context, codes, bytes };
  }

  /** An instruction that encodes. Its branch target, if any, is not set yet. */
  private instruction(context: Context, family: Family, isFirst: boolean, choice: Choice): Instruction {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      // Among the extended ones a few others, which move data in and out.
      const isOther = family === 'extended' && !isFirst && this.random.chance(0.15);
      const groups = isOther && choice.integer.length > 0 ? choice.integer : choice[family];
      const encoding = this.random.pick(this.random.pick(groups));
      // A privileged instruction shows its #GP and ends the snippet: a few are enough.
      if (encoding.opCode.isPrivileged && this.options.only === undefined && this.random.chance(0.95))
        continue;
      const instruction = new Instruction();
      instruction.code = encoding.code;
      if (this.setOperands(context, instruction, encoding)) {
        this.setPrefixes(instruction, encoding, this.bits === 64 && family === 'extended');
        if (this.encode(instruction, startOf(this.bits)) !== undefined) return instruction;
      }
      instruction.free();
    }
    throw new Error('none of the wanted encodings can be generated');
  }

  private setOperands(context: Context, instruction: Instruction, { opCode }: Encoding): boolean {
    for (let i = 0; i < opCode.opCount; i++) {
      if (!setOperand(context, instruction, i, opCode.opKind(i))) return false;
    }
    return true;
  }

  private setPrefixes(instruction: Instruction, { opCode }: Encoding, hasBases: boolean): void {
    const { random, encoder } = this;
    const writesMemory = instruction.opCount > 0 && instruction.opKind(0) === OpKind.Memory;
    if (opCode.canUseLockPrefix && writesMemory && random.chance(0.2)) instruction.hasLockPrefix = true;
    if (opCode.canUseRepPrefix && random.chance(0.4)) instruction.hasRepPrefix = true;
    else if (opCode.canUseRepnePrefix && random.chance(0.3)) instruction.hasRepnePrefix = true;
    // FS and GS belong to the C library, except that 16-bit snippets have an FS of their own, and 64-bit ones bases.
    const segments = [Register.ES, Register.SS, Register.DS];
    if (this.bits === 16) segments.push(Register.FS, Register.CS);
    if (hasBases) segments.push(Register.FS, Register.GS);
    const hasMemory =
      writesMemory || (this.bits === 16 && instruction.opCount > 1) || hasMemoryOperand(instruction);
    if (hasMemory && random.chance(this.bits === 16 ? 0.2 : 0.03)) {
      instruction.segmentPrefix = random.pick(segments);
    }
    // Forms of a VEX prefix that mean the same.
    encoder.preventVEX2 = random.chance(0.3);
    encoder.VEX_WIG = random.below(2);
    encoder.VEX_LIG = random.below(2);
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
}

function hasMemoryOperand(instruction: Instruction): boolean {
  for (let i = 0; i < instruction.opCount; i++) if (instruction.opKind(i) === OpKind.Memory) return true;
  return false;
}

function choice(bits: Bits, isWanted: (name: string) => boolean): Choice {
  const wanted = (family: Family): Groups =>
    instructionSet(bits, family)
      .map((encodings) => encodings.filter(({ code }) => isWanted(Code[code])))
      .filter((encodings) => encodings.length > 0);
  return { integer: wanted('integer'), extended: wanted('extended') };
}
