/**
 * Loads and stores of a loop of one block whose addresses move by a constant at each turn: how far they go can be known ahead.
 *
 * Values are followed through the block as sums of what registers hold at its start, times constants, and a constant; outside of
 * 64-bit mode modulo 2^32.
 */
import { Reg } from '../../assembly/abi/register.js';
import { Uop } from '../../assembly/abi/uop.js';
import { Width } from '../../assembly/abi/width.js';
import { TlbField } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { runOf } from './memory-access.js';
import { EndKind, type RegionBlock, type UopFields } from './region.js';
import { slotsWritten } from './register-use.js';
import { Reach } from './reach.js';
import { compilationOf } from './uops.js';

/** The sum of `terms`, slots of the register file and how often each counts, and `offset`. */
interface Sum {
  readonly terms: ReadonlyMap<number, number>;
  readonly offset: number;
}

/** An access of the block, made at `address` in the first turn and `step` bytes further in each that follows. */
export interface SteadyAccess {
  readonly address: Sum;
  readonly step: number;
  /** Number of the run of pages that it is held against. */
  readonly run: number;
}

/** Turns times instructions stay below 2^31: a run is not longer than what a bank of the TLB maps, 4 MiB. */
const MOST_INSTRUCTIONS = 256;
const MOST_ACCESSES = 8;
/** Of a term. */
const MOST_TIMES = 64;
/** Of a step or an offset: sums stay exact. */
const FURTHEST = 2 ** 31;
const SLOTS = 32;
const ZERO_SLOT = Reg.Zero >> 3;
const FIRST_TEMPORARY = Reg.T0 >> 3;

/** The steady accesses by micro-op; none if the block is not all of a loop or may change what runs there are. */
export function steadyAccesses(emitter: Emitter, block: RegionBlock): ReadonlyMap<number, SteadyAccess> {
  const steady = new Map<number, SteadyAccess>();
  if (emitter.regionReach.usual !== Reach.Runs || !isWhole(block)) return steady;
  const values = new Values(emitter.is64Bit);
  const addresses = new Map<UopFields, Sum>();
  for (const uop of block.uops) {
    const address = isAccess(uop) ? values.address(uop) : undefined;
    if (address !== undefined) addresses.set(uop, address);
    values.execute(uop);
  }
  for (const [uop, address] of addresses) {
    const step = values.step(address);
    const run = step === undefined ? undefined : runOf(emitter, uop, tagOf(uop), uop.n >> 4);
    if (step === undefined || run === undefined) continue;
    steady.set(uop.address, { address, step, run });
  }
  return steady.size > MOST_ACCESSES ? new Map() : steady;
}

/** Calls that may fill the TLB: string instructions and x87 loads. Floating-point code is long: twice, it is slower. */
const UNFIT: ReadonlySet<number> = new Set([Uop.Sys, Uop.X87, Uop.Float]);

/** The block branches back to itself and calls nothing that may fill the TLB. */
function isWhole({ uops, last, end, targets, delta, instructions }: RegionBlock): boolean {
  if (end !== EndKind.Branch || last.code !== Uop.Jcc || targets[0] !== delta) return false;
  if (instructions > MOST_INSTRUCTIONS) return false;
  return uops.every(({ code }) => compilationOf(code) !== undefined && !UNFIT.has(code));
}

function isAccess({ code }: UopFields): boolean {
  return (
    (code >= Uop.Load8 && code <= Uop.StoreWrap64) || (code >= Uop.LoadVector8 && code <= Uop.StoreVector256)
  );
}

function tagOf({ code }: UopFields): TlbField {
  const isLoad = code <= Uop.LoadWrap64 || (code >= Uop.LoadVector8 && code < Uop.StoreVector8);
  return isLoad ? TlbField.ReadTag : TlbField.WriteTag;
}

function isWrapping({ code }: UopFields): boolean {
  return (
    (code >= Uop.LoadWrap8 && code <= Uop.LoadWrap64) ||
    (code >= Uop.LoadRmwWrap8 && code <= Uop.LoadRmwWrap64) ||
    (code >= Uop.StoreWrap8 && code <= Uop.StoreWrap64)
  );
}

/** What registers hold at a point of the block. */
class Values {
  /** By slot; undefined: not a sum. */
  private readonly sums: (Sum | undefined)[];

  constructor(private readonly is64Bit: boolean) {
    this.sums = Array.from({ length: SLOTS }, (_, slot) => {
      if (slot >= FIRST_TEMPORARY) return undefined;
      return { terms: new Map(slot === ZERO_SLOT ? [] : [[slot, 1]]), offset: 0 };
    });
  }

  /** Bytes that a sum grows by from turn to turn, once the whole block has been executed. */
  step({ terms }: Sum): number | undefined {
    let step: number | undefined = 0;
    for (const [slot, count] of terms) {
      const after = this.sums[slot];
      const isMoved = after?.terms.size === 1 && after.terms.get(slot) === 1;
      step =
        slot === Reg.BlockRip >> 3
          ? step
          : isMoved && step !== undefined
            ? step + count * after.offset
            : undefined;
    }
    return step === undefined ? undefined : this.within(step);
  }

  /** The linear address of an access. */
  address(uop: UopFields): Sum | undefined {
    // In 64-bit mode the sum would have to be cut; elsewhere it is, but for temporaries that hold what is cut.
    const isPlain = uop.c === Reg.Zero && uop.low === 0 && uop.high === 0;
    if (this.is64Bit ? isWrapping(uop) : !isWrapping(uop) && !isPlain) return undefined;
    return this.scaled(uop, uop.n & 3);
  }

  execute(uop: UopFields): void {
    const { code, a } = uop;
    const width = this.is64Bit ? Width.Qword : Width.Dword;
    if (code >= Uop.CmpRR8 && code <= Uop.TestRI64) return;
    const value = this.result(uop, width);
    for (let written = slotsWritten(uop), slot = 0; written !== 0; written >>>= 1, slot++) {
      if ((written & 1) !== 0) this.sums[slot] = undefined;
    }
    if (value !== undefined) this.sums[a >> 3] = value;
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
        return this.plus(this.sums[a >> 3], { terms: new Map(), offset: 1 });
      case Uop.Dec8 + width:
        return this.plus(this.sums[a >> 3], { terms: new Map(), offset: -1 });
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
    return isShort ? { terms: new Map(), offset: low | 0 } : undefined;
  }

  private times(sum: Sum | undefined, factor: number): Sum | undefined {
    const offset = sum === undefined ? undefined : this.within(sum.offset * factor);
    if (sum === undefined || offset === undefined) return undefined;
    return { terms: new Map([...sum.terms].map(([slot, count]) => [slot, count * factor])), offset };
  }

  private plus(first: Sum | undefined, second: Sum | undefined): Sum | undefined {
    if (first === undefined || second === undefined) return undefined;
    const offset = this.within(first.offset + second.offset);
    if (offset === undefined) return undefined;
    const terms = new Map(first.terms);
    for (const [slot, count] of second.terms) {
      const sum = (terms.get(slot) ?? 0) + count;
      if (sum === 0) terms.delete(slot);
      else terms.set(slot, sum);
    }
    return [...terms.values()].some((count) => Math.abs(count) > MOST_TIMES) ? undefined : { terms, offset };
  }

  /** A number of bytes; undefined: it is too far. */
  private within(bytes: number): number | undefined {
    if (!this.is64Bit) return bytes | 0;
    return Math.abs(bytes) < FURTHEST ? bytes : undefined;
  }
}
