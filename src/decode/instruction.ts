/** The decoded instruction, as the lowering sees it: iced's fields in terms of our register file. */
import { Reg, Seg } from '../../assembly/abi/register.js';
import { Field, Flag, type Iced } from './iced.js';
import { EncodingKind, MemorySize, OpKind, Register } from './iced-enums.js';

/** Byte offset in the register file of each of iced's registers; of those that are not in it their number. */
const REGISTER_OFFSET = new Uint8Array(256);
/** log2 of the register's bytes. */
const REGISTER_WIDTH = new Uint8Array(256);
for (let i = 0; i < 16; i++) {
  define(Register.AX + i, i * 8, 1);
  define(Register.EAX + i, i * 8, 2);
  define(Register.RAX + i, i * 8, 3);
  define(Register.CR0 + i, i, 2);
  define(Register.DR0 + i, i, 2);
  define(Register.XMM0 + i, i, 4);
  define(Register.YMM0 + i, i, 5);
}
for (let i = 0; i < 8; i++) {
  define(Register.ST0 + i, i, 0);
  define(Register.MM0 + i, i, 3);
}
// AL CL DL BL, AH CH DH BH, SPL BPL SIL DIL, R8L to R15L.
for (let i = 0; i < 4; i++) {
  define(Register.AL + i, i * 8, 0);
  define(Register.AH + i, i * 8 + 1, 0);
}
for (let i = 4; i < 16; i++) define(Register.SPL + i - 4, i * 8, 0);
for (let i = 0; i < 6; i++) define(Register.ES + i, i, 1);
define(Register.None, Reg.Zero, 0);
define(Register.EIP, Reg.BlockRip, 2);
define(Register.RIP, Reg.BlockRip, 3);

function define(register: number, offset: number, width: number): void {
  REGISTER_OFFSET[register] = offset;
  REGISTER_WIDTH[register] = width;
}

/** log2 of the bytes of a memory operand that is a plain integer or near pointer, of a far pointer's offset, and of some vectors. */
const MEMORY_WIDTH = new Uint8Array(256);
for (const [width, sizes] of [
  [0, [MemorySize.UInt8, MemorySize.Int8]],
  [
    1,
    [
      MemorySize.UInt16,
      MemorySize.Int16,
      MemorySize.WordOffset,
      MemorySize.SegPtr16,
      MemorySize.Bound16_WordWord,
    ],
  ],
  [
    2,
    [
      MemorySize.UInt32,
      MemorySize.Int32,
      MemorySize.DwordOffset,
      MemorySize.SegPtr32,
      MemorySize.Bound32_DwordDword,
    ],
  ],
  [3, [MemorySize.UInt64, MemorySize.Int64, MemorySize.QwordOffset, MemorySize.SegPtr64]],
  // Of instructions whose registers do not tell.
  [4, [MemorySize.Packed128_Float64]],
  [5, [MemorySize.Packed256_Float64]],
] as const) {
  for (const size of sizes) MEMORY_WIDTH[size] = width;
}

export class Instruction {
  constructor(private readonly iced: Iced) {}

  get length(): number {
    return this.iced.length;
  }

  get mnemonic(): number {
    return this.iced.wasm.instruction_mnemonic(this.iced.instruction);
  }

  opKind(operand: number): OpKind {
    return this.byte(Field.OpKinds + operand);
  }

  /** The first operand is memory that rSI or rDI points to. */
  get isString(): boolean {
    const kind = this.opKind(0);
    return kind >= OpKind.MemorySegSI && kind <= OpKind.MemoryESRDI;
  }

  isMemory(operand: number): boolean {
    return this.opKind(operand) === OpKind.Memory;
  }

  /** iced leaves the kind of an operand that does not exist at 0, a register; its register is then none. */
  isRegister(operand: number): boolean {
    return this.opKind(operand) === OpKind.Register && this.icedRegister(operand) !== Register.None;
  }

  isImmediate(operand: number): boolean {
    const kind = this.opKind(operand);
    return kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64;
  }

  isSegmentRegister(operand: number): boolean {
    const register = this.icedRegister(operand);
    return register >= Register.ES && register <= Register.GS;
  }

  isControlRegister(operand: number): boolean {
    const register = this.icedRegister(operand);
    return register >= Register.CR0 && register < Register.CR0 + 16;
  }

  isDebugRegister(operand: number): boolean {
    const register = this.icedRegister(operand);
    return register >= Register.DR0 && register < Register.DR0 + 16;
  }

  isVectorRegister(operand: number): boolean {
    const register = this.icedRegister(operand);
    return register >= Register.XMM0 && register < Register.YMM0 + 16;
  }

  isMmxRegister(operand: number): boolean {
    const register = this.icedRegister(operand);
    return register >= Register.MM0 && register < Register.MM0 + 8;
  }

  get hasMmxOperand(): boolean {
    return this.isMmxRegister(0) || this.isMmxRegister(1);
  }

  /** EVEX-encoded: not implemented by any model. */
  get isEvex(): boolean {
    return this.iced.wasm.instruction_encoding(this.iced.instruction) === EncodingKind.EVEX;
  }

  /** Offset in the register file; for a segment, control, debug, vector, x87 or MMX register its number. */
  register(operand: number): number {
    return REGISTER_OFFSET[this.icedRegister(operand)] ?? 0;
  }

  /** log2 of the bytes of an operand in a register or in memory. */
  width(operand: number): number {
    return this.isMemory(operand) ? this.memoryWidth : (REGISTER_WIDTH[this.icedRegister(operand)] ?? 0);
  }

  get memoryWidth(): number {
    return MEMORY_WIDTH[this.iced.wasm.instruction_memorySize(this.iced.instruction)] ?? 0;
  }

  /** The memory operand is a selector and an offset, as JMP, CALL and LDS take it. */
  get isFarPointer(): boolean {
    const size = this.iced.wasm.instruction_memorySize(this.iced.instruction);
    return size === MemorySize.SegPtr16 || size === MemorySize.SegPtr32 || size === MemorySize.SegPtr64;
  }

  /** Low half of the immediate operand, extended as the instruction says. */
  immediateLow(operand: number): number {
    const value = this.iced.view.getInt32(this.iced.instruction + Field.Immediate, true);
    switch (this.opKind(operand)) {
      case OpKind.Immediate8to16:
      case OpKind.Immediate8to32:
      case OpKind.Immediate8to64:
        return (value << 24) >> 24;
      case OpKind.Immediate8_2nd:
        return this.displacementLow;
      default:
        return value;
    }
  }

  /** Upper half of the immediate operand. */
  immediateHigh(operand: number): number {
    if (this.opKind(operand) === OpKind.Immediate64) return this.displacementLow;
    return this.immediateLow(operand) >> 31;
  }

  /** Also: near branch target relative to the start of the block, far selector. */
  get displacementLow(): number {
    return this.iced.view.getInt32(this.iced.instruction + Field.Displacement, true);
  }

  get displacementHigh(): number {
    return this.iced.view.getInt32(this.iced.instruction + Field.Displacement + 4, true);
  }

  /** Offset of a far pointer in the instruction. */
  get farOffset(): number {
    return this.iced.view.getInt32(this.iced.instruction + Field.Immediate, true);
  }

  /** `Reg.Zero` if there is none. */
  get memoryBase(): number {
    return REGISTER_OFFSET[this.byte(Field.Base)] ?? 0;
  }

  get memoryIndex(): number {
    return REGISTER_OFFSET[this.byte(Field.Index)] ?? 0;
  }

  /** log2 of the bytes of the index register, which may be a vector. */
  get memoryIndexWidth(): number {
    return REGISTER_WIDTH[this.byte(Field.Index)] ?? 0;
  }

  /** log2 */
  get memoryScale(): number {
    return this.byte(Field.Scale);
  }

  /** log2 of the bytes of the effective address of a memory operand. */
  get addressWidth(): number {
    const base = this.byte(Field.Base);
    if (base !== Register.None) return REGISTER_WIDTH[base] ?? 0;
    const index = this.byte(Field.Index);
    if (index !== Register.None) return REGISTER_WIDTH[index] ?? 0;
    return this.byte(Field.DisplacementSize) - 1;
  }

  /** The segment named by a prefix, or -1. */
  get segmentPrefix(): Seg | -1 {
    return (((this.flags >> Flag.SegmentShift) & Flag.SegmentMask) - 1) as Seg | -1;
  }

  /** Addressing through rSP or rBP goes to the stack segment unless a prefix says otherwise (APM vol 1 §2.2.4). */
  get isStackRelative(): boolean {
    const base = this.memoryBase;
    return base === Reg.Rsp || base === Reg.Rbp;
  }

  get hasRepne(): boolean {
    return (this.flags & Flag.Repne) !== 0;
  }

  get hasRepe(): boolean {
    return (this.flags & Flag.Repe) !== 0;
  }

  private get flags(): number {
    return this.iced.view.getInt32(this.iced.instruction + Field.Flags, true);
  }

  private icedRegister(operand: number): number {
    return this.byte(Field.OpRegisters + operand);
  }

  private byte(field: number): number {
    return this.iced.bytes[this.iced.instruction + field] ?? 0;
  }
}
