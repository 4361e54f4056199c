/**
 * Values followed through a block as sums of what registers hold at its start, times constants, and a constant; outside of 64-bit
 * mode modulo 2^32. In 64-bit mode operations on 32 bits cut theirs: such a value is the sum as long as that fits.
 */
import { Reg, Seg } from '../../assembly/abi/register.js';
import { Uop } from '../../assembly/abi/uop.js';
import { Width } from '../../assembly/abi/width.js';
import { TlbField } from './core-layout.js';
import type { UopFields } from './region.js';
import { slotsWritten } from './register-use.js';

/** The sum of `terms`, slots of the register file (or names of values, from there on) and how often each counts, and `offset`. */
export interface Sum {
  readonly terms: ReadonlyMap<number, number>;
  readonly offset: number;
  /** Sums that must be at least 0 and below 2^32 for this to be the value. */
  readonly cuts: readonly Sum[];
}

const NO_TERMS: Sum['terms'] = new Map();
const NO_CUTS: Sum['cuts'] = [];

export function constantSum(offset: number): Sum {
  return { terms: NO_TERMS, offset, cuts: NO_CUTS };
}

/** Of a term. */
const MOST_TIMES = 64;
/** Of a step or an offset: sums stay exact. */
const FURTHEST = 2 ** 31;
const SLOTS = 32;
const ZERO_SLOT = Reg.Zero >> 3;
const FIRST_TEMPORARY = Reg.T0 >> 3;

/** What registers hold where a block begins, by slot. */
const AT_START: readonly (Sum | undefined)[] = Array.from({ length: SLOTS }, (_, slot) => {
  if (slot >= FIRST_TEMPORARY) return undefined;
  return slot === ZERO_SLOT ? constantSum(0) : { terms: new Map([[slot, 1]]), offset: 0, cuts: NO_CUTS };
});

/** Two sums have the same terms where these are the same. */
export function termsOf({ terms }: Sum): string {
  return [...terms].sort(([first], [second]) => first - second).join(';');
}

/** Two sums are the same where these are. */
export function nameOf(sum: Sum): string {
  return `${termsOf(sum)} ${sum.offset}`;
}

/** A load or a store that compiled code makes by itself. */
export function isAccess({ code }: UopFields): boolean {
  return (
    isStackAccess(code) ||
    (code >= Uop.Load8 && code <= Uop.StoreWrap64) ||
    (code >= Uop.LoadVector8 && code <= Uop.StoreVector256)
  );
}

function isStackAccess(code: number): boolean {
  return (code >= Uop.Push32 && code <= Uop.Pop64) || code === Uop.CallRel32 || code === Uop.CallRel64;
}

function isPop(code: number): boolean {
  return code === Uop.Pop32 || code === Uop.Pop64;
}

/** Of the kind of an access. */
export function tagOf({ code }: UopFields): TlbField {
  const isLoad =
    isPop(code) || code <= Uop.LoadWrap64 || (code >= Uop.LoadVector8 && code < Uop.StoreVector8);
  return isLoad ? TlbField.ReadTag : TlbField.WriteTag;
}

export function segmentOf({ code, n }: UopFields): Seg {
  return isStackAccess(code) ? Seg.Ss : n >> 4;
}

function isWrapping({ code }: UopFields): boolean {
  return (
    (code >= Uop.LoadWrap8 && code <= Uop.LoadWrap64) ||
    (code >= Uop.LoadRmwWrap8 && code <= Uop.LoadRmwWrap64) ||
    (code >= Uop.StoreWrap8 && code <= Uop.StoreWrap64)
  );
}

/** What registers hold at a point of the block. */
export class RegisterSums {
  /** By slot; undefined: not a sum. */
  private readonly sums = [...AT_START];
  /** Of the next value that is no sum: slots end below. */
  private nextName = SLOTS;

  constructor(
    private readonly is64Bit: boolean,
    /** Values that are no sums, or cut, are terms of their own: where there is no more to know of them than that they are the same. */
    private readonly hasNames = false,
  ) {}

  /** What a sum grows by from turn to turn, once the whole block has been executed: of a constant and registers that keep their values. */
  step({ terms }: Sum): Sum | undefined {
    let step: Sum | undefined = constantSum(0);
    for (const [slot, count] of terms) {
      if (slot === Reg.BlockRip >> 3) continue;
      step = this.plus(step, this.times(this.growth(slot), count));
    }
    return step;
  }

  private growth(slot: number): Sum | undefined {
    const growth = this.plus(this.sums[slot], this.times(AT_START[slot], -1));
    return growth !== undefined && [...growth.terms.keys()].every((term) => this.isKept(term))
      ? growth
      : undefined;
  }

  private isKept(slot: number): boolean {
    const after = this.sums[slot];
    return (
      after?.terms.size === 1 && after.terms.get(slot) === 1 && after.offset === 0 && after.cuts.length === 0
    );
  }

  /** What a slot holds now. */
  valueOf(slot: number): Sum | undefined {
    return this.sums[slot];
  }

  /** The linear address of an access. */
  address(uop: UopFields): Sum | undefined {
    if (isStackAccess(uop.code)) return isPop(uop.code) ? this.sums[Reg.Rsp >> 3] : this.stackPointer(uop);
    // In 64-bit mode the sum would have to be cut; elsewhere it is, but for temporaries that hold what is cut.
    const isPlain = uop.c === Reg.Zero && uop.low === 0 && uop.high === 0;
    if (this.is64Bit ? isWrapping(uop) : !isWrapping(uop) && !isPlain) return undefined;
    return this.scaled(uop, uop.n & 3);
  }

  execute(uop: UopFields): void {
    const { code, a } = uop;
    const width = this.is64Bit ? Width.Qword : Width.Dword;
    if (code >= Uop.CmpRR8 && code <= Uop.TestRI64) return;
    const value =
      this.result(uop, width) ?? (this.is64Bit ? this.cut(this.result(uop, Width.Dword)) : undefined);
    const stackPointer = isStackAccess(code) ? this.stackPointer(uop) : undefined;
    for (let written = slotsWritten(uop), slot = 0; written !== 0; written >>>= 1, slot++) {
      if ((written & 1) !== 0) this.sums[slot] = this.unknown();
    }
    if (value !== undefined) this.sums[a >> 3] = value;
    if (isStackAccess(code) && (!isPop(code) || a !== Reg.Rsp)) this.sums[Reg.Rsp >> 3] = stackPointer;
  }

  /** A value that is no sum. */
  private unknown(): Sum | undefined {
    return this.hasNames ? { terms: new Map([[this.nextName++, 1]]), offset: 0, cuts: NO_CUTS } : undefined;
  }

  /** After a push or pop. */
  private stackPointer({ code }: UopFields): Sum | undefined {
    const bytes = this.is64Bit ? 8 : 4;
    return this.plus(this.sums[Reg.Rsp >> 3], constantSum(isPop(code) ? bytes : -bytes));
  }

  private result(uop: UopFields, width: Width): Sum | undefined {
    const { a, b } = uop;
    const quiet = width - Width.Dword;
    switch (uop.code) {
      case Uop.MovRR8 + width:
        return this.sums[b >> 3];
      case Uop.MovRI8 + width:
        return this.constant(uop);
      case Uop.Lea16 + width - Width.Word:
        return this.scaled(uop, uop.n);
      case Uop.AddRR8 + width:
      case Uop.AddQuietRR32 + quiet:
        return this.plus(this.sums[a >> 3], this.sums[b >> 3]);
      case Uop.AddRI8 + width:
      case Uop.AddQuietRI32 + quiet:
        return this.plus(this.sums[a >> 3], this.constant(uop));
      case Uop.SubRR8 + width:
      case Uop.SubQuietRR32 + quiet:
        return this.plus(this.sums[a >> 3], this.times(this.sums[b >> 3], -1));
      case Uop.SubRI8 + width:
      case Uop.SubQuietRI32 + quiet:
        return this.plus(this.sums[a >> 3], this.times(this.constant(uop), -1));
      case Uop.Inc8 + width:
        return this.plus(this.sums[a >> 3], constantSum(1));
      case Uop.Dec8 + width:
        return this.plus(this.sums[a >> 3], constantSum(-1));
      default:
        return undefined;
    }
  }

  private scaled(uop: UopFields, scale: number): Sum | undefined {
    const index = this.times(this.sums[uop.c >> 3], 1 << scale);
    return this.plus(this.plus(this.sums[uop.b >> 3], index), this.constant(uop));
  }

  private constant({ low, high }: UopFields): Sum | undefined {
    const isShort = !this.is64Bit || high === low >> 31;
    return isShort ? constantSum(low | 0) : undefined;
  }

  /** The result of an operation on 32 bits. */
  private cut(sum: Sum | undefined): Sum | undefined {
    if (sum === undefined || (sum.terms.size === 0 && sum.offset >= 0)) return sum;
    if (this.hasNames) return undefined;
    return { ...sum, cuts: [...sum.cuts, sum] };
  }

  private times(sum: Sum | undefined, factor: number): Sum | undefined {
    if (sum === undefined || factor === 1) return sum;
    const offset = this.within(sum.offset * factor);
    if (offset === undefined) return undefined;
    const { cuts } = sum;
    if (sum.terms.size === 0) return { terms: sum.terms, offset, cuts };
    const terms = new Map<number, number>();
    for (const [slot, count] of sum.terms) terms.set(slot, count * factor);
    return areFew(terms) ? { terms, offset, cuts } : undefined;
  }

  private plus(first: Sum | undefined, second: Sum | undefined): Sum | undefined {
    if (first === undefined || second === undefined) return undefined;
    const offset = this.within(first.offset + second.offset);
    if (offset === undefined) return undefined;
    const cuts = second.cuts.length === 0 ? first.cuts : [...first.cuts, ...second.cuts];
    if (second.terms.size === 0) return { terms: first.terms, offset, cuts };
    if (first.terms.size === 0) return { terms: second.terms, offset, cuts };
    const terms = new Map(first.terms);
    for (const [slot, count] of second.terms) {
      const sum = (terms.get(slot) ?? 0) + count;
      if (sum === 0) terms.delete(slot);
      else terms.set(slot, sum);
    }
    return areFew(terms) ? { terms, offset, cuts } : undefined;
  }

  /** A number of bytes; undefined: it is too far. */
  private within(bytes: number): number | undefined {
    if (!this.is64Bit) return bytes | 0;
    return Math.abs(bytes) < FURTHEST ? bytes : undefined;
  }
}

/** Whether each of the terms counts so few times that sums stay exact. */
function areFew(terms: Sum['terms']): boolean {
  for (const count of terms.values()) if (Math.abs(count) > MOST_TIMES) return false;
  return true;
}
