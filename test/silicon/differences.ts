/** What counts as a difference between silicon and vmexit. */
import { extendedDifferences } from './extended-state.js';
import { Extended, PATCH_BYTES, Res } from './layout.js';
import type { Batch } from './layout.js';
import type { Outcome } from './record.js';

// Status flags, TF, DF, NT, AC and ID; not IF and IOPL (the operating system's), not RF (set in a saved image only).
export const COMPARED_FLAGS = 0x24_4dd5;
const PF_PRESENT = 1;
/** Above this Linux reports every page as present, so as not to tell which exist. */
const KERNEL_HALF = 0x7fff_ffff_f000n;

/** Whether a page is present is not told. */
export function isHidden(address: bigint): boolean {
  return address >= KERNEL_HALF;
}

/** In the order of layout.ts. GS is the C library's. */
const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs'];
export const REGISTER_NAMES = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');

/** Whether two results say the same, without a word on what differs: the common case, and quick. */
export function isEqual(a: Batch, i: number, b: Batch, j: number, isExtended: boolean): boolean {
  const [left, right] = [a.words, b.words];
  const [from, to] = [a.at(i) >> 2, b.at(j) >> 2];
  const areEqual = (first: number, bytes: number): boolean => {
    for (let n = first >> 2; n < (first + bytes) >> 2; n++)
      if (left[from + n] !== right[to + n]) return false;
    return true;
  };
  const flags = ((left[from + (Res.flags >> 2)] ?? 0) ^ (right[to + (Res.flags >> 2)] ?? 0)) & COMPARED_FLAGS;
  if (flags !== 0 || !areEqual(0, Res.flags) || !areEqual(Res.vector, Res.isDone - Res.vector)) return false;
  const changed = Math.min(
    left[from + (Res.changedCount >> 2)] ?? 0,
    (Res.bytes - Res.changed) / PATCH_BYTES,
  );
  return (
    areEqual(Res.changed, changed * PATCH_BYTES) && (!isExtended || areEqual(Res.extended, Extended.bytes))
  );
}

/** Names of what differs, with both values: silicon first. */
export function differences(expected: Outcome | undefined, actual: Outcome | string): string[] {
  if (expected === undefined) return [];
  if (typeof actual === 'string') return [`stopped: ${actual}`];
  const found: string[] = [];
  const check = (name: string, a: number | bigint, b: number | bigint) => {
    if (a !== b) found.push(`${name} ${a.toString(16)} ≠ ${b.toString(16)}`);
  };
  check('vector', expected.vector, actual.vector);
  check('rip', expected.rip, actual.rip);
  REGISTER_NAMES.forEach((name, i) => check(name, expected.registers[i] ?? 0n, actual.registers[i] ?? 0n));
  check('flags', expected.flags & COMPARED_FLAGS, actual.flags & COMPARED_FLAGS);
  const hidden = isHidden(expected.faultAddress) ? PF_PRESENT : 0;
  check('error code', expected.errorCode & ~hidden, actual.errorCode & ~hidden);
  check('fault address', expected.faultAddress, actual.faultAddress);
  SEGMENT_NAMES.forEach((name, i) =>
    check(name, expected.lastSelectors[i] ?? 0, actual.lastSelectors[i] ?? 0),
  );
  check('changed words', expected.changedCount, actual.changedCount);
  expected.changed.forEach((word, i) => {
    check(`changed word ${i}`, word.index, actual.changed[i]?.index ?? -1);
    check(`word ${word.index.toString(16)}`, word.value, actual.changed[i]?.value ?? -1);
  });
  if (expected.extended !== undefined && actual.extended !== undefined) {
    found.push(...extendedDifferences(expected.extended, actual.extended));
  }
  return found;
}
