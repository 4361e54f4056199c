/** The address of a memory operand: registers, scale, displacement and its size, as NASM chooses them. */
import { Register } from '../decode/iced-enums.js';
import { Problem } from './diagnostics.js';
import type { EncodedMemory } from './iced-encoder.js';
import type { MemoryOperand } from './operand.js';
import { registerKind, registerName, type RegisterKind } from './registers.js';
import { resolve, type Term, type Value } from './value.js';

type RegisterTerm = Term & { readonly of: number };

export interface Address {
  readonly memory: EncodedMemory;
  readonly bits: 16 | 32 | 64;
  readonly isRelative: boolean;
  /** Nothing but a displacement. */
  readonly isBare: boolean;
  /** Of a vector index. */
  readonly indexKind: RegisterKind | undefined;
  readonly warning: string | undefined;
}

export interface AddressMode {
  readonly bits: 16 | 32 | 64;
  /** `default rel` */
  readonly isRelative: boolean;
  /** `a16`, `a32`, `a64`; 0 without. */
  readonly addressPrefix: 0 | 16 | 32 | 64;
}

const ADDRESS_BITS: Partial<Record<RegisterKind, 16 | 32 | 64>> = { word: 16, dword: 32, qword: 64 };

const ESP = Register.EAX + 4;
const RSP = Register.RAX + 4;
const BX = Register.AX + 3;
const BP = Register.AX + 5;
const SI = Register.AX + 6;
const DI = Register.AX + 7;

/** @param value The sum in the brackets. */
export function layOutAddress(value: Value, operand: MemoryOperand, mode: AddressMode): Address {
  const registers = value.terms.filter((term): term is RegisterTerm => typeof term.of === 'number');
  const rest: Value = { ...value, terms: value.terms.filter(({ of }) => typeof of !== 'number') };
  return registers.length === 0 ? bareAddress(rest, operand, mode) : indexed(registers, rest, operand, mode);
}

function bareAddress(value: Value, operand: MemoryOperand, mode: AddressMode): Address {
  const bits = bareBits(operand, mode);
  const displacement = displacementOf(value, operand.column);
  const wantsRelative =
    operand.relative === 'rel' ||
    (operand.relative === undefined &&
      mode.isRelative &&
      (operand.segment === 0 || operand.segment < Register.GS - 1) &&
      operand.displacementSize !== 8);
  const isPlain = value.terms.length === 0 && !value.isUnknown;
  const isRelative = mode.bits === 64 && wantsRelative && !isPlain;
  const base = isRelative ? (bits === 32 ? Register.EIP : Register.RIP) : Register.None;
  return {
    memory: { base, index: Register.None, scale: 0, displacement, displacementBytes: bits / 8 },
    bits,
    isRelative,
    isBare: !isRelative,
    indexKind: undefined,
    warning:
      operand.relative === 'rel' && isPlain && mode.bits === 64
        ? 'an absolute address cannot be relative to RIP'
        : undefined,
  };
}

/** The size of an address without registers. */
function bareBits({ displacementSize }: MemoryOperand, mode: AddressMode): 16 | 32 | 64 {
  if (mode.addressPrefix !== 0) return mode.addressPrefix;
  if (displacementSize === 2 && mode.bits !== 64) return 16;
  if (displacementSize === 4) return 32;
  return displacementSize === 8 ? 64 : mode.bits;
}

function indexed(
  terms: readonly RegisterTerm[],
  rest: Value,
  operand: MemoryOperand,
  mode: AddressMode,
): Address {
  const { column } = operand;
  const general = terms.filter(({ of }) => !isVector(of));
  const bits = bitsOf(general, mode, column);
  const { base, index, factor } =
    bits === 16 ? pair16(terms, column) : baseAndIndex(terms, operand.isNoSplit, column);
  const displacement = BigInt.asIntN(bits === 16 ? 16 : 32, displacementOf(rest, column));
  const isFixed = rest.terms.length === 0 && !rest.isUnknown;
  const displacementBytes = sizeDisplacement(displacement, isFixed, base, bits, operand);
  return {
    memory: { base, index, scale: Math.log2(factor), displacement, displacementBytes },
    bits,
    isRelative: false,
    isBare: false,
    indexKind: isVector(index) ? registerKind(index) : undefined,
    warning: undefined,
  };
}

function isVector(register: number): boolean {
  return register >= Register.XMM0 && register < Register.CR0;
}

function bitsOf(general: readonly RegisterTerm[], mode: AddressMode, column: number): 16 | 32 | 64 {
  const sizes = new Set(general.map(({ of }) => ADDRESS_BITS[registerKind(of)]));
  const [bits = mode.addressPrefix || mode.bits] = sizes;
  const wrong = general.find(({ of }) => ADDRESS_BITS[registerKind(of)] === undefined);
  if (wrong !== undefined)
    throw new Problem('OPERANDS', `${registerName(wrong.of)} cannot be part of an address`, column);
  if (sizes.size > 1) throw new Problem('OPERANDS', 'an address mixes registers of different sizes', column);
  const isAvailable = mode.bits === 64 ? bits !== 16 : bits !== 64;
  if (!isAvailable)
    throw new Problem('NOT_IN_MODE', `${bits}-bit addresses do not exist in ${mode.bits}-bit code`, column);
  return bits;
}

interface BaseAndIndex {
  readonly base: number;
  readonly index: number;
  readonly factor: number;
}

/** The 16-bit pairs: BX or BP, and SI or DI. */
function pair16(terms: readonly RegisterTerm[], column: number): BaseAndIndex {
  const registers = terms.map(({ of }) => of);
  const bases = registers.filter((register) => register === BX || register === BP);
  const indices = registers.filter((register) => register === SI || register === DI);
  const isPair =
    bases.length <= 1 && indices.length <= 1 && bases.length + indices.length === registers.length;
  if (!isPair || terms.some(({ factor }) => factor !== 1n))
    throw new Problem('OPERANDS', 'a 16-bit address is [bx or bp] + [si or di] + displacement', column);
  const [base = indices[0] ?? 0] = bases;
  return { base, index: bases.length === 1 ? (indices[0] ?? 0) : 0, factor: 1 };
}

function baseAndIndex(terms: readonly RegisterTerm[], isNoSplit: boolean, column: number): BaseAndIndex {
  if (terms.length > 2) throw new Problem('OPERANDS', 'an address has at most two registers', column);
  const [first, second] = terms;
  if (first === undefined) return { base: 0, index: 0, factor: 1 };
  if (second === undefined) return single(first, isNoSplit, column);
  const isFirstIndex =
    isVector(first.of) || first.factor !== 1n || (first.isScaled === true && second.isScaled !== true);
  const [base, index] =
    isFirstIndex && second.factor === 1n && !isVector(second.of) ? [second, first] : [first, second];
  if (base.factor !== 1n) throw new Problem('OPERANDS', 'an address scales one register at most', column);
  if (isStackPointer(index.of) && index.factor === 1n) return { base: index.of, index: base.of, factor: 1 };
  return { base: base.of, index: index.of, factor: scaleOf(index, column) };
}

/** One register: [eax*2] is shorter as [eax+eax], and [eax*3] exists only as [eax+eax*2]. */
function single({ of, factor }: RegisterTerm, isNoSplit: boolean, column: number): BaseAndIndex {
  if (isVector(of)) return { base: 0, index: of, factor: scaleOf({ of, factor }, column) };
  if (factor === 1n) return isNoSplit ? { base: 0, index: of, factor: 1 } : { base: of, index: 0, factor: 1 };
  const isSplit = factor === 3n || factor === 5n || factor === 9n || (factor === 2n && !isNoSplit);
  if (isSplit) return { base: of, index: of, factor: scaleOf({ of, factor: factor - 1n }, column) };
  return { base: 0, index: of, factor: scaleOf({ of, factor }, column) };
}

function scaleOf({ of, factor }: Term, column: number): number {
  if (typeof of === 'number' && isStackPointer(of))
    throw new Problem('OPERANDS', `${registerName(of)} cannot be an index`, column);
  if (factor === 1n || factor === 2n || factor === 4n || factor === 8n) return Number(factor);
  throw new Problem('OPERANDS', `an index is scaled by 1, 2, 4 or 8, not ${factor}`, column);
}

function isStackPointer(register: number): boolean {
  return register === ESP || register === RSP;
}

function sizeDisplacement(
  displacement: bigint,
  isFixed: boolean,
  base: number,
  bits: 16 | 32 | 64,
  { displacementSize }: MemoryOperand,
): number {
  const full = bits / 8;
  if (base === Register.None || displacementSize === 2 || displacementSize === 4) return full;
  if (displacementSize === 1) return 1;
  if (!isFixed) return full;
  if (displacement === 0n && !needsDisplacement(base)) return 0;
  return displacement >= -128n && displacement <= 127n ? 1 : full;
}

/** The encoding of [bp], [ebp] and [r13] without a displacement means something else. */
function needsDisplacement(base: number): boolean {
  return base === BP || (base >= Register.EAX && (base - Register.EAX) % 8 === 5);
}

/** An address that depends on sections in a way that no relocation expresses has no value. */
function displacementOf(value: Value, column: number): bigint {
  const number = resolve(value);
  if (number === undefined)
    throw new Problem(
      'EXPRESSION',
      'the address mixes sections: only differences in one section are known',
      column,
    );
  return number;
}
