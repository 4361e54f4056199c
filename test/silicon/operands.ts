/** Random operands for an encoding: registers, immediates, and memory operands that mostly lie in the data window. */
import { CodeExt, MemorySizeExt, OpCodeOperandKind as Kind, OpKind, Register } from 'iced-x86';
import type { Instruction } from 'iced-x86';
import { setAbsoluteAddress, setMemory } from './addresses.js';
import type { Context } from './context.js';
import { CODE_ADDRESS, CODE_BYTES } from './layout.js';
import { SELECTORS } from './segments.js';
import type { Random } from './random.js';
import { setRegister, setVectorOperand } from './vector-operands.js';

/** Sets operand `index` of an instruction whose code is set. False if this kind of operand is not generated. */
export function setOperand(context: Context, instruction: Instruction, index: number, kind: Kind): boolean {
  return (
    setRegisterOrMemory(context, instruction, index, kind) ||
    setFixedRegister(instruction, index, kind) ||
    setVectorOperand(context, instruction, index, kind) ||
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
  Kind.mm_or_mem,
  Kind.xmm_or_mem,
  Kind.ymm_or_mem,
  Kind.r8_or_mem,
  Kind.r16_or_mem,
  Kind.r32_or_mem,
  Kind.r64_or_mem,
]);

function setRegisterOrMemory(context: Context, instruction: Instruction, index: number, kind: Kind): boolean {
  const { random } = context;
  if (kind === Kind.mem_offs) {
    instruction.setOpKind(index, OpKind.Memory);
    setAbsoluteAddress(context, instruction);
    return true;
  }
  if (kind === Kind.mem || (MEMORY_KINDS.has(kind) && random.chance(0.5))) {
    const { memorySize } = CodeExt.opCode(instruction.code);
    setMemory(context, instruction, index, MemorySizeExt.size(memorySize));
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
  [Kind.st0, Register.ST0],
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
