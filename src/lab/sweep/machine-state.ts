/**
 * What decides how a guest goes on: its registers, its memory, and whether it sleeps. Two machines that agree in it go on alike,
 * because nothing else is there that the guest could see; the time-stamp counter, which moved on, and what waits outside of it
 * left out.
 */
import type { Checkpoint } from '../../hypervisor/checkpoint.js';
import type { Vm } from '../../hypervisor/vm.js';
import { type AddressRange, isCovered, toRanges } from './address-ranges.js';
import type { RegisterDifference, StateDifference } from './observation.js';

const PAGE_BYTES = 4096;
/** The processor clears it with the next instruction, and pushes it set when it interrupts a REP (APM vol 2 §3.1.6). */
const RFLAGS_RF = 1n << 16n;

const SEGMENTS = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const;

// prettier-ignore
const INTEGER = [
  'rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15', 'rip', 'rflags', 'cpl',
  'cr0', 'cr2', 'cr3', 'cr4', 'cr8', 'dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7', 'efer', 'star', 'lstar', 'cstar', 'sfmask', 'kernelGsBase',
  'sysenterCs', 'sysenterEsp', 'sysenterEip', 'pat', 'tscAux', 'xcr0',
] as const;

const MEDIA = [
  ...Array.from({ length: 16 }, (_, i) => `ymm${i}`),
  ...Array.from({ length: 8 }, (_, i) => `st${i}`),
  ...['mxcsr', 'fcw', 'fsw', 'ftw', 'fop', 'fip', 'fdp', 'fcs', 'fds'],
];

/** A machine's state, its memory as the pages that have changed since a checkpoint. */
export interface StateImage {
  readonly registers: ReadonlyMap<string, bigint>;
  readonly isAsleep: boolean;
  /** By address. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

export function captureState(vm: Vm, since: Checkpoint): StateImage {
  const pages = new Map<number, Uint8Array>();
  for (const page of vm.pagesChangedSince(since)) pages.set(page, vm.memory.read(page, PAGE_BYTES));
  return { registers: readRegisters(vm), isAsleep: vm.nmiState.isAsleep, pages };
}

function readRegisters({ registers }: Vm): Map<string, bigint> {
  const values = new Map<string, bigint>();
  for (const name of [...INTEGER, ...MEDIA]) values.set(name, registers.get(name));
  values.set('rflags', registers.get('rflags') & ~RFLAGS_RF);
  for (const name of SEGMENTS) {
    const { selector, attributes, limit, base } = registers.segment(name);
    values.set(name, BigInt(selector));
    values.set(`${name} base`, base);
    values.set(`${name} limit`, BigInt(limit));
    values.set(`${name} attributes`, BigInt(attributes));
  }
  for (const name of ['gdtr', 'idtr'] as const) {
    const { base, limit } = registers.table(name);
    values.set(`${name} base`, base);
    values.set(`${name} limit`, BigInt(limit));
  }
  return values;
}

/** The pages that lie in neither image are alike: they have not changed since the checkpoint. */
export class StateComparison {
  constructor(
    private readonly expected: StateImage,
    private readonly found: StateImage,
    private readonly since: Checkpoint,
  ) {}

  /** What differs outside of the ranges; null if nothing does. */
  difference(allowed: readonly AddressRange[]): StateDifference | null {
    const registers = this.registers();
    const memory = this.memory(allowed);
    const isAwake = this.expected.isAsleep !== this.found.isAsleep;
    return registers.length + memory.length === 0 && !isAwake ? null : { registers, memory, isAwake };
  }

  private registers(): RegisterDifference[] {
    const differences: RegisterDifference[] = [];
    for (const [name, expected] of this.expected.registers) {
      const found = this.found.registers.get(name);
      if (found !== undefined && found !== expected) differences.push({ name, expected, found });
    }
    return differences;
  }

  private memory(allowed: readonly AddressRange[]): AddressRange[] {
    const pages = new Set([...this.expected.pages.keys(), ...this.found.pages.keys()]);
    const addresses: number[] = [];
    for (const page of [...pages].sort((a, b) => a - b)) {
      const expected = this.expected.pages.get(page) ?? this.since.read(page, PAGE_BYTES);
      const found = this.found.pages.get(page) ?? this.since.read(page, PAGE_BYTES);
      for (const offset of differingBytes(expected, found)) {
        const address = page + offset;
        if (!isCovered(address, allowed)) addresses.push(address);
      }
    }
    return toRanges(addresses);
  }
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
