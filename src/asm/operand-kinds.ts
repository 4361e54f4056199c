/** iced's kinds of encoded operands: what each takes of what a source can write, and what iced's instruction then holds. */
import { OpKind, Register } from '../decode/iced-enums.js';
import type { RegisterKind } from './registers.js';

/** `OpCodeOperandKind`, in iced's order; test/asm/operand-kinds.test.ts compares them. */
// prettier-ignore
export const OPERAND_KINDS = [
  'None', 'farbr2_2', 'farbr4_2', 'mem_offs', 'mem', 'mem_mpx', 'mem_mib', 'mem_vsib32x', 'mem_vsib64x', 'mem_vsib32y',
  'mem_vsib64y', 'mem_vsib32z', 'mem_vsib64z', 'r8_or_mem', 'r16_or_mem', 'r32_or_mem', 'r32_or_mem_mpx', 'r64_or_mem',
  'r64_or_mem_mpx', 'mm_or_mem', 'xmm_or_mem', 'ymm_or_mem', 'zmm_or_mem', 'bnd_or_mem_mpx', 'k_or_mem', 'r8_reg',
  'r8_opcode', 'r16_reg', 'r16_reg_mem', 'r16_rm', 'r16_opcode', 'r32_reg', 'r32_reg_mem', 'r32_rm', 'r32_opcode',
  'r32_vvvv', 'r64_reg', 'r64_reg_mem', 'r64_rm', 'r64_opcode', 'r64_vvvv', 'seg_reg', 'k_reg', 'kp1_reg', 'k_rm',
  'k_vvvv', 'mm_reg', 'mm_rm', 'xmm_reg', 'xmm_rm', 'xmm_vvvv', 'xmmp3_vvvv', 'xmm_is4', 'xmm_is5', 'ymm_reg', 'ymm_rm',
  'ymm_vvvv', 'ymm_is4', 'ymm_is5', 'zmm_reg', 'zmm_rm', 'zmm_vvvv', 'zmmp3_vvvv', 'cr_reg', 'dr_reg', 'tr_reg',
  'bnd_reg', 'es', 'cs', 'ss', 'ds', 'fs', 'gs', 'al', 'cl', 'ax', 'dx', 'eax', 'rax', 'st0', 'sti_opcode', 'imm4_m2z',
  'imm8', 'imm8_const_1', 'imm8sex16', 'imm8sex32', 'imm8sex64', 'imm16', 'imm32', 'imm32sex64', 'imm64', 'seg_rSI',
  'es_rDI', 'seg_rDI', 'seg_rBX_al', 'br16_1', 'br32_1', 'br64_1', 'br16_2', 'br32_4', 'br64_4', 'xbegin_2', 'xbegin_4',
  'brdisp_2', 'brdisp_4', 'sibmem', 'tmm_reg', 'tmm_rm', 'tmm_vvvv',
] as const;

export type OperandKindName = (typeof OPERAND_KINDS)[number];

export interface ImmediateRule {
  readonly kind: OpKind;
  readonly bytes: number;
  /** The operand that the processor makes of it has so many bytes, sign-extended; 0 where it is not extended. */
  readonly extendedTo: number;
}

export interface OperandRule {
  readonly registers?: RegisterKind;
  /** Only this one. */
  readonly fixed?: number;
  readonly isMemory?: true;
  /** A bare address in the instruction, not a ModRM byte. */
  readonly isOffset?: true;
  /** Kind of the index register. */
  readonly vectorIndex?: 'xmm' | 'ymm';
  readonly immediate?: ImmediateRule;
  /** The number 1 and no byte for it. */
  readonly isOne?: true;
  readonly branch?: { readonly kind: OpKind; readonly bytes: number; readonly size: 16 | 32 | 64 };
  readonly far?: { readonly kind: OpKind; readonly size: 16 | 32 };
  /** The source does not write it. */
  readonly implied?: 'source' | 'destination' | 'masked destination' | 'table';
}

const GENERAL: readonly (readonly [prefix: string, registers: RegisterKind])[] = [
  ['r8', 'byte'],
  ['r16', 'word'],
  ['r32', 'dword'],
  ['r64', 'qword'],
  ['mm', 'mmx'],
  ['xmm', 'xmm'],
  ['ymm', 'ymm'], // prettier-ignore
];

const OTHERS: Partial<Record<OperandKindName, OperandRule>> = {
  farbr2_2: { far: { kind: OpKind.FarBranch16, size: 16 } },
  farbr4_2: { far: { kind: OpKind.FarBranch32, size: 32 } },
  mem_offs: { isMemory: true, isOffset: true },
  mem: { isMemory: true },
  mem_mpx: { isMemory: true },
  mem_mib: { isMemory: true },
  mem_vsib32x: { isMemory: true, vectorIndex: 'xmm' },
  mem_vsib64x: { isMemory: true, vectorIndex: 'xmm' },
  mem_vsib32y: { isMemory: true, vectorIndex: 'ymm' },
  mem_vsib64y: { isMemory: true, vectorIndex: 'ymm' },
  seg_reg: { registers: 'segment' },
  cr_reg: { registers: 'control' },
  dr_reg: { registers: 'debug' },
  es: fixed('segment', Register.ES),
  cs: fixed('segment', Register.ES + 1),
  ss: fixed('segment', Register.ES + 2),
  ds: fixed('segment', Register.ES + 3),
  fs: fixed('segment', Register.ES + 4),
  gs: fixed('segment', Register.ES + 5),
  al: fixed('byte', Register.AL),
  cl: fixed('byte', Register.AL + 1),
  ax: fixed('word', Register.AX),
  dx: fixed('word', Register.AX + 2),
  eax: fixed('dword', Register.EAX),
  rax: fixed('qword', Register.RAX),
  st0: fixed('x87', Register.ST0),
  sti_opcode: { registers: 'x87' },
  imm8: immediate(OpKind.Immediate8, 1),
  imm8_const_1: { ...immediate(OpKind.Immediate8, 1), isOne: true },
  imm8sex16: immediate(OpKind.Immediate8to16, 1, 2),
  imm8sex32: immediate(OpKind.Immediate8to32, 1, 4),
  imm8sex64: immediate(OpKind.Immediate8to64, 1, 8),
  imm16: immediate(OpKind.Immediate16, 2),
  imm32: immediate(OpKind.Immediate32, 4),
  imm32sex64: immediate(OpKind.Immediate32to64, 4, 8),
  imm64: immediate(OpKind.Immediate64, 8),
  seg_rSI: { implied: 'source' },
  es_rDI: { implied: 'destination' },
  seg_rDI: { implied: 'masked destination' },
  seg_rBX_al: { implied: 'table' },
  br16_1: branch(OpKind.NearBranch16, 1, 16),
  br32_1: branch(OpKind.NearBranch32, 1, 32),
  br64_1: branch(OpKind.NearBranch64, 1, 64),
  br16_2: branch(OpKind.NearBranch16, 2, 16),
  br32_4: branch(OpKind.NearBranch32, 4, 32),
  br64_4: branch(OpKind.NearBranch64, 4, 64),
};

function fixed(registers: RegisterKind, register: number): OperandRule {
  return { registers, fixed: register };
}

function immediate(kind: OpKind, bytes: number, extendedTo = 0): OperandRule {
  return { immediate: { kind, bytes, extendedTo } };
}

function branch(kind: OpKind, bytes: number, size: 16 | 32 | 64): OperandRule {
  return { branch: { kind, bytes, size } };
}

/** What an operand of a kind takes; undefined for the kinds of instructions that are not supported. */
export const OPERAND_RULES: readonly (OperandRule | undefined)[] = OPERAND_KINDS.map(ruleOf);

function ruleOf(kind: OperandKindName): OperandRule | undefined {
  const known = OTHERS[kind];
  if (known !== undefined) return known;
  const [prefix] = kind.split('_');
  const registers = GENERAL.find(([name]) => name === prefix)?.[1];
  if (registers === undefined) return undefined;
  return kind.endsWith('or_mem') ? { registers, isMemory: true } : { registers };
}
