/** The stream of events: what holds an NMI back and when its handler returns, at the exact instruction. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import { STRATEGY_NAMES, type StrategyName } from '../../src/hypervisor/nmi/strategies.js';
import type { TraceEvent } from '../../src/hypervisor/trace.js';
import {
  COUNT_NMI,
  exit,
  hypercall,
  IRET,
  MEMORY_BYTES,
  nops,
  realModeGuest,
  spin,
  STI,
  WARM_STACK,
} from '../helpers/real-mode-guest.js';
import { tracedRun } from '../helpers/traced-run.js';

/** Where the one NMI of these runs comes, in the middle of `nops`. */
const AT = 100;
const HANDLER = [...COUNT_NMI, ...nops(6), ...IRET];
/** Instructions of `HANDLER`, the IRET included. */
const HANDLER_LENGTH = 8;
/** The OUT of `exit`: 2 + 200 + 1 instructions and a handler come before it. */
const FIRST_EXIT = 203 + HANDLER_LENGTH;
const guest = realModeGuest({ main: [...WARM_STACK, ...nops(200), ...exit(0)], nmi: HANDLER });

/** Times of the events of one kind that say what `about` does. */
function times(
  events: readonly TraceEvent[],
  about: Partial<TraceEvent> & { kind: TraceEvent['kind'] },
): number[] {
  const wanted = Object.entries(about);
  return events
    .filter((event) =>
      wanted.every(([key, value]) => (event as unknown as Record<string, unknown>)[key] === value),
    )
    .map(({ time }) => time);
}

it.each(STRATEGY_NAMES)('%s: a handler runs from its delivery to the end of its IRET', async (nmi) => {
  const { events } = await tracedRun(guest, nmi, [AT]);
  expect(times(events, { kind: 'nmi-deliver', request: 0, running: 1 })).toEqual([AT]);
  expect(times(events, { kind: 'nmi-return', running: 0 })).toEqual([AT + HANDLER_LENGTH]);
});

// prettier-ignore
it.each<[rule: string, nmi: StrategyName, masked: number[], open: number[]]>([
  ['V_NMI_MASK, until the IRET completes',             'kvm-vnmi',               [AT], [AT + HANDLER_LENGTH]],
  ['V_NMI_MASK, until the IRET completes',             'xen-vnmi',               [AT], [AT + HANDLER_LENGTH]],
  ['the IRET intercept, one instruction too short',    'xen-event-injection',    [AT], [AT + HANDLER_LENGTH - 1]],
  ['nmi_masked, until an exit finds the IRET retired', 'kvm-event-injection',    [AT], [FIRST_EXIT]],
  ['nothing',                                          'naive-event-injection',  [],   []],
])('the mask is %s (%s)', async (_rule, nmi, masked, open) => {
  const { events } = await tracedRun(guest, nmi, [AT]);
  expect(times(events, { kind: 'nmi-mask', isMasked: true })).toEqual(masked);
  expect(times(events, { kind: 'nmi-mask', isMasked: false })).toEqual(open);
});

it('an exception inside the handler unmasks early, and the handler goes on', async () => {
  const INT3 = [0xcc];
  const nested = realModeGuest({
    main: [...WARM_STACK, ...nops(200), ...exit(0)],
    nmi: [...COUNT_NMI, ...INT3, ...nops(4), ...IRET],
    handlers: { 3: IRET },
  });
  const { events } = await tracedRun(nested, 'kvm-vnmi', [AT]);
  expect(times(events, { kind: 'nmi-mask', isMasked: false })).toEqual([AT + 3]);
  expect(times(events, { kind: 'nmi-return' })).toEqual([AT + 8]);
});

it('handlers that nest are counted, and return one by one', async () => {
  const { events, result } = await tracedRun(guest, 'naive-event-injection', [AT, AT + 3]);
  expect(result.nmi.maxNesting).toBe(2);
  expect(times(events, { kind: 'nmi-deliver', request: 1, running: 2 })).toEqual([AT + 3]);
  expect(times(events, { kind: 'nmi-return', running: 1 })).toEqual([AT + 3 + HANDLER_LENGTH]);
  expect(times(events, { kind: 'nmi-return', running: 0 })).toEqual([AT + 2 * HANDLER_LENGTH]);
});

it('a shadow is told of when it is all that holds an event back', async () => {
  const main = [...WARM_STACK, ...nops(AT - 3), ...STI, ...nops(100), ...exit(0)];
  const { events } = await tracedRun(realModeGuest({ main }), 'kvm-vnmi', [AT]);
  expect(times(events, { kind: 'shadow', isInShadow: true })).toEqual([AT]);
  expect(times(events, { kind: 'shadow', isInShadow: false })).toEqual([AT + 1]);
  expect(times(events, { kind: 'nmi-deliver' })).toEqual([AT + 1]);
});

it('what the guest prints is in it, at its time', async () => {
  const main = [0xb0, 0x41, 0xe6, 0xe9, ...nops(5), 0xe6, 0xe9, ...exit(0)]; // mov al, 'A'; out 0E9h, al
  const { events } = await tracedRun(realModeGuest({ main }), 'kvm-vnmi');
  expect(times(events, { kind: 'serial', byte: 0x41 })).toEqual([1, 7]);
});

it.each(STRATEGY_NAMES)('%s: a machine that is looked at is the same as one that is not', async (nmi) => {
  const main = [...WARM_STACK, ...STI, ...spin(60), ...hypercall(3, 1), ...nops(20), ...exit(0)];
  const options = {
    guest: realModeGuest({ main, nmi: HANDLER }),
    nmi,
    nmiSchedule: [20, 22, 25, 25, 60, 61, 124],
    memoryBytes: MEMORY_BYTES,
  };
  let events = 0;
  const seen = await createVm({ ...options, onTrace: () => events++ });
  const unseen = await createVm(options);
  for (let cut = 0; cut < 200; cut += 7) {
    expect(seen.run({ maxInstructions: 7 })).toEqual(unseen.run({ maxInstructions: 7 }));
    expect(digestOf(seen)).toBe(digestOf(unseen));
  }
  expect(events).toBeGreaterThan(0);
});

it('goes on after a snapshot without telling again what it told', async () => {
  const trace = async (cut: number): Promise<TraceEvent[]> => {
    const events: TraceEvent[] = [];
    const options = { guest, nmi: 'kvm-vnmi', nmiSchedule: [AT], memoryBytes: MEMORY_BYTES } as const;
    const vm = await createVm({ ...options, onTrace: (event) => events.push(event) });
    vm.run({ maxInstructions: cut });
    vm.restore(vm.snapshot());
    vm.run();
    return events;
  };
  const whole = await trace(0);
  for (let cut = AT - 2; cut < AT + HANDLER_LENGTH + 2; cut++) expect(await trace(cut)).toEqual(whole);
});

function digestOf(vm: Awaited<ReturnType<typeof createVm>>): string {
  const text = JSON.stringify(vm.snapshot(), (_key, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    return value instanceof Uint8Array ? createHash('sha256').update(value).digest('hex') : value;
  });
  return createHash('sha256').update(text).digest('hex');
}
