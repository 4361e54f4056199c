/** The shipped guests that exist to show a difference between strategies show it. */
import { expect, it } from 'vitest';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../../src/guests.js';
import { everyInstructions } from '../../../src/hypervisor/nmi-schedule.js';
import { createVm, DEFAULT_MEMORY_BYTES } from '../../../src/create-vm.js';
import { STRATEGY_NAMES, type StrategyName } from '../../../src/hypervisor/nmi/strategies.js';
import type { RunResult } from '../../../src/hypervisor/run-result.js';

async function run(name: string, nmi: StrategyName): Promise<RunResult> {
  const shipped = await findShippedGuest(name);
  const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), DEFAULT_MEMORY_BYTES);
  const nmiSchedule = shipped.nmiEvery === null ? [] : everyInstructions(shipped.nmiEvery);
  const vm = await createVm({ guest, nmi, nmiSchedule });
  return vm.run({ maxInstructions: 20_000_000 });
}

const TRACKED = STRATEGY_NAMES.filter((name) => name !== 'naive-event-injection');

function exitsPerNmi({ exits, nmi }: RunResult): number {
  const cost = exits
    .filter(({ cause }) => cause === 'nmi-delivery')
    .reduce((sum, { count }) => sum + count, 0);
  return cost / nmi.delivered;
}

// prettier-ignore
it.each<readonly [StrategyName, nested: boolean]>([
  ['xen-event-injection', true],  // unmasks when IRET is intercepted; Xen's own comment
  ['kvm-event-injection', true],  // takes any new RIP for the end of IRET
  ['xen-vnmi',            false], // V_NMI_MASK falls when IRET completes (APM vol 2 §15.21.10)
  ['kvm-vnmi',            false],
])('a faulting IRET lets NMIs nest under %s: %s', async (strategy, isNested) => {
  const { stop, nmi } = await run('nmi-iret-fault', strategy);
  expect(stop).toEqual({ kind: 'exit', status: 0 });
  expect(nmi.maxNesting).toBe(isNested ? 2 : 1);
});

it.each(TRACKED)('%s loses no NMI whose delivery exits', async (strategy) => {
  const { stop, nmi } = await run('nmi-exit-during-delivery', strategy);
  expect(stop).toEqual({ kind: 'exit', status: 0 });
  expect(nmi).toMatchObject({ requested: 32, delivered: 32, lost: 0, merged: 0, pending: 0 });
});

it('the naive strategy loses every NMI whose delivery exits', async () => {
  const { stop, nmi } = await run('nmi-exit-during-delivery', 'naive-event-injection');
  expect(stop).toEqual({ kind: 'exit', status: 1 });
  expect(nmi).toMatchObject({ requested: 32, delivered: 0, lost: 32 });
});

it.each(STRATEGY_NAMES)(
  'an exception inside the handler unmasks early under %s, as on silicon',
  async (strategy) => {
    const { stop, nmi } = await run('nmi-page-fault-inside', strategy);
    expect(stop).toEqual({ kind: 'exit', status: 0 });
    expect(nmi).toMatchObject({ delivered: 16, maxNesting: 2 });
  },
);

it.each(STRATEGY_NAMES)('nmi-hlt: each NMI wakes its HLT under %s', async (strategy) => {
  const { stop, nmi, exits } = await run('nmi-hlt', strategy);
  expect(stop).toEqual({ kind: 'exit', status: 0 });
  expect(nmi).toMatchObject({ requested: 64, delivered: 64 });
  expect(exits.find(({ name }) => name === 'hlt')).toMatchObject({ cause: 'workload', count: 64 });
});

// prettier-ignore
it.each<readonly [StrategyName, cost: number]>([
  ['naive-event-injection', 0],
  ['xen-event-injection',   1],
  ['kvm-event-injection',   1],
  ['xen-vnmi',              0],
  ['kvm-vnmi',              0],
])('nmi-storm costs under %s %i exits an NMI and harms nothing', async (strategy, cost) => {
  const result = await run('nmi-storm', strategy);
  expect(result.stop).toEqual({ kind: 'exit', status: 0 });
  expect(result.nmi.requested).toBeGreaterThan(1000);
  expect(result.nmi.delivered).toBe(result.nmi.requested);
  expect(exitsPerNmi(result)).toBe(cost);
});
