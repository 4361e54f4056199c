/** What is known of the numbers in vector registers where arithmetic is done without a look at its results. */
import { FloatOp } from '../../assembly/abi/float-op.js';
import { Uop } from '../../assembly/abi/uop.js';
import { VectorOp } from '../../assembly/abi/vector-op.js';
import { VectorRegister } from '../../assembly/abi/vector-register.js';
import type { CodeWriter } from './code-writer.js';
import { either, type FloatRange, isAddend, ordinaryRange } from './float-range.js';
import type { UopFields } from './region.js';
import { Half, type VectorRegisters } from './vector-registers.js';
import { operationOf, vectorUse } from './vector-use.js';
import type { Op } from './wasm-opcodes.js';

/** The part of the emitter that is needed here. */
export interface Ground {
  readonly code: CodeWriter;
  readonly vectors: VectorRegisters;
  open(op: Op.If): void;
  close(): void;
  /** Gives up if the i32 on top of the stack is not zero. */
  retreatIf(): void;
}

/** A value to be looked at. */
export interface Doubt {
  local: number;
  readonly isDouble: boolean;
  /** All its lanes count, not just the lowest. */
  readonly isWhole: boolean;
  mustBeNonzero: boolean;
}

/** What is known of half of a vector register. */
export interface Known {
  readonly isDouble: boolean;
  readonly isWhole: boolean;
  range: FloatRange;
  /** It is so if this comes out well. */
  doubt?: Doubt | undefined;
  /** It is what that half was when the loop was entered, and what has been added since (turn-numbers.ts). */
  readonly sum?: number | undefined;
}

export abstract class KnownNumbers {
  protected readonly known = new Map<number, Known>();

  constructor(protected readonly ground: Ground) {}

  /** Looks at half of a register in any case. */
  abstract doubt(
    register: number,
    half: Half,
    isDouble: boolean,
    isWhole: boolean,
    mustBeNonzero?: boolean,
  ): FloatRange;

  /** Looks at half of a register, unless it is known to be finite, not denormal and as wanted. */
  range(
    register: number,
    half: Half,
    isDouble: boolean,
    isWhole: boolean,
    mustBeNonzero = false,
  ): FloatRange {
    const known = this.find(register, half, isDouble, isWhole);
    if (known === undefined) return this.doubt(register, half, isDouble, isWhole, mustBeNonzero);
    if (!mustBeNonzero || known.range.isNonzero) return known.range;
    if (!this.isWaiting(known.doubt)) return this.doubt(register, half, isDouble, isWhole, mustBeNonzero);
    known.doubt.mustBeNonzero = true;
    return (known.range = ordinaryRange(isDouble, true));
  }

  /** Whether more may still be asked of a value. */
  protected isWaiting(_doubt: Doubt | undefined): _doubt is Doubt {
    return false;
  }

  protected find(register: number, half: Half, isDouble: boolean, isWhole: boolean): Known | undefined {
    const known = this.known.get(keyOf(register, half));
    return known?.isDouble === isDouble && (known.isWhole || !isWhole) ? known : undefined;
  }

  set(
    register: number,
    half: Half,
    isDouble: boolean,
    isWhole: boolean,
    range: FloatRange,
    sum?: number,
  ): void {
    this.known.set(keyOf(register, half), { isDouble, isWhole, range, sum });
  }

  /** The sum that an operation adds to; undefined: it does not, or what it adds may be too large or too small. */
  sumAfter(uop: UopFields, half: Half, isDouble: boolean, isWhole: boolean): number | undefined {
    const op: FloatOp = operationOf(uop);
    if (op !== FloatOp.Add && op !== FloatOp.Sub) return undefined;
    const operands = [uop.b, uop.c].map((register) => this.find(register, half, isDouble, isWhole));
    const [sum, ...others] = operands.filter((known) => known?.sum !== undefined);
    const addend = operands.find((known) => known?.sum === undefined);
    return others.length === 0 && addend && isAddend(addend.range, isDouble) ? sum?.sum : undefined;
  }

  /** Forgets what a micro-op overwrites. */
  forget(uop: UopFields): void {
    const moved = this.moved(uop);
    const { writtenLow, writtenHigh } = vectorUse(uop);
    for (let register = 0; register < VectorRegister.Count; register++) {
      if (((writtenLow >>> register) & 1) !== 0) this.known.delete(keyOf(register, Half.Low));
      if (((writtenHigh >>> register) & 1) !== 0) this.known.delete(keyOf(register, Half.High));
    }
    if (moved !== undefined) this.known.set(keyOf(uop.a, Half.Low), moved);
  }

  /** What a move or an unpacking leaves in the lower half of its destination. */
  private moved(uop: UopFields): Known | undefined {
    if (uop.code !== Uop.Vector) return undefined;
    const first = this.known.get(keyOf(uop.b, Half.Low));
    const second = this.known.get(keyOf(uop.c, Half.Low));
    switch (operationOf(uop) as VectorOp) {
      case VectorOp.Move:
        return second;
      case VectorOp.MoveLow32:
        return second?.isDouble === false ? { ...second, isWhole: false } : undefined;
      case VectorOp.MoveLow64:
      case VectorOp.MoveZero64:
        return second && { ...second, isWhole: false };
      case VectorOp.DuplicateEven64:
        return both(second, second, false);
      case VectorOp.UnpackLow64:
        return both(first, second, false);
      case VectorOp.UnpackHigh64:
      case VectorOp.ShufflePairs64:
        return both(first, second, true);
      default:
        return undefined;
    }
  }
}

/** Names half of a vector register. */
export function keyOf(register: number, half: Half): number {
  return register + half * VectorRegister.Count;
}

/** A pair of doubles, of which one is from each. */
function both(first: Known | undefined, second: Known | undefined, isOfWhole: boolean): Known | undefined {
  if (first?.isDouble !== true || second?.isDouble !== true) return undefined;
  if (isOfWhole && !(first.isWhole && second.isWhole)) return undefined;
  return { isDouble: true, isWhole: true, range: either(first.range, second.range) };
}
