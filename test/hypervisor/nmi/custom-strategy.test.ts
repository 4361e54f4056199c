/** A caller's own way of delivering NMIs: what `createVm` and `restoreVm` take, and what they refuse. */
import { expect, it } from 'vitest';
import {
  createVm,
  type CustomStrategy,
  injectNmi,
  NmiDelivery,
  restoreVm,
  type SavedDelivery,
  UsageError,
} from '../../../src/index.js';
import { exit, MEMORY_BYTES, realModeGuest, spin, WARM_STACK } from '../../helpers/real-mode-guest.js';

const guest = realModeGuest({ main: [...WARM_STACK, ...spin(200), ...exit(0)] });

/** Injects every second request, and says that the others were merged. */
class EverySecond extends NmiDelivery {
  private waiting = 0;
  private seen = 0;

  override request(): void {
    this.seen++;
    this.waiting++;
    if (this.seen % 2 === 1) return;
    this.waiting--;
    this.host.merge('every second one');
  }

  override prepareEntry(): void {
    if (this.waiting === 0) return;
    this.waiting--;
    injectNmi(this.vmcb);
  }

  override redeliver(): void {
    injectNmi(this.vmcb);
  }

  override held(): number {
    return this.waiting;
  }

  override isDue(): boolean {
    return this.waiting > 0;
  }

  override save(): SavedDelivery {
    return { waiting: this.waiting, seen: this.seen };
  }

  override restore({ waiting, seen }: SavedDelivery): void {
    this.waiting = Number(waiting);
    this.seen = Number(seen);
  }
}

const mine: CustomStrategy = { name: 'every-second', create: (host) => new EverySecond(host) };
const options = { guest, memoryBytes: MEMORY_BYTES, nmi: mine, nmiSchedule: [50, 100, 150, 200] };

it('delivers as the caller says', async () => {
  const { stop, nmi } = (await createVm(options)).run();
  expect(stop).toEqual({ kind: 'exit', status: 0 });
  expect(nmi).toMatchObject({
    requested: 4,
    delivered: 2,
    merged: 2,
    mergeReasons: { 'every second one': 2 },
  });
});

/** Looks at no EXITINTINFO, and tells nobody. */
class Forgetful extends EverySecond {
  override redeliver(): void {}
}

it('loses an NMI that it forgets', async () => {
  // Nothing has touched the stack yet: the first delivery meets a nested page fault.
  const cold = realModeGuest({ main: [...spin(200), ...exit(0)] });
  const nmi: CustomStrategy = { name: 'forgetful', create: (host) => new Forgetful(host) };
  const result = (await createVm({ ...options, guest: cold, nmi })).run();
  expect(result.stop).toEqual({ kind: 'exit', status: 0 });
  expect(result.nmi).toMatchObject({ requested: 4, delivered: 1, merged: 2, lost: 1, pending: 0 });
  expect(Object.keys(result.nmi.lossReasons)).toEqual([
    'the hypervisor has forgotten it: neither its own state, nor EVENTINJ, nor V_NMI has it',
  ]);
});

it('is named in snapshots, which need it again', async () => {
  const vm = await createVm(options);
  vm.run({ maxInstructions: 120 });
  const snapshot = vm.snapshot();
  expect(snapshot.machine.nmi).toBe('every-second');
  await expect(restoreVm(snapshot)).rejects.toThrow('give it as nmi');
  const again = await restoreVm(snapshot, { nmi: mine });
  expect(again.run()).toEqual(vm.run());
});

it.each([
  ['no name', { name: '', create: mine.create }],
  ['the name of another', { name: 'kvm-vnmi', create: mine.create }],
  ['nothing to make it with', { name: 'mine' }],
  ['nothing', null],
  ['a name that nobody has', 'kvm-vmni'],
])('refuses a strategy with %s', async (_what, nmi) => {
  const error: unknown = await createVm({ ...options, nmi: nmi as never }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toContain('create(host)');
});
