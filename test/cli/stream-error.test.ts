/** Output that cannot be written: one line, never a stack trace. */
import { expect, it } from 'vitest';
import { onStreamError } from '../../src/cli/stream-error.js';

const failure = (code: string, message: string): NodeJS.ErrnoException =>
  Object.assign(new Error(message), { code });

it('a reader that has gone is no failure', () => {
  expect(onStreamError(failure('EPIPE', 'EPIPE: broken pipe, write'))).toEqual({ status: 0, message: '' });
});

it('a full disk is told in one line', () => {
  const full = failure('ENOSPC', 'ENOSPC: no space left on device, write');
  expect(onStreamError(full)).toEqual({
    status: 2,
    message: 'vmexit: cannot write the output: no space left on device\n',
  });
});
