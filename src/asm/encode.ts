/** An instruction to bytes: the encoding that NASM would choose, at one address, with the values of one pass. */
import { OpKind } from '../decode/iced-enums.js';
import { type Address, type AddressMode, layOutAddress } from './address.js';
import { type Candidate, describe, encodedRegister } from './candidates.js';
import { Problem } from './diagnostics.js';
import { evaluate, type Scope } from './evaluate.js';
import type { CodeBits } from './code-bits.js';
import type { EncodedOperand, IcedEncoder } from './iced-encoder.js';
import type { FarOperand, ImmediateOperand, MemoryOperand, Operand } from './operand.js';
import type { OperandRule } from './operand-kinds.js';
import { arrangePrefixes, type Prefixes } from './prefixes.js';
import { isScalar, resolve, type Value } from './value.js';

export interface EncodeContext {
  readonly bits: CodeBits;
  readonly isRelative: boolean;
  /** Where the instruction begins. */
  readonly here: Value;
  readonly scope: Scope;
  /** No shorter than this: see the assembler's passes. */
  readonly atLeast: number;
  warn(message: string, column: number): void;
}

/** How well a value goes into an encoding: as it is, or cut off. */
enum Fit {
  Exact,
  Cut,
}

interface Attempt {
  readonly bytes: Uint8Array;
  readonly candidate: Candidate;
  readonly warnings: readonly (readonly [message: string, column: number])[];
  readonly isCut: boolean;
}

/** Operands evaluated once for all candidates. */
type Values = ReadonlyMap<Operand, Value>;

export class InstructionEncoder {
  constructor(private readonly iced: IcedEncoder) {}

  encode(candidates: readonly Candidate[], prefixes: Prefixes, context: EncodeContext): Uint8Array {
    const values = this.evaluateAll(candidates, context);
    if (candidates.length === 0)
      return arrangePrefixes(new Uint8Array(), prefixes, context.bits, undefined, 0);
    const attempts = candidates.flatMap((candidate) => this.attempt(candidate, prefixes, values, context));
    const best = choose(attempts.filter(({ bytes }) => bytes.length >= context.atLeast)) ?? choose(attempts);
    if (best === undefined) throw this.refusal(candidates, values);
    requireOneSize(attempts, best);
    for (const [message, column] of best.warnings) context.warn(message, column);
    return best.bytes;
  }

  private evaluateAll(candidates: readonly Candidate[], { scope }: EncodeContext): Values {
    const values = new Map<Operand, Value>();
    for (const { operands } of candidates) {
      for (const operand of operands) {
        if (values.has(operand)) continue;
        if (operand.kind === 'immediate') values.set(operand, evaluate(operand.expression, scope));
        else if (operand.kind === 'memory') values.set(operand, evaluate(operand.address, scope));
      }
    }
    return values;
  }

  private attempt(
    candidate: Candidate,
    prefixes: Prefixes,
    values: Values,
    context: EncodeContext,
  ): Attempt[] {
    const build = new OperandBuilder(candidate, values, prefixes, context);
    const operands = build.all();
    if (operands === undefined) return [];
    const address = resolve(context.here) ?? 0n;
    // iced counts from the end of what it writes; the prefixes that we add come before.
    const extra = BigInt(prefixes.extraBytes);
    const bytes = this.iced.encode(context.bits, candidate.form.facts.code, operands, address + extra);
    if (bytes === undefined) return [];
    const arranged = arrangePrefixes(
      bytes,
      prefixes,
      context.bits,
      build.address,
      candidate.form.facts.operandSize,
    );
    return [{ bytes: arranged, candidate, warnings: build.warnings, isCut: build.fit === Fit.Cut }];
  }

  private refusal(candidates: readonly Candidate[], values: Values): Problem {
    const [first] = candidates;
    const branch = first?.operands.find((operand) => values.has(operand) && operand.kind === 'immediate');
    const column = branch?.column ?? first?.operands[0]?.column ?? 0;
    const isBranch = first?.form.rules.some((rule) => rule.branch !== undefined);
    if (isBranch) return new Problem('RANGE', 'the target is too far away for a short jump', column);
    const given = first?.operands.map(describe).join(', ') ?? '';
    return new Problem('OPERANDS', `no encoding holds ${given}: ${this.iced.refusal}`, column);
  }
}

/** The shortest that keeps every value; of several, one that extends a byte, then the lowest code. */
function choose(attempts: readonly Attempt[]): Attempt | undefined {
  let best: Attempt | undefined;
  for (const attempt of attempts) {
    if (best === undefined || isBetter(attempt, best)) best = attempt;
  }
  return best;
}

function isBetter(a: Attempt, b: Attempt): boolean {
  if (a.isCut !== b.isCut) return b.isCut;
  if (a.bytes.length !== b.bytes.length) return a.bytes.length < b.bytes.length;
  if (extendsByte(a) !== extendsByte(b)) return extendsByte(a);
  return isVectorMove(a) && !isVectorMove(b);
}

/** MOVQ of memory has a form for vectors and one for general registers, which is never the better one. */
function isVectorMove({ candidate }: Attempt): boolean {
  return candidate.form.rules.some(
    ({ isMemory, registers }) => isMemory === true && VECTORS.has(registers ?? ''),
  );
}

const VECTORS = new Set(['mmx', 'xmm']);

function extendsByte({ candidate }: Attempt): boolean {
  return candidate.form.rules.some(({ immediate }) => immediate?.bytes === 1 && immediate.extendedTo > 1);
}

/** Memory without a size that nothing else tells. */
function requireOneSize(attempts: readonly Attempt[], best: Attempt): void {
  const memory = best.candidate.operands.find((operand) => operand.kind === 'memory');
  if (memory === undefined || memory.size !== 0 || memory.distance === 'far') return;
  const sizes = new Set(
    attempts.map(({ candidate }) => candidate.form.facts.memoryBytes).filter((bytes) => bytes in SIZE_NAMES),
  );
  const isDefaulted = /^V?CVTSI2S[SD] /.test(best.candidate.form.facts.text);
  if (sizes.size <= 1 || isDefaulted) return;
  const names = [...sizes].sort((a, b) => a - b).map((bytes) => SIZE_NAMES[bytes] ?? `${bytes} bytes`);
  throw new Problem(
    'OPERAND_SIZE',
    `the size of the memory is not known: ${names.join(' or ')}?`,
    memory.column,
  );
}

/** Sizes that a source can name; others belong to the instruction, like the FPU's environment. */
const SIZE_NAMES: Readonly<Record<number, string>> = {
  1: 'byte',
  2: 'word',
  4: 'dword',
  8: 'qword',
  10: 'tword',
  16: 'oword',
  32: 'yword', // prettier-ignore
};

/** The operands of one candidate as iced takes them. */
class OperandBuilder {
  readonly warnings: [string, number][] = [];
  fit = Fit.Exact;
  address: Address | undefined;
  private immediates = 0;

  constructor(
    private readonly candidate: Candidate,
    private readonly values: Values,
    private readonly prefixes: Prefixes,
    private readonly context: EncodeContext,
  ) {}

  /** Undefined if a value does not go into the encoding. */
  all(): EncodedOperand[] | undefined {
    const { form, operands } = this.candidate;
    const encoded: EncodedOperand[] = [];
    for (const [index, rule] of form.rules.entries()) {
      const at = form.written.indexOf(index);
      const operand = operands[at];
      const one = operand === undefined ? this.implied(rule) : this.build(rule, operand);
      if (one === undefined) return undefined;
      encoded.push(one);
    }
    return encoded;
  }

  private build(rule: OperandRule, operand: Operand): EncodedOperand | undefined {
    switch (operand.kind) {
      case 'register':
        return { kind: OpKind.Register, register: encodedRegister(rule, operand.register) };
      case 'memory':
        return this.memory(rule, operand);
      case 'immediate':
        return rule.branch === undefined ? this.immediate(rule, operand) : this.branch(rule, operand);
      case 'far':
        return this.far(rule, operand);
    }
  }

  /** What a string instruction or one with fixed registers does not write. */
  private implied(rule: OperandRule): EncodedOperand {
    if (rule.fixed !== undefined) return { kind: OpKind.Register, register: rule.fixed };
    const bits = this.prefixes.address || this.context.bits;
    const width = bits === 16 ? 0 : bits === 32 ? 1 : 2;
    switch (rule.implied) {
      case 'destination':
        return { kind: OpKind.MemoryESDI + width, value: 0n };
      case 'masked destination':
        return { kind: OpKind.MemorySegDI + width, value: 0n };
      case 'table':
        return { kind: OpKind.Memory, memory: tableOf(width) };
      default:
        return { kind: OpKind.MemorySegSI + width, value: 0n };
    }
  }

  private memory(rule: OperandRule, operand: MemoryOperand): EncodedOperand | undefined {
    const { bits, isRelative } = this.context;
    const mode: AddressMode = { bits, isRelative, addressPrefix: this.prefixes.address };
    const address = layOutAddress(this.valueOf(operand), operand, mode);
    if (rule.vectorIndex !== address.indexKind) return undefined;
    if (rule.isOffset && !isOffset(address, operand, mode)) return undefined;
    if (address.warning !== undefined) this.warnings.push([address.warning, operand.column]);
    this.address = address;
    const { memory } = address;
    if (rule.isOffset || !address.isBare || address.bits !== 64) return { kind: OpKind.Memory, memory };
    const displacement = BigInt.asIntN(32, memory.displacement);
    if (displacement !== memory.displacement) {
      this.fit = Fit.Cut;
      this.warnings.push([`the address ${memory.displacement} does not fit in 32 bits`, operand.column]);
    }
    return { kind: OpKind.Memory, memory: { ...memory, displacement } };
  }

  private immediate(rule: OperandRule, operand: ImmediateOperand): EncodedOperand | undefined {
    const value = this.valueOf(operand);
    if (rule.immediate === undefined) return undefined;
    const { kind, bytes, extendedTo } = rule.immediate;
    if (rule.isOne === true && !(isScalar(value) && (value.isUnknown || value.number === 1n)))
      return undefined;
    const number = value.isUnknown ? 0n : this.numberOf(value, operand);
    if (this.candidate.isZeroExtending && !value.isUnknown && !(isScalar(value) && isUnsigned32(number)))
      return undefined;
    const isExact = value.isUnknown || holds(value, number, bytes, extendedTo, operand.size === 1);
    if (!isExact) {
      if (bytes === 1 && extendedTo > 0 && operand.size !== 1) return undefined;
      this.fit = Fit.Cut;
      if (isScalar(value))
        this.warnings.push([`${number} does not fit in ${bytes * 8} bits`, operand.column]);
    }
    const isSecond = kind === OpKind.Immediate8 && this.immediates > 0;
    this.immediates += 1;
    return { kind: isSecond ? OpKind.Immediate8_2nd : kind, value: number };
  }

  private branch(rule: OperandRule, operand: ImmediateOperand): EncodedOperand | undefined {
    const { here } = this.context;
    const value = this.valueOf(operand);
    if (rule.branch === undefined) return undefined;
    const { kind, bytes } = rule.branch;
    if (value.isUnknown) return { kind, value: resolve(here) ?? 0n };
    const isNear = isSameSection(value, here);
    const hasLongForm = !/^(LOOP|JR?E?CXZ)/.test(this.candidate.form.facts.text);
    if (bytes === 1 && !isNear && hasLongForm && operand.distance !== 'short') return undefined;
    return { kind, value: this.numberOf(value, operand) };
  }

  private far(rule: OperandRule, operand: FarOperand): EncodedOperand | undefined {
    if (rule.far === undefined) return undefined;
    const offset = this.numberOf(evaluate(operand.offset, this.context.scope), operand);
    const segment = this.numberOf(evaluate(operand.segment, this.context.scope), operand);
    return { kind: rule.far.kind, value: (BigInt.asUintN(16, segment) << 32n) | BigInt.asUintN(32, offset) };
  }

  private valueOf(operand: Operand): Value {
    const value = this.values.get(operand);
    if (value === undefined) throw new Problem('EXPRESSION', 'the operand has no value', operand.column);
    return value;
  }

  private numberOf(value: Value, operand: Operand): bigint {
    if (value.isUnknown) return resolve(this.context.here) ?? 0n;
    const number = resolve(value);
    if (number !== undefined) return number;
    throw new Problem('EXPRESSION', 'registers and sections cannot be mixed into a number', operand.column);
  }
}

function tableOf(width: number): {
  base: number;
  index: number;
  scale: number;
  displacement: bigint;
  displacementBytes: number;
} {
  return { base: [BX, EBX, RBX][width] ?? BX, index: AL, scale: 0, displacement: 0n, displacementBytes: 0 };
}

/** iced's numbers of the registers of XLAT. */
const [BX, EBX, RBX, AL] = [24, 40, 56, 1];

/** MOV of the accumulator with a bare address: in 64-bit code only with a 64-bit one, and not where that is relative. */
function isOffset(address: Address, operand: MemoryOperand, { bits, isRelative }: AddressMode): boolean {
  if (!address.isBare || bits !== 64) return address.isBare;
  return operand.displacementSize === 8 && (!isRelative || operand.relative === 'abs');
}

function isSameSection(a: Value, b: Value): boolean {
  return a.terms.length === b.terms.length && a.terms.every(({ of }, i) => of === b.terms[i]?.of);
}

function isUnsigned32(number: bigint): boolean {
  return number >= 0n && number <= 0xffff_ffffn;
}

/** Whether an immediate of so many bytes, extended to so many, is the number. */
function holds(value: Value, number: bigint, bytes: number, extendedTo: number, isByte: boolean): boolean {
  // An address is not known before everything is laid out: it gets an encoding that holds any of its size.
  if (!isScalar(value)) return extendedTo === 0 || isByte;
  if (bytes === 8) return true;
  if (extendedTo === 0) {
    const bits = BigInt(bytes * 8);
    return number >= -(1n << bits) && number < 1n << bits;
  }
  // Two's complement of the operand that it is extended to; NASM judges bytes by the lower half of a quadword.
  const width = bytes === 1 ? Math.min(extendedTo, 4) * 8 : 64;
  const signed = BigInt.asIntN(width, number);
  return BigInt.asIntN(bytes * 8, signed) === signed;
}
