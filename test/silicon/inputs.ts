/** What a snippet starts from: registers, flags, memory and, if its instructions use it, extended state. */
import { Code, CodeExt, MemorySize, MemorySizeExt } from 'iced-x86';
import { dataAddress } from './addresses.js';
import type { Context, Target } from './context.js';
import { randomExtendedState, randomMxcsr } from './extended-values.js';
import { fillWith } from './float-values.js';
import type { Flavour } from './float-values.js';
import { KEPT_WINDOWS, MAX_PATCHES, WINDOW_ADDRESS, WINDOW_BYTES, windowOf } from './layout.js';
import { edgeValue, farOffset } from './operands.js';
import type { Random } from './random.js';
import { SELECTORS } from './segments.js';
import type { Bits, Snippet, Word } from './record.js';
import { ValuePool } from './value-pool.js';

const FAR_POINTERS = 24;
/** Bits of RFLAGS that a snippet starts with at random: the status flags and DF. */
const STATUS_AND_DF = 0xcd5;
const TF = 0x100;
const AC = 0x4_0000;
const ALWAYS_SET = 0x202; // bit 1, and IF: user code runs with interrupts on
const RAX = 0;
const RCX = 1;
const RSP = 4;
const RSI = 6;
const RDI = 7;
/** State components that the operating system enabled and vmexit does not have: AVX-512 and protection keys. */
const FOREIGN_COMPONENTS = 0x2e0n;
/** Where MXCSR is in FXSAVE's layout, and the header in XSAVE's (APM vol 2 §11.4.4, §11.5.7). */
const FXSAVE_MXCSR = 24;
const XSAVE_HEADER = 512;
const XSAVE_HEADER_BYTES = 64;

export type Input = Pick<Snippet, 'registers' | 'flags' | 'windowSeed' | 'patches' | 'extended'>;

export class InputGenerator {
  private readonly overlay = new Overlay();
  private readonly pool: ValuePool;

  constructor(
    private readonly random: Random,
    private readonly bits: Bits,
  ) {
    this.pool = new ValuePool(random);
  }

  newContext(): Context {
    const registers = this.registers();
    return { random: this.random, bits: this.bits, registers, pinned: new Set(), targets: [], indices: [] };
  }

  /** Other registers for the same instructions: those that addresses count on stay. */
  registersLike({ registers, pinned }: Context): bigint[] {
    return this.registers().map((value, i) => (pinned.has(i) ? (registers[i] ?? 0n) : value));
  }

  next(context: Context, registers: readonly bigint[], codes: readonly Code[], isExtended: boolean): Input {
    const windowSeed = this.random.below(KEPT_WINDOWS);
    const flags = this.flags();
    const farPointers = codes.some(usesFarPointer) ? this.farPointers(registers) : [];
    if (!isExtended) return { registers, flags, windowSeed, patches: farPointers };
    const code = this.random.pick(codes);
    const extended = randomExtendedState(this.random, this.pool, {
      flavour: flavourOf(code),
      vectorRegisters: this.bits === 64 ? 16 : 8,
      indices: context.indices,
    });
    const adjusted = codes.some((code) => /^X(save|rstor)/.test(Code[code]))
      ? this.withComponents(registers)
      : registers;
    const patches = this.operandPatches(context, windowSeed, farPointers);
    return { registers: adjusted, flags, windowSeed, patches, extended };
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

  /** The components that an XSAVE or XRSTOR is asked for, without those of this processor alone. */
  private withComponents(registers: readonly bigint[]): bigint[] {
    const components = BigInt(this.random.chance(0.7) ? this.random.below(8) : this.random.u32());
    return registers.map((value, i) => (i === RAX ? components & ~FOREIGN_COMPONENTS : value));
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

  private address(): bigint {
    return dataAddress({ random: this.random, bits: this.bits });
  }

  /** Memory operands hold what their instructions work on. */
  private operandPatches(context: Context, seed: number, patches: readonly Word[]): readonly Word[] {
    const { overlay, random } = this;
    overlay.begin(seed, patches);
    for (const target of context.targets) {
      const offset = Number(target.address) - (this.bits === 16 ? 0 : WINDOW_ADDRESS);
      if (offset >= 0 && offset < WINDOW_BYTES && random.chance(0.85)) this.fillOperand(target, offset);
    }
    return overlay.patches();
  }

  private fillOperand({ code }: Target, offset: number): void {
    const { overlay, random } = this;
    const name = Code[code];
    const flavour = flavourOf(code);
    const { memorySize } = CodeExt.opCode(code);
    if (/^(VEX_V)?[Ll]dmxcsr/.test(name)) overlay.word(offset, randomMxcsr(random));
    else if (/^(Fxrstor|Xrstor)/.test(name)) this.fillImage(offset, name.startsWith('X'));
    else if (flavour !== undefined) {
      const bytes = MemorySizeExt.size(memorySize);
      overlay.fill(random, offset, bytes, flavour);
    }
  }

  /** An image that can be restored: an MXCSR and an XSAVE header without what must be zero. */
  private fillImage(offset: number, hasHeader: boolean): void {
    const { overlay, random } = this;
    overlay.word(offset + FXSAVE_MXCSR, randomMxcsr(random));
    if (!hasHeader) return;
    for (let at = 0; at < XSAVE_HEADER_BYTES; at += 4) overlay.word(offset + XSAVE_HEADER + at, 0);
    overlay.word(offset + XSAVE_HEADER, random.below(8));
  }
}

/** The window with words changed, as patches. */
class Overlay {
  private readonly bytes = new Uint8Array(WINDOW_BYTES + 64);
  private readonly view = new DataView(this.bytes.buffer);
  private readonly touched = new Set<number>();

  begin(seed: number, patches: readonly Word[]): void {
    const words = windowOf(seed);
    this.bytes.set(new Uint8Array(words.buffer, words.byteOffset, WINDOW_BYTES));
    this.touched.clear();
    for (const { index, value } of patches) {
      this.view.setBigUint64(index * 8, value, true);
      this.touched.add(index);
    }
  }

  word(offset: number, value: number): void {
    if (offset + 4 > WINDOW_BYTES) return;
    this.view.setUint32(offset, value, true);
    this.touch(offset, 4);
  }

  fill(random: Random, offset: number, bytes: number, flavour: Flavour): void {
    const inside = Math.min(bytes, WINDOW_BYTES - offset);
    fillWith(random, this.view, offset, inside, flavour);
    this.touch(offset, inside);
  }

  patches(): Word[] {
    const indices = [...this.touched].slice(0, MAX_PATCHES);
    return indices.map((index) => ({ index, value: this.view.getBigUint64(index * 8, true) }));
  }

  private touch(offset: number, bytes: number): void {
    for (let index = offset >> 3; index < (offset + bytes + 7) >> 3; index++) this.touched.add(index);
  }
}

const farPointerUsers = new Map<Code, boolean>();

/** Whether an instruction takes a far pointer, a segment or an interrupt frame from memory. */
function usesFarPointer(code: Code): boolean {
  let known = farPointerUsers.get(code);
  if (known === undefined) {
    known = /Iret|Retf|^L[defs]s_|_m16(16|32)$|^Pop[wd]_[DEFS]S|Sreg_rm/.test(Code[code]);
    farPointerUsers.set(code, known);
  }
  return known;
}

const flavours = new Map<Code, Flavour | undefined>();

const BY_ELEMENT = new Map<MemorySize, Flavour>([
  [MemorySize.Float16, 'f16'],
  [MemorySize.Float32, 'f32'],
  [MemorySize.Float64, 'f64'],
  [MemorySize.Float80, 'f80'],
  [MemorySize.Bcd, 'bcd'],
  ...[MemorySize.Int8, MemorySize.UInt8].map((size) => [size, 'i8'] as const),
  ...[MemorySize.Int16, MemorySize.UInt16].map((size) => [size, 'i16'] as const),
  ...[MemorySize.Int32, MemorySize.UInt32].map((size) => [size, 'i32'] as const),
  ...[MemorySize.Int64, MemorySize.UInt64].map((size) => [size, 'i64'] as const),
]);

/** What an instruction's memory operand consists of, or would. */
function flavourOf(code: Code): Flavour | undefined {
  if (!flavours.has(code)) {
    const { memorySize } = CodeExt.opCode(code);
    flavours.set(code, BY_ELEMENT.get(MemorySizeExt.elementType(memorySize)));
  }
  return flavours.get(code);
}
