/**
 * What decides how a guest goes on: its registers, its memory, and whether it sleeps. Two machines that agree in it go on alike,
 * because nothing else is there that the guest could see; the time-stamp counter, which moved on, and what waits outside of it
 * left out.
 */
import type { Checkpoint } from '../../hypervisor/checkpoint.js';
import type { Vm } from '../../hypervisor/vm.js';
import type { RegisterImage } from '../../svm/guest-registers/register-image.js';
import { type AddressRange, isCovered, toRanges } from './address-ranges.js';
import type { RegisterDifference, StateDifference } from './observation.js';

const PAGE_BYTES = 4096;
/** The processor clears it with the next instruction, and pushes it set when it interrupts a REP (APM vol 2 §3.1.6). */
const RFLAGS_RF = 1n << 16n;

/** A machine's state, its memory as the pages that have changed since a checkpoint. */
export interface StateImage {
  readonly registers: RegisterImage;
  readonly isAsleep: boolean;
  /** By address. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

export function captureState(vm: Vm, since: Checkpoint): StateImage {
  const pages = new Map<number, Uint8Array>();
  for (const page of vm.pagesChangedSince(since)) pages.set(page, vm.memory.read(page, PAGE_BYTES));
  return { registers: vm.registers.image(), isAsleep: vm.nmiState.isAsleep, pages };
}

/** The pages that lie in neither image are alike: they have not changed since the checkpoint. */
export class StateComparison {
  private readonly registers: readonly RegisterDifference[];
  /** Addresses, ascending. */
  private readonly memory: readonly number[];
  private readonly isAwake: boolean;

  constructor(expected: StateImage, found: StateImage, since: Checkpoint) {
    this.registers = differingRegisters(expected, found);
    this.memory = differingMemory(expected, found, since);
    this.isAwake = expected.isAsleep !== found.isAsleep;
  }

  /** What differs outside of the ranges; null if nothing does. */
  difference(allowed: readonly AddressRange[]): StateDifference | null {
    const { registers, isAwake } = this;
    const memory = toRanges(this.memory.filter((address) => !isCovered(address, allowed)));
    return registers.length + memory.length === 0 && !isAwake ? null : { registers, memory, isAwake };
  }
}

function differingRegisters(expected: StateImage, found: StateImage): RegisterDifference[] {
  if (expected.registers.equals(found.registers)) return [];
  return expected.registers.changesTo(found.registers).flatMap(({ name, from, to }) => {
    const ignored = name === 'rflags' ? RFLAGS_RF : 0n;
    const difference = { name, expected: from & ~ignored, found: to & ~ignored };
    return difference.expected === difference.found ? [] : [difference];
  });
}

function differingMemory(expected: StateImage, found: StateImage, since: Checkpoint): number[] {
  const pages = new Set([...expected.pages.keys(), ...found.pages.keys()]);
  return [...pages]
    .sort((a, b) => a - b)
    .flatMap((page) => {
      const before = expected.pages.get(page) ?? since.read(page, PAGE_BYTES);
      const after = found.pages.get(page) ?? since.read(page, PAGE_BYTES);
      return differingBytes(before, after).map((offset) => page + offset);
    });
}

/** Offsets at which two pages differ. Both are copies, so they are aligned for words. */
function differingBytes(a: Uint8Array, b: Uint8Array): number[] {
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length / 4);
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length / 4);
  const offsets: number[] = [];
  for (let i = 0; i < left.length; i++) {
    if (left[i] === right[i]) continue;
    for (let j = i * 4; j < i * 4 + 4; j++) if (a[j] !== b[j]) offsets.push(j);
  }
  return offsets;
}
