/**
 * Loads of what an access before them, in the same block, has stored or loaded: that is kept in a local. 32-bit code has most of its
 * variables on the stack; where the next operation waits for one, the way through memory takes longer than the operation.
 *
 * Only accesses that are looked at together count (merged-checks.ts): they lie in one run of pages, so what is apart by its offset
 * is apart in memory. Whatever else writes memory may write anywhere.
 */
import { Uop } from '../../assembly/abi/uop.js';
import type { Width } from '../../assembly/abi/width.js';
import type { AddressCheck } from './address-check.js';
import type { KeptLocals } from './kept-locals.js';
import { Local } from './locals.js';
import type { UopFields } from './region.js';
import { compilationOf } from './uops.js';

/** Of an access: which others it is looked at with, and where it is among them. */
interface Place {
  readonly group: number;
  readonly start: number;
  readonly width: Width;
}

/** What a place holds: the indices of the access that makes it known and of loads behind it. */
interface Value {
  readonly place: Place;
  readonly source: number;
  readonly loads: number[];
}

const MOST_KEPT = Local.KeptEnd - Local.Kept;

/** The kept values of a block whose addresses are looked at like that. */
export function keptValues(
  uops: readonly UopFields[],
  checks: ReadonlyMap<number, AddressCheck>,
): KeptLocals {
  const keeping = new Map<number, Local>();
  const known = new Map<number, Local>();
  const lastUse = new Array<number>(MOST_KEPT).fill(-1);
  for (const { source, loads } of valuesOf(uops, checks)) {
    const free = lastUse.findIndex((index) => index < source);
    if (free < 0) continue;
    lastUse[free] = loads.at(-1)!;
    keeping.set(uops[source]!.address, Local.Kept + free);
    for (const load of loads) known.set(uops[load]!.address, Local.Kept + free);
  }
  return { keeping, known };
}

/** Those that are loaded behind their source, in the order of these. */
function valuesOf(uops: readonly UopFields[], checks: ReadonlyMap<number, AddressCheck>): readonly Value[] {
  const values: Value[] = [];
  let open: Value[] = [];
  const begin = (place: Place, source: number): void => {
    const value = { place, source, loads: [] };
    values.push(value);
    open.push(value);
  };
  uops.forEach((uop, i) => {
    const place = placeOf(uop, checks);
    if (isLoad(uop)) {
      const value = place && open.find((other) => isSame(other.place, place));
      if (value !== undefined) value.loads.push(i);
      else if (place !== undefined) begin(place, i);
    } else if (mayStore(uop)) {
      open = open.filter((value) => place !== undefined && isApart(value.place, place));
      if (place !== undefined) begin(place, i);
    }
  });
  return values.filter(({ loads }) => loads.length > 0);
}

/** Of a load or store that is looked at with others. */
function placeOf(uop: UopFields, checks: ReadonlyMap<number, AddressCheck>): Place | undefined {
  const check = checks.get(uop.address);
  if (check === undefined || !(isLoad(uop) || isStore(uop))) return undefined;
  return { group: check.group, start: -check.offset, width: (uop.code - Uop.Load8) & 3 };
}

function isSame(a: Place, b: Place): boolean {
  return a.group === b.group && a.start === b.start && a.width === b.width;
}

function isApart(a: Place, b: Place): boolean {
  if (a.group !== b.group) return false;
  return a.start + (1 << a.width) <= b.start || b.start + (1 << b.width) <= a.start;
}

/** Of a general register. */
function isLoad({ code }: UopFields): boolean {
  return code >= Uop.Load8 && code <= Uop.LoadRmwWrap64;
}

function isStore({ code }: UopFields): boolean {
  return code >= Uop.Store8 && code <= Uop.StoreWrap64;
}

/** It stores, or calls the core, or the interpreter runs it. */
function mayStore(uop: UopFields): boolean {
  const { code } = uop;
  return (
    isStore(uop) ||
    (code >= Uop.StoreVector8 && code <= Uop.StoreVector256) ||
    code === Uop.Push32 ||
    code === Uop.Push64 ||
    code === Uop.Sys ||
    code === Uop.X87 ||
    compilationOf(code) === undefined
  );
}
