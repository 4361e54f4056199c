/** What a run is told to have ended with, and what is said of what its result leaves out. */
import { expect, it } from 'vitest';
import { endRun } from '../../src/cli/stop-status.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { createVm, MOST_SERIAL_BYTES, type StopReason } from '../../src/index.js';

/** jmp $ */
const vm = await createVm({ guest: Uint8Array.of(0xeb, 0xfe) });
const result = vm.run({ maxInstructions: 1 });

function end(stop: StopReason, printed: number, isLimitGiven: boolean): { status: number; said: string } {
  let said = '';
  const stderr = { write: (text: string) => (said += text) } as unknown as Terminal['stderr'];
  const serial = new Uint8Array(printed);
  const status = endRun({ ...result, stop, serial }, isLimitGiven, { stderr } as unknown as Terminal);
  return { status, said };
}

it.each<[StopReason, number]>([
  [{ kind: 'exit', status: 0 }, 0],
  [{ kind: 'exit', status: 3 }, 1],
  [{ kind: 'cancelled' }, 0],
])('%j ends with status %i, and nothing to say', (stop, status) => {
  expect(end(stop, MOST_SERIAL_BYTES - 1, false)).toEqual({ status, said: '' });
});

it('the end of a budget is a failure unless it was asked for', () => {
  expect(end({ kind: 'budget' }, 0, true)).toEqual({ status: 0, said: '' });
  expect(end({ kind: 'budget' }, 0, false)).toEqual({
    status: 1,
    said: expect.stringContaining('--max-instructions') as string,
  });
});

it('output beyond what is kept is spoken of', () => {
  expect(end({ kind: 'exit', status: 0 }, MOST_SERIAL_BYTES, true)).toEqual({
    status: 0,
    said: 'vmexit: of what the guest prints, the first 1048576 bytes are kept\n',
  });
});
