/**
 * Loads and stores of a loop of one block whose addresses move by the same at each turn: how far they go can be known ahead.
 */
import { Uop } from '../../assembly/abi/uop.js';
import type { Emitter } from './emitter.js';
import { runOf } from './memory-access.js';
import { EndKind, type RegionBlock, type UopFields } from './region.js';
import { Reach } from './reach.js';
import { isAccess, nameOf, RegisterSums, segmentOf, type Sum, tagOf } from './register-sums.js';
import type { SteadyAccess } from './steady-access.js';
import { compilationOf } from './uops.js';
import { alignmentOf, mustBeAligned } from './vector-moves.js';

/** Turns times instructions stay below 2^31: a run is not longer than what a bank of the TLB maps, 4 MiB. */
const MOST_INSTRUCTIONS = 256;
const MOST_ACCESSES = 8;
const MOST_CUTS = 4;

/** The steady accesses by micro-op; none if the block is not all of a loop or may change what runs there are. */
export function steadyAccesses(emitter: Emitter, block: RegionBlock): ReadonlyMap<number, SteadyAccess> {
  const steady = new Map<number, SteadyAccess>();
  if (emitter.regionReach.usual !== Reach.Runs || !isWhole(block)) return steady;
  const values = new RegisterSums(emitter.is64Bit);
  const addresses = new Map<UopFields, Sum>();
  for (const uop of block.uops) {
    const address = isAccess(uop) ? values.address(uop) : undefined;
    if (address !== undefined) addresses.set(uop, address);
    values.execute(uop);
  }
  for (const [uop, address] of addresses) {
    const step = values.step(address);
    const cuts = step === undefined ? undefined : cutsOf(values, address, step);
    const run = cuts === undefined ? undefined : runOf(emitter, uop, tagOf(uop), segmentOf(uop));
    if (step === undefined || cuts === undefined || run === undefined) continue;
    steady.set(uop.address, { address, step, cuts, run, alignment: alignmentAhead(uop, step) });
  }
  return steady.size > MOST_ACCESSES ? new Map() : steady;
}

/** That of an access that must be aligned, if all turns are when one is. */
function alignmentAhead(uop: UopFields, step: Sum): number {
  if (uop.code < Uop.LoadVector8 || uop.code > Uop.StoreVector256 || !mustBeAligned(uop)) return 0;
  const width = uop.code - (uop.code < Uop.StoreVector8 ? Uop.LoadVector8 : Uop.StoreVector8);
  const alignment = alignmentOf(width);
  return step.terms.size === 0 && step.offset % (1 << alignment) === 0 ? alignment : 0;
}

/** All sums that must fit for an access to be where it is thought to be; undefined: that is not known ahead. */
function cutsOf(values: RegisterSums, address: Sum, step: Sum): readonly Sum[] | undefined {
  const cuts = new Map<string, Sum>();
  const waiting = [...address.cuts, ...step.cuts];
  for (const cut of waiting) {
    if (cuts.has(nameOf(cut))) continue;
    cuts.set(nameOf(cut), cut);
    const own = values.step(cut);
    const isFit = own !== undefined && (isZero(own) || (nameOf(own) === nameOf(step) && !isNegative(own)));
    if (!isFit || cuts.size > MOST_CUTS) return undefined;
    waiting.push(...own.cuts);
  }
  return [...cuts.values()];
}

function isZero({ terms, offset }: Sum): boolean {
  return terms.size === 0 && offset === 0;
}

function isNegative({ terms, offset }: Sum): boolean {
  return terms.size === 0 && offset < 0;
}

/** Calls that may fill the TLB: string instructions and x87 loads. */
const UNFIT: ReadonlySet<number> = new Set([Uop.Sys, Uop.X87]);

/** The block branches back to itself and calls nothing that may fill the TLB. */
function isWhole({ uops, last, end, targets, delta, instructions }: RegionBlock): boolean {
  if (end !== EndKind.Branch || last.code !== Uop.Jcc || targets[0] !== delta) return false;
  if (instructions > MOST_INSTRUCTIONS) return false;
  return uops.every(({ code }) => compilationOf(code) !== undefined && !UNFIT.has(code));
}
