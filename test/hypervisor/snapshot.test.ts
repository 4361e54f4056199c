/** A machine that goes on from a snapshot does what the first one did: same results, same state at the end. */
import { describe, expect, it } from 'vitest';
import { createVm, DEFAULT_MEMORY_BYTES, restoreVm } from '../../src/create-vm.js';
import { UsageError } from '../../src/errors.js';
import { listShippedGuests, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import { everyInstructions } from '../../src/hypervisor/nmi-schedule.js';
import { STRATEGY_NAMES, type StrategyName } from '../../src/hypervisor/nmi/strategies.js';
import { type ScheduleSpec, startSchedule } from '../../src/hypervisor/schedule-spec.js';
import type { Vm } from '../../src/hypervisor/vm.js';
import { CODE, MEMORY_BYTES, nops, realModeGuest, spin } from '../helpers/real-mode-guest.js';
import { Random } from '../silicon/random.js';
import { look } from './machine-look.js';

const SEED = 20261122;
const LIMIT = 60_000;

async function guestOf(name: string) {
  const shipped = (await listShippedGuests()).find((guest) => guest.name === name)!;
  const { nmiEvery, nmiFrom } = shipped;
  const spec: ScheduleSpec =
    nmiEvery === null ? { kind: 'none' } : { kind: 'random', mean: nmiEvery, seed: SEED, from: nmiFrom ?? 0 };
  const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), DEFAULT_MEMORY_BYTES);
  return { guest, nmiSchedule: startSchedule(spec) };
}

describe.each(['nmi-storm', 'nmi-iret-fault', 'nmi-exit-during-delivery', 'nmi-hlt', 'nmi-count-32'])(
  '%s',
  (name) => {
    it.each(STRATEGY_NAMES)('%s', { timeout: 60_000 }, async (nmi) => {
      const options = { ...(await guestOf(name)), nmi };
      const whole = await createVm(options);
      const result = whole.run({ maxInstructions: LIMIT });
      const end = look(whole);
      const random = new Random(SEED);
      for (let i = 0; i < 3; i++) {
        const cut = 1 + random.below(result.time);
        const vm = await createVm(options);
        vm.run({ maxInstructions: cut });
        const snapshot = vm.snapshot();
        const rest = { maxInstructions: LIMIT - cut };
        const other = await restoreVm(structuredClone(snapshot), { jit: i % 2 === 0 });
        expect(other.run(rest)).toEqual(result);
        expect(look(other)).toEqual(end);
        expect(vm.run(rest)).toEqual(result);
        vm.restore(snapshot);
        expect(vm.run(rest)).toEqual(result);
        expect(look(vm)).toEqual(end);
      }
    });
  },
);

const LONG = { main: [...nops(10), ...spin(1000)] };

it('needs the schedule again if it was neither a list nor described', async () => {
  const guest = realModeGuest(LONG);
  const vm = await createVm({ guest, memoryBytes: MEMORY_BYTES, nmiSchedule: everyInstructions(50_000) });
  vm.run({ maxInstructions: 20 });
  const snapshot = vm.snapshot();
  await expect(restoreVm(snapshot)).rejects.toThrow(UsageError);
  await expect(restoreVm(snapshot, { nmiSchedule: [7] })).rejects.toThrow(/not the one/);
  const again = await restoreVm(snapshot, { nmiSchedule: everyInstructions(50_000) });
  expect(again.time).toBe(vm.time);
});

it.each<[string, StrategyName, number]>([
  ['delivery', 'xen-vnmi', MEMORY_BYTES],
  ['memory', 'kvm-vnmi', 2 * MEMORY_BYTES],
])('refuses the snapshot of a machine with another %s, and goes on', async (_, nmi, memoryBytes) => {
  const guest = realModeGuest(LONG);
  const vm = await createVm({ guest, memoryBytes: MEMORY_BYTES, nmi: 'kvm-vnmi' });
  const other = await createVm({ guest, memoryBytes, nmi });
  const before = look(vm);
  expect(() => vm.restore(other.snapshot())).toThrow(UsageError);
  expect(look(vm)).toEqual(before);
  expect(vm.codeAt(BigInt(CODE)).bits).toBe(16);
});

it('goes on with the time-stamp counter of the snapshot in the machine that made it', async () => {
  // l: mov eax, 3; vmmcall (which the hypervisor completes, so that TSC_OFFSET grows); rdtsc; mov ebx, eax; jmp l
  const guest = Uint8Array.of(0xb8, 3, 0, 0, 0, 0x0f, 0x01, 0xd9, 0x0f, 0x31, 0x89, 0xc3, 0xeb, 0xf2);
  const vm = await createVm({ guest, format: 'flat', bits: 64 });
  const timeStamp = () => vm.snapshot().processor.core.fields['rbx'];
  vm.run({ maxInstructions: 2 });
  const snapshot = vm.snapshot();
  vm.run({ maxInstructions: 2 });
  const first = timeStamp();
  vm.restore(snapshot);
  vm.run({ maxInstructions: 2 });
  expect(timeStamp()).toBe(first);
});

it('cannot be asked of by a callback', async () => {
  const { guest } = await guestOf('hello-16');
  let vm: Vm | null = null;
  let error: unknown;
  vm = await createVm({
    guest,
    onSerial: () => {
      try {
        vm?.snapshot();
      } catch (thrown) {
        error = thrown;
      }
    },
  });
  vm.run({ maxInstructions: 10_000 });
  expect(error).toBeInstanceOf(UsageError);
});
