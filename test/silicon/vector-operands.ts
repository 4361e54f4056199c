/** Operands in x87, MMX and vector registers, and the vector indices of gathers. */
import { OpCodeOperandKind as Kind, OpKind, Register } from 'iced-x86';
import type { Instruction } from 'iced-x86';
import { setVectorIndex } from './addresses.js';
import type { Context } from './context.js';

const STACK = new Set([Kind.sti_opcode]);
const MMX = new Set([Kind.mm_reg, Kind.mm_rm, Kind.mm_or_mem]);
const XMM = new Set([Kind.xmm_reg, Kind.xmm_rm, Kind.xmm_vvvv, Kind.xmm_or_mem, Kind.xmm_is4]);
const YMM = new Set([Kind.ymm_reg, Kind.ymm_rm, Kind.ymm_vvvv, Kind.ymm_or_mem, Kind.ymm_is4]);

const INDICES = new Map<Kind, readonly [first: Register, elementBytes: 4 | 8]>([
  [Kind.mem_vsib32x, [Register.XMM0, 4]],
  [Kind.mem_vsib64x, [Register.XMM0, 8]],
  [Kind.mem_vsib32y, [Register.YMM0, 4]],
  [Kind.mem_vsib64y, [Register.YMM0, 8]],
]);

export function setVectorOperand(
  context: Context,
  instruction: Instruction,
  index: number,
  kind: Kind,
): boolean {
  const { random, bits } = context;
  const vectorRegisters = bits === 64 ? 16 : 8;
  if (STACK.has(kind)) return setRegister(instruction, index, Register.ST0 + random.below(8));
  if (MMX.has(kind)) return setRegister(instruction, index, Register.MM0 + random.below(8));
  if (XMM.has(kind)) return setRegister(instruction, index, Register.XMM0 + random.below(vectorRegisters));
  if (YMM.has(kind)) return setRegister(instruction, index, Register.YMM0 + random.below(vectorRegisters));
  const vectorIndex = INDICES.get(kind);
  if (vectorIndex !== undefined) {
    setVectorIndex(context, instruction, index, ...vectorIndex);
    return true;
  }
  return kind === Kind.seg_rDI && setStringPointer(context, instruction, index);
}

function setStringPointer({ random, bits }: Context, instruction: Instruction, index: number): true {
  const wide = bits === 64 ? OpKind.MemorySegRDI : bits === 32 ? OpKind.MemorySegEDI : OpKind.MemorySegDI;
  const narrow = bits === 64 ? OpKind.MemorySegEDI : bits === 32 ? OpKind.MemorySegDI : OpKind.MemorySegEDI;
  instruction.setOpKind(index, random.chance(0.9) ? wide : narrow);
  return true;
}

export function setRegister(instruction: Instruction, index: number, register: Register): true {
  instruction.setOpKind(index, OpKind.Register);
  instruction.setOpRegister(index, register);
  return true;
}
