/** Random operands for an encoding: registers, immediates, and memory operands that mostly lie in the data window. */
import { OpCodeOperandKind as Kind, OpKind, Register } from 'iced-x86';
import type { Instruction } from 'iced-x86';
import { CODE_ADDRESS, CODE_BYTES, WINDOW_ADDRESS, WINDOW_BYTES } from './layout.js';
import { SELECTORS } from './segments.js';
import type { Bits } from './record.js';
import type { Random } from './random.js';

/** What the operands are chosen for: the mode, and the registers that the snippet starts with. */
export interface Context {
  readonly random: Random;
  readonly bits: Bits;
  readonly registers: readonly bigint[];
}

/** Sets operand `index` of an instruction whose code is set. False if this kind of operand is not generated. */
export function setOperand(context: Context, instruction: Instruction, index: number, kind: Kind): boolean {
  return (
    setRegisterOrMemory(context, instruction, index, kind) ||
    setFixedRegister(instruction, index, kind) ||
    setImmediate(context, instruction, index, kind) ||
    setStringOperand(context, instruction, index, kind) ||
    setBranch(instruction, index, kind) ||
    setFarBranch(context, instruction, index, kind)
  );
}

const FIRST_REGISTER = new Map<Kind, Register>([
  [Kind.r16_reg, Register.AX],
  [Kind.r16_opcode, Register.AX],
  [Kind.r16_rm, Register.AX],
  [Kind.r16_or_mem, Register.AX],
  [Kind.r32_reg, Register.EAX],
  [Kind.r32_opcode, Register.EAX],
  [Kind.r32_rm, Register.EAX],
  [Kind.r32_or_mem, Register.EAX],
  [Kind.r32_vvvv, Register.EAX],
  [Kind.r64_vvvv, Register.RAX],
  [Kind.r64_reg, Register.RAX],
  [Kind.r64_opcode, Register.RAX],
  [Kind.r64_rm, Register.RAX],
  [Kind.r64_or_mem, Register.RAX],
]);
const BYTE_KINDS: ReadonlySet<Kind> = new Set([Kind.r8_reg, Kind.r8_opcode, Kind.r8_or_mem]);
const MEMORY_KINDS: ReadonlySet<Kind> = new Set([
  Kind.r8_or_mem,
  Kind.r16_or_mem,
  Kind.r32_or_mem,
  Kind.r64_or_mem,
]);

function setRegisterOrMemory(context: Context, instruction: Instruction, index: number, kind: Kind): boolean {
  const { random } = context;
  if (kind === Kind.mem || kind === Kind.mem_offs || (MEMORY_KINDS.has(kind) && random.chance(0.5))) {
    instruction.setOpKind(index, OpKind.Memory);
    if (kind === Kind.mem_offs) setAbsoluteAddress(context, instruction);
    else setAddress(context, instruction);
    return true;
  }
  if (kind === Kind.seg_reg)
    return setRegister(instruction, index, random.pick(index === 0 ? LOADABLE : SEGMENTS));
  const first = FIRST_REGISTER.get(kind);
  if (first !== undefined) return setRegister(instruction, index, first + generalRegister(context));
  return BYTE_KINDS.has(kind) && setRegister(instruction, index, byteRegister(context));
}

const LOADABLE = [Register.ES, Register.SS, Register.DS, Register.FS];
const SEGMENTS = [Register.ES, Register.CS, Register.SS, Register.DS, Register.FS, Register.GS];

function setRegister(instruction: Instruction, index: number, register: Register): true {
  instruction.setOpKind(index, OpKind.Register);
  instruction.setOpRegister(index, register);
  return true;
}

/** The stack pointer is drawn less often: a snippet that loses it shows little else. */
function generalRegister({ random, bits }: Context): number {
  const stackPointer = 4;
  const register = random.below(bits === 64 ? 16 : 8);
  return register === stackPointer && random.chance(0.7) ? 0 : register;
}

function byteRegister({ random, bits }: Context): Register {
  const legacy = random.below(8); // AL CL DL BL AH CH DH BH
  if (bits !== 64 || random.chance(0.5)) return Register.AL + legacy;
  return random.pick([
    Register.SPL,
    Register.BPL,
    Register.SIL,
    Register.DIL,
    Register.R8L,
    Register.R13L,
    Register.R15L,
  ]);
}

const FIXED = new Map<Kind, Register>([
  [Kind.al, Register.AL],
  [Kind.cl, Register.CL],
  [Kind.ax, Register.AX],
  [Kind.dx, Register.DX],
  [Kind.eax, Register.EAX],
  [Kind.rax, Register.RAX],
  [Kind.es, Register.ES],
  [Kind.cs, Register.CS],
  [Kind.ss, Register.SS],
  [Kind.ds, Register.DS],
  [Kind.fs, Register.FS],
  [Kind.gs, Register.GS],
]);

function setFixedRegister(instruction: Instruction, index: number, kind: Kind): boolean {
  const register = FIXED.get(kind);
  return register !== undefined && setRegister(instruction, index, register);
}

const IMMEDIATES = new Map<Kind, OpKind>([
  [Kind.imm8, OpKind.Immediate8],
  [Kind.imm8_const_1, OpKind.Immediate8],
  [Kind.imm8sex16, OpKind.Immediate8to16],
  [Kind.imm8sex32, OpKind.Immediate8to32],
  [Kind.imm8sex64, OpKind.Immediate8to64],
  [Kind.imm16, OpKind.Immediate16],
  [Kind.imm32, OpKind.Immediate32],
  [Kind.imm32sex64, OpKind.Immediate32to64],
  [Kind.imm64, OpKind.Immediate64],
]);

function setImmediate(context: Context, instruction: Instruction, index: number, kind: Kind): boolean {
  const opKind = IMMEDIATES.get(kind);
  if (opKind === undefined) return false;
  const isSecond = index > 0 && instruction.opKind(index - 1) !== OpKind.Register && kind === Kind.imm8;
  const isAfterImmediate = isSecond && instruction.opKind(index - 1) === OpKind.Immediate16;
  instruction.setOpKind(index, isAfterImmediate ? OpKind.Immediate8_2nd : opKind);
  if (kind === Kind.imm8_const_1) instruction.immediate8 = 1;
  else if (kind === Kind.imm64) instruction.immediate64 = edgeValue(context.random);
  else if (kind === Kind.imm32 || kind === Kind.imm16) {
    const mask = kind === Kind.imm16 ? 0xffffn : 0xffff_ffffn;
    instruction.setImmediateU64(index, edgeValue(context.random) & mask);
  } else if (kind === Kind.imm32sex64) {
    instruction.setImmediateI64(index, BigInt.asIntN(32, edgeValue(context.random)));
  } else if (opKind === OpKind.Immediate8) {
    instruction.setImmediateU64(index, edgeValue(context.random) & 0xffn);
  } else instruction.setImmediateI64(index, BigInt.asIntN(8, edgeValue(context.random)));
  return true;
}

/** Values at which carries, signs and counts change, and random ones. */
export function edgeValue(random: Random): bigint {
  const width = random.pick([8n, 16n, 32n, 64n]);
  const top = 1n << (width - 1n);
  const values = [
    0n,
    1n,
    2n,
    top,
    top - 1n,
    top + 1n,
    2n * top - 1n,
    2n * top - 2n,
    width,
    width - 1n,
    width + 1n,
  ];
  if (random.chance(0.5)) return BigInt.asUintN(64, random.pick(values));
  return random.u64() & (random.chance(0.5) ? 0xffff_ffff_ffff_ffffn : 2n * top - 1n);
}

/** An address for data: mostly in the window, sometimes across its pages or its end, rarely anywhere. */
export function dataAddress({ random, bits }: Pick<Context, 'random' | 'bits'>): bigint {
  if (bits === 16) return dataOffset(random);
  const base = BigInt(WINDOW_ADDRESS);
  const roll = random.below(100);
  if (roll < 90) return base + BigInt(64 + random.below(WINDOW_BYTES - 256));
  if (roll < 94) return base + 4096n - BigInt(random.below(9));
  if (roll < 96) return base + BigInt(WINDOW_BYTES - random.below(9));
  if (roll < 98) return base - BigInt(random.below(9));
  // Nothing is ever mapped here: page zero, and in 64-bit mode the non-canonical hole.
  return bits === 64
    ? random.pick([0n, 8n, 0x8000_0000_0000n, 0xffff_7fff_ffff_fff8n])
    : BigInt(random.below(4096));
}

/** An offset for 16-bit snippets: mostly within every segment, sometimes around a limit, rarely anywhere. */
function dataOffset(random: Random): bigint {
  const roll = random.below(100);
  if (roll < 80) return BigInt(16 + random.below(0xf00));
  if (roll < 86) return BigInt(0x1000 + random.below(0x1000));
  if (roll < 92) return BigInt(random.pick([0x1000, 0x2000, 0x10000]) - random.below(9));
  return BigInt(random.below(0x10000));
}

function setAbsoluteAddress(context: Context, instruction: Instruction): void {
  instruction.memoryDisplSize = context.bits / 8;
  instruction.memoryDisplacement = dataAddress(context);
}

/** Base, index and scale at random, and a displacement that brings the sum to a data address. */
function setAddress(context: Context, instruction: Instruction): void {
  const { random, bits } = context;
  const target = dataAddress(context);
  if (bits === 64 && random.chance(0.05)) return setRelativeAddress(instruction, target);
  if (bits === 32 && random.chance(0.03)) return setUnmappedAddress16(context, instruction);
  if (bits === 16 && random.chance(0.8)) return setAddress16(context, instruction, target);
  const isNarrow = bits !== 64 || random.chance(0.1);
  let sum = setAddressRegisters(context, instruction, isNarrow ? Register.EAX : Register.RAX);
  const isOutOfReach = !isNarrow && BigInt.asIntN(32, target - sum) !== target - sum;
  if (isOutOfReach && random.chance(0.95)) {
    instruction.memoryBase = Register.None;
    instruction.memoryIndex = Register.None;
    sum = 0n;
  }
  setDisplacement(instruction, target - sum, isNarrow ? 4 : 8);
}

function setRelativeAddress(instruction: Instruction, target: bigint): void {
  instruction.memoryBase = Register.RIP;
  instruction.memoryDisplSize = 8;
  instruction.memoryDisplacement = BigInt.asUintN(32, target);
}

/** The sum of what the chosen registers start with. */
function setAddressRegisters(
  { random, bits, registers }: Context,
  instruction: Instruction,
  first: Register,
): bigint {
  const count = bits === 64 ? 16 : 8;
  let sum = 0n;
  if (random.chance(0.9)) {
    const base = random.below(count);
    instruction.memoryBase = first + base;
    sum += registers[base] ?? 0n;
  }
  const index = random.below(count);
  const stackPointer = 4; // cannot be an index
  if (random.chance(0.4) && index !== stackPointer) {
    instruction.memoryIndex = first + index;
    instruction.memoryIndexScale = random.pick([1, 2, 4, 8]);
    sum += (registers[index] ?? 0n) * BigInt(instruction.memoryIndexScale);
  }
  return sum;
}

function setDisplacement(instruction: Instruction, wanted: bigint, bytes: 4 | 8): void {
  const displacement = BigInt.asIntN(32, wanted);
  const hasNoRegister = instruction.memoryBase === Register.None && instruction.memoryIndex === Register.None;
  if (displacement === 0n && !hasNoRegister) return;
  const isShort = displacement === BigInt.asIntN(8, displacement) && !hasNoRegister;
  instruction.memoryDisplSize = isShort ? 1 : bytes;
  instruction.memoryDisplacement = BigInt.asUintN(bytes * 8, displacement);
}

/** In 32-bit code 16-bit addressing reaches only the unmapped first 64 KiB: what it shows is the address in the fault. */
function setUnmappedAddress16(context: Context, instruction: Instruction): void {
  setAddress16(context, instruction, BigInt(context.random.below(0x10000)));
}

const NUMBER_OF = new Map<Register, number>([
  [Register.BX, 3],
  [Register.BP, 5],
  [Register.SI, 6],
  [Register.DI, 7],
]);

/** BX or BP, SI or DI, both or neither, and a displacement that brings the sum to `target`, modulo 64 KiB. */
function setAddress16({ random, registers }: Context, instruction: Instruction, target: bigint): void {
  const base = random.pick([Register.None, Register.BX, Register.BP]);
  const index = random.pick([Register.None, Register.SI, Register.DI]);
  instruction.memoryBase = base;
  instruction.memoryIndex = index;
  const valueOf = (register: Register) => registers[NUMBER_OF.get(register) ?? -1] ?? 0n;
  const displacement = BigInt.asUintN(16, target - valueOf(base) - valueOf(index));
  const hasRegister = base !== Register.None || index !== Register.None;
  if (displacement === 0n && hasRegister && base !== Register.BP) return;
  const isShort = hasRegister && BigInt.asUintN(16, BigInt.asIntN(8, displacement)) === displacement;
  instruction.memoryDisplSize = isShort ? 1 : 2;
  instruction.memoryDisplacement = displacement;
}

function setStringOperand16(instruction: Instruction, index: number, kind: Kind): boolean {
  if (kind === Kind.seg_rSI) instruction.setOpKind(index, OpKind.MemorySegSI);
  else if (kind === Kind.es_rDI) instruction.setOpKind(index, OpKind.MemoryESDI);
  else if (kind === Kind.seg_rBX_al) {
    instruction.setOpKind(index, OpKind.Memory);
    instruction.memoryBase = Register.BX;
    instruction.memoryIndex = Register.AL;
  } else return false;
  return true;
}

function setStringOperand(
  { bits, random }: Context,
  instruction: Instruction,
  index: number,
  kind: Kind,
): boolean {
  if (bits === 16) return setStringOperand16(instruction, index, kind);
  const isNarrow = bits === 64 && random.chance(0.1) && index === 0;
  const previous = index > 0 ? instruction.opKind(index - 1) : undefined;
  const hasNarrow =
    isNarrow || bits !== 64 || previous === OpKind.MemoryESEDI || previous === OpKind.MemorySegESI;
  if (kind === Kind.seg_rSI)
    instruction.setOpKind(index, hasNarrow ? OpKind.MemorySegESI : OpKind.MemorySegRSI);
  else if (kind === Kind.es_rDI)
    instruction.setOpKind(index, hasNarrow ? OpKind.MemoryESEDI : OpKind.MemoryESRDI);
  else if (kind === Kind.seg_rBX_al) {
    instruction.setOpKind(index, OpKind.Memory);
    instruction.memoryBase = hasNarrow ? Register.EBX : Register.RBX;
    instruction.memoryIndex = Register.AL;
  } else return false;
  return true;
}

const BRANCHES = new Map<Kind, OpKind>([
  [Kind.br16_1, OpKind.NearBranch16],
  [Kind.br16_2, OpKind.NearBranch16],
  [Kind.br32_1, OpKind.NearBranch32],
  [Kind.br32_4, OpKind.NearBranch32],
  [Kind.br64_1, OpKind.NearBranch64],
  [Kind.br64_4, OpKind.NearBranch64],
]);

/** The target is set once the snippet's layout is known. */
function setBranch(instruction: Instruction, index: number, kind: Kind): boolean {
  const opKind = BRANCHES.get(kind);
  if (opKind === undefined) return false;
  instruction.setOpKind(index, opKind);
  return true;
}

function setFarBranch({ random }: Context, instruction: Instruction, index: number, kind: Kind): boolean {
  if (kind !== Kind.farbr2_2 && kind !== Kind.farbr4_2) return false;
  const isWord = kind === Kind.farbr2_2;
  instruction.setOpKind(index, isWord ? OpKind.FarBranch16 : OpKind.FarBranch32);
  if (isWord) instruction.farBranch16 = farOffset(random) & 0xffff;
  else instruction.farBranch32 = farOffset(random);
  instruction.farBranchSelector = random.pick(SELECTORS);
  return true;
}

/**
 * Where far transfers go: to INT3s before the snippet, by a segment that begins at the code page or by a flat one; and
 * sometimes past the limit. Never into the snippet, whose bytes could be anything in another code size.
 */
export function farOffset(random: Random): number {
  const offset = 0x100 + random.below(0x300);
  const roll = random.below(100);
  return roll < 60 ? offset : roll < 85 ? CODE_ADDRESS + offset : CODE_BYTES - 2 + random.below(8);
}
