/**
 * The five strategies against one another: the same guest and the same requests, and for each strategy the exits, the
 * merges and the delays that its hypervisor's source says.
 */
import { describe, expect, it } from 'vitest';
import { STRATEGY_NAMES, type StrategyName } from '../../../src/hypervisor/nmi/strategies.js';
import {
  CLI,
  COUNT_NMI,
  exit,
  IRET,
  nops,
  realModeGuest,
  spin,
  STI,
  TOUCH_COLD_PAGE,
  WARM_STACK,
} from '../../helpers/real-mode-guest.js';
import { tracedRun } from '../../helpers/traced-run.js';

/** With interrupts on, long enough for everything below. */
const BUSY = realModeGuest({ main: [...WARM_STACK, ...STI, ...spin(500), ...exit(0)] });
/** inc; 8 nops; iret: a second NMI has room inside. */
const LONG_HANDLER = [...COUNT_NMI, ...nops(8), ...IRET];
const BUSY_LONG = realModeGuest({
  main: [...WARM_STACK, ...STI, ...spin(500), ...exit(0)],
  nmi: LONG_HANDLER,
});

type Row = readonly [strategy: StrategyName, exits: readonly string[], delays: readonly number[]];

it('has a row for every strategy in each table below', () => {
  expect(STRATEGY_NAMES).toHaveLength(5);
});

describe('an isolated NMI', () => {
  // prettier-ignore
  it.each<Row>([
    ['naive-event-injection', [],       [0]],
    ['xen-event-injection',   ['iret'], [0]],
    ['kvm-event-injection',   ['iret'], [0]],
    ['xen-vnmi',              [],       [0]],
    ['kvm-vnmi',              [],       [0]],
  ])('costs under %s the exits %j', async (strategy, exits, delays) => {
    const { result, deliveryExits } = await tracedRun(BUSY, strategy, [100]);
    expect(result.stop).toEqual({ kind: 'exit', status: 0 });
    expect(deliveryExits).toEqual(exits);
    expect(result.nmi.latencies).toEqual(delays);
    expect(result.nmi.maxNesting).toBe(1);
  });
});

describe('a second NMI, requested inside the handler', () => {
  // The handler has 10 instructions; the request comes after 4 of them: 6 remain.
  // prettier-ignore
  it.each<readonly [...Row, nesting: number]>([
    ['naive-event-injection', [],                         [0, 0], 2],
    ['xen-event-injection',   ['iret', 'vintr', 'iret'],  [0, 6], 1],
    ['kvm-event-injection',   ['iret', 'db', 'iret'],     [0, 6], 1],
    ['xen-vnmi',              [],                         [0, 6], 1],
    ['kvm-vnmi',              [],                         [0, 6], 1],
  ])('costs under %s the exits %j', async (strategy, exits, delays, nesting) => {
    const { result, deliveryExits } = await tracedRun(BUSY_LONG, strategy, [100, 104]);
    expect(result.stop).toEqual({ kind: 'exit', status: 0 });
    expect(deliveryExits).toEqual(exits);
    expect(result.nmi.latencies).toEqual(delays);
    expect(result.nmi.maxNesting).toBe(nesting);
  });
});

describe('three NMIs requested at once', () => {
  // prettier-ignore
  it.each<readonly [StrategyName, delivered: number, reason: RegExp]>([
    ['naive-event-injection', 1, /EVENTINJ holds one event/],
    ['xen-event-injection',   1, /arch\.nmi_pending/],
    ['kvm-event-injection',   2, /process_nmi/],
    ['xen-vnmi',              1, /arch\.nmi_pending/],
    ['kvm-vnmi',              2, /process_nmi/],
  ])('are under %s delivered %i times; the rest merges', async (strategy, delivered, reason) => {
    const { result } = await tracedRun(BUSY, strategy, [100, 100, 100]);
    expect(result.nmi).toMatchObject({ requested: 3, delivered, merged: 3 - delivered, lost: 0, pending: 0 });
    expect(Object.keys(result.nmi.mergeReasons)).toEqual([expect.stringMatching(reason)]);
  });
});

describe('an NMI requested while an earlier one waits behind the handler', () => {
  // Requests in the same handler: one waits, the next finds it waiting.
  // prettier-ignore
  it.each<readonly [StrategyName, delivered: number, reason: RegExp]>([
    ['xen-event-injection', 2, /arch\.nmi_pending/],
    ['kvm-event-injection', 2, /one NMI behind one/],
    ['xen-vnmi',            2, /V_NMI is one bit/],
    ['kvm-vnmi',            2, /V_NMI is one bit/],
  ])('merges under %s', async (strategy, delivered, reason) => {
    const { result } = await tracedRun(BUSY_LONG, strategy, [100, 103, 105]);
    expect(result.nmi).toMatchObject({ requested: 3, delivered, merged: 1, lost: 0, pending: 0 });
    expect(Object.keys(result.nmi.mergeReasons)).toEqual([expect.stringMatching(reason)]);
  });
});

describe('an NMI requested while the hypervisor holds a VMCB with INTERRUPT_SHADOW set', () => {
  // After two instructions and sti, the load in the shadow exits with a nested page fault: there the request is due.
  const guest = realModeGuest({ main: [...WARM_STACK, ...STI, ...TOUCH_COLD_PAGE, ...nops(4), ...exit(0)] });

  // prettier-ignore
  it.each<Row>([
    ['naive-event-injection', [],                 [0]], // injected into the shadow
    ['xen-event-injection',   ['vintr', 'iret'],  [1]],
    ['kvm-event-injection',   ['db', 'iret'],     [1]],
    ['xen-vnmi',              ['vintr'],          [1]],
    ['kvm-vnmi',              [],                 [1]],
  ])('costs under %s the exits %j', async (strategy, exits, delays) => {
    const { result, deliveryExits } = await tracedRun(guest, strategy, [3]);
    expect(result.stop).toEqual({ kind: 'exit', status: 0 });
    expect(deliveryExits).toEqual(exits);
    expect(result.nmi.latencies).toEqual(delays);
  });
});

describe('with interrupts off', () => {
  // cli; the handler's frame has IF = 0, so IRET does not open Xen's V_IRQ window.
  const guest = realModeGuest({
    main: [...WARM_STACK, ...CLI, ...spin(50), ...STI, ...nops(4), ...exit(0)],
    nmi: LONG_HANDLER,
  });
  /** push, pop, cli, mov, 50 times dec and jnz; then sti, whose shadow covers a nop. */
  const WINDOW_OPENS = 2 + 1 + 1 + 100 + 2;

  // prettier-ignore
  it.each<readonly [StrategyName, handler: number]>([
    ['kvm-event-injection', 30],
    ['xen-vnmi',            30],
    ['kvm-vnmi',            30],
    ['xen-event-injection', WINDOW_OPENS + 10], // waits for IF: Xen's TODO
  ])('the second NMI comes under %s at %i', async (strategy, time) => {
    const { deliveries } = await tracedRun(guest, strategy, [20, 24]);
    expect(deliveries).toEqual([20, time]);
  });
});

it.each(STRATEGY_NAMES)('%s gives the same run every time', async (strategy) => {
  const requests = [50, 51, 60, 60, 64, 300, 301, 302];
  const first = await tracedRun(BUSY_LONG, strategy, requests);
  const second = await tracedRun(BUSY_LONG, strategy, requests);
  expect(second.events).toEqual(first.events);
  expect(second.result).toEqual(first.result);
});
