/** Equal states have equal hashes, however they were reached; whatever changes shows. */
import { describe, expect, it } from 'vitest';
import { createVm, restoreVm } from '../../src/create-vm.js';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import type { StrategyName } from '../../src/hypervisor/nmi/strategies.js';
import { startSchedule } from '../../src/hypervisor/schedule-spec.js';
import type { Vm } from '../../src/hypervisor/vm.js';
import { Random } from '../silicon/random.js';

const MEMORY_BYTES = 0x40_0000;
const TIMES = [1, 777, 5_000, 5_001, 20_000];

async function machine(name: string, nmi: StrategyName, jit = true): Promise<Vm> {
  const shipped = await findShippedGuest(name);
  const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), MEMORY_BYTES);
  const { nmiEvery, nmiFrom } = shipped;
  const nmiSchedule = startSchedule({ kind: 'random', mean: nmiEvery ?? 1e5, seed: 3, from: nmiFrom ?? 0 });
  return createVm({ guest, nmi, nmiSchedule, jit, memoryBytes: MEMORY_BYTES });
}

/** The hashes at some times, with stops and hashes in between, or without. */
function hashes(vm: Vm, slice: () => number): string[] {
  return TIMES.map((time) => {
    while (vm.time < time) {
      const { stop } = vm.run({ maxInstructions: Math.min(slice(), time - vm.time) });
      if (stop.kind !== 'budget') break;
      if (slice() % 5 === 0) vm.stateHash();
    }
    return `${vm.time} ${vm.stateHash()}`;
  });
}

describe.each<[string, StrategyName]>([
  ['nmi-storm', 'kvm-event-injection'],
  ['nmi-storm', 'kvm-vnmi'],
  ['nmi-iret-fault', 'xen-event-injection'],
  ['nmi-exit-during-delivery', 'naive-event-injection'],
  ['nmi-count-32', 'xen-vnmi'],
])('%s under %s', (name, nmi) => {
  it('is the same compiled, interpreted, sliced, restored and returned to', async () => {
    const expected = hashes(await machine(name, nmi), () => Infinity);
    expect(new Set(expected).size).toBe(TIMES.length);
    const random = new Random(1);
    expect(hashes(await machine(name, nmi, false), () => 1 + random.below(900))).toEqual(expected);
    const vm = await machine(name, nmi);
    const start = vm.checkpoint();
    expect(hashes(vm, () => 1 + random.below(5000))).toEqual(expected);
    const other = await restoreVm(vm.snapshot());
    expect(other.stateHash()).toBe(vm.stateHash());
    vm.returnTo(start);
    start.release();
    expect(hashes(vm, () => 1 + random.below(5000))).toEqual(expected);
  });
});

// prettier-ignore
it.each<[string, (vm: Vm) => void]>([
  ['an instruction',    (vm) => vm.run({ maxInstructions: 1 })],
  ['a bit of memory',   (vm) => vm.memory.write(0x30_0000, Uint8Array.of(0x10))],
  ['a register',        (vm) => { vm.registers.set('r13', vm.registers.get('r13') as bigint ^ 1n); }],
  ['a flag',            (vm) => { vm.registers.set('rflags', vm.registers.get('rflags') as bigint ^ 1n); }],
  ['a vector register', (vm) => { vm.registers.set('xmm3', 1n); }],
  ['a request to come', (vm) => vm.requestNmi({ atInstruction: 1e6 })],
])('shows %s', async (_, change) => {
  const vm = await machine('nmi-count-64', 'kvm-vnmi');
  vm.run({ maxInstructions: 1000 });
  const before = vm.checkpoint();
  const hash = vm.stateHash();
  expect(vm.stateHash()).toBe(hash);
  change(vm);
  expect(vm.stateHash()).not.toBe(hash);
  vm.returnTo(before);
  expect(vm.stateHash()).toBe(hash);
});

it('tells where in memory a byte is', async () => {
  const vm = await machine('nmi-count-64', 'kvm-vnmi');
  const found = [0x30_0000, 0x30_0001, 0x30_1000, 0x30_1040].map((at) => {
    vm.memory.write(at, Uint8Array.of(1));
    const hash = vm.stateHash();
    vm.memory.write(at, Uint8Array.of(0));
    return hash;
  });
  expect(new Set([...found, vm.stateHash()]).size).toBe(5);
});
