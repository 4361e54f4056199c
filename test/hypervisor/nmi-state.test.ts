/** Where the NMIs are, read at every instruction of a run: what must hold at each, and that every state is seen. */
import { expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import type { NmiState } from '../../src/hypervisor/nmi-state.js';
import type { StrategyName } from '../../src/hypervisor/nmi/strategies.js';
import {
  COUNT_NMI,
  IRET,
  MEMORY_BYTES,
  nops,
  realModeGuest,
  STI,
  WARM_STACK,
} from '../helpers/real-mode-guest.js';

/** Two NMIs, the second while the handler of the first runs. */
async function states(nmi: StrategyName): Promise<NmiState[]> {
  const guest = realModeGuest({
    main: [...WARM_STACK, ...nops(10), ...STI, ...nops(60)],
    nmi: [...COUNT_NMI, ...nops(10), ...IRET],
  });
  const vm = await createVm({ guest, nmi, memoryBytes: MEMORY_BYTES, nmiSchedule: [8, 14] });
  const seen = [vm.nmiState];
  for (let i = 0; i < 60; i++) {
    vm.run({ maxInstructions: 1 });
    seen.push(vm.nmiState);
  }
  return seen;
}

it.each<StrategyName>(['kvm-vnmi', 'xen-vnmi'])(
  '%s: the second waits in V_NMI behind the mask',
  async (nmi) => {
    const seen = await states(nmi);
    expect(seen[0]).toMatchObject({ nextRequest: 8, held: 0, hasVirtualNmi: true, handlerDepth: 0 });
    expect(
      seen.some((state) => state.isVirtualPending && state.isVirtualMasked && state.handlerDepth === 1),
    ).toBe(true);
    expect(seen.every((state) => state.handlerDepth <= 1 && !state.isIretIntercepted)).toBe(true);
    expect(seen.every((state) => state.isMaskedBySoftware === null)).toBe(true);
    expect(seen.some((state) => state.isInShadow)).toBe(true);
    for (const { handlerDepth, isVirtualMasked } of seen) expect(isVirtualMasked).toBe(handlerDepth === 1);
    expect(seen.at(-1)).toMatchObject({ nextRequest: null, isVirtualPending: false, isVirtualMasked: false });
  },
);

it.each<StrategyName>(['kvm-event-injection', 'xen-event-injection'])(
  '%s: the second is held behind the mask in software',
  async (nmi) => {
    const seen = await states(nmi);
    expect(seen.every((state) => !state.hasVirtualNmi && !state.isVirtualPending)).toBe(true);
    const waiting = seen.filter((state) => state.held === 1);
    expect(waiting.length).toBeGreaterThan(3);
    expect(waiting.some((state) => state.isMaskedBySoftware && state.isIretIntercepted)).toBe(true);
    expect(seen.at(-1)).toMatchObject({ held: 0, handlerDepth: 0 });
  },
);

it('naive-event-injection nests', async () => {
  const seen = await states('naive-event-injection');
  expect(Math.max(...seen.map((state) => state.handlerDepth))).toBe(2);
  expect(seen.every((state) => state.isMaskedBySoftware === null)).toBe(true);
});
