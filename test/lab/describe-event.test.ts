/** Every kind of event has its words, and what a reader has to know is in them. */
import { expect, it } from 'vitest';
import { createVm, type TraceEvent } from '../../src/index.js';
import { describeEvent } from '../../src/lab/describe-event.js';

const HERE = { time: 0, rip: 0n };

// prettier-ignore
it.each<[event: TraceEvent, words: string]>([
  [{ ...HERE, kind: 'exit', exit: 'iret', cause: 'nmi-delivery', detail: '' },      '#VMEXIT iret (nmi-delivery)'],
  [{ ...HERE, kind: 'exit', exit: 'npf', cause: 'workload', detail: 'while delivering Nmi 2' },
    '#VMEXIT npf (workload) while delivering NMI, vector 2'],
  [{ ...HERE, kind: 'inject', event: 'EVENTINJ Nmi 2' },                            'VMRUN with EVENTINJ NMI, vector 2'],
  [{ ...HERE, kind: 'nmi-request', request: 3 },                                    'NMI 3 requested'],
  [{ ...HERE, kind: 'nmi-merge', request: 3, reason: 'two wait' },                  'NMI 3 merged: two wait'],
  [{ ...HERE, kind: 'nmi-lost', request: 3, reason: 'gone' },                       'NMI 3 lost: gone'],
  [{ ...HERE, kind: 'nmi-deliver', request: 3, how: 'injected', running: 1 },       'NMI 3: handler entered (injected)'],
  [{ ...HERE, kind: 'nmi-deliver', request: 3, how: 'injected', running: 2 },       'NMI 3: handler entered (injected), 2 running'],
  [{ ...HERE, kind: 'nmi-return', running: 0 },                                     'NMI handler returned'],
  [{ ...HERE, kind: 'nmi-return', running: 1 },                                     'NMI handler returned, 1 running'],
  [{ ...HERE, kind: 'nmi-mask', isMasked: true },                                   'NMIs masked'],
  [{ ...HERE, kind: 'nmi-mask', isMasked: false },                                  'NMIs unmasked'],
  [{ ...HERE, kind: 'shadow', isInShadow: true },                                   'interrupt shadow begins'],
  [{ ...HERE, kind: 'shadow', isInShadow: false },                                  'interrupt shadow ends'],
  [{ ...HERE, kind: 'serial', byte: 10 },                                           'prints 0ah'],
  [{ ...HERE, kind: 'mark', value: 7 },                                             'mark 7'],
])('%o', (event, words) => {
  expect(describeEvent(event)).toBe(words);
});

it('names events of a run as the manual does', async () => {
  const lines: string[] = [];
  const vm = await createVm({
    guest: { assembly: 'bits 16\nmov word [8], handler\nmov word [10], cs\njmp $\nhandler: iret' },
    nmi: 'xen-event-injection',
    nmiSchedule: [5],
    onTrace: (event) => lines.push(describeEvent(event)),
  });
  vm.run({ maxInstructions: 20 });
  expect(lines).toContain('VMRUN with EVENTINJ NMI, vector 2');
  expect(lines).toContain('NMI 0: handler entered (injected)');
});
