/** Every request has exactly one fate, and the books do not close unless the witnesses agree. */
import { expect, it } from 'vitest';
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { InvariantError } from '../../src/errors.js';
import { Ledger } from '../../src/hypervisor/ledger.js';

function ledgerWith(requests: readonly number[]): Ledger {
  const ledger = new Ledger();
  for (const at of requests) ledger.request(at);
  return ledger;
}

it('serves the oldest request first, merges the newest, loses the oldest', () => {
  const ledger = ledgerWith([10, 20, 30, 40]);
  ledger.deliver(15);
  ledger.merge(41, 'V_NMI is one bit');
  ledger.lose(42, 'dropped');
  expect(ledger.requests.map(({ fate, settledAt, reason }) => [fate, settledAt, reason])).toEqual([
    ['delivered', 15, null],
    ['lost', 42, 'dropped'],
    ['outstanding', null, null],
    ['merged', 41, 'V_NMI is one bit'],
  ]);
  expect(ledger.report({ delivered: 1, held: 1, maxNesting: 1 })).toEqual({
    requested: 4,
    delivered: 1,
    merged: 1,
    lost: 1,
    pending: 1,
    mergeReasons: { 'V_NMI is one bit': 1 },
    lossReasons: { dropped: 1 },
    latencies: [5],
    maxNesting: 1,
  });
});

// prettier-ignore
it.each([
  ['the processor delivered more than the ledger knows', { delivered: 2, held: 1, maxNesting: 1 }],
  ['the processor delivered less',                       { delivered: 0, held: 1, maxNesting: 1 }],
  ['a request is held that the ledger has settled',      { delivered: 1, held: 2, maxNesting: 1 }],
  ['a request vanished from the VMCB',                   { delivered: 1, held: 0, maxNesting: 1 }],
])('does not close when %s', (_case, witness) => {
  const ledger = ledgerWith([10, 20]);
  ledger.deliver(10);
  expect(ledger.report({ delivered: 1, held: 1, maxNesting: 1 }).pending).toBe(1);
  expect(() => ledger.report(witness)).toThrow(InvariantError);
});

it.each([
  ['deliver', (ledger: Ledger) => ledger.deliver(1)],
  ['merge', (ledger: Ledger) => ledger.merge(1, 'why')],
  ['lose', (ledger: Ledger) => ledger.lose(1, 'why')],
])('refuses to %s what nobody requested', (_name, act) => {
  expect(() => act(new Ledger())).toThrow(InvariantError);
});

it('counts exits by name and cause', () => {
  const ledger = new Ledger();
  ledger.countExit(ExitCode.Intr, 'kick');
  ledger.countExit(ExitCode.Intr, 'nmi-delivery');
  ledger.countExit(ExitCode.Intr, 'kick');
  expect(ledger.exits()).toEqual([
    { name: 'intr', cause: 'nmi-delivery', count: 1 },
    { name: 'intr', cause: 'kick', count: 2 },
  ]);
});
