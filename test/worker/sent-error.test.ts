/** Errors that cross: those of ours with their class, others as they are. */
import { expect, it } from 'vitest';
import { InvariantError, MemoryRangeError, UsageError, VmexitError } from '../../src/errors.js';
import { LoadError } from '../../src/loader/errors.js';
import { receiveError, sendError } from '../../src/worker/sent-error.js';

const cross = (error: unknown) => receiveError(structuredClone(sendError(error)));

it.each([
  new UsageError('an argument'),
  new MemoryRangeError(16, 4, 8),
  new LoadError('TRUNCATED', 'a header'),
  new InvariantError('a bug'),
])('%s stays what it is', (error) => {
  const crossed = cross(error) as VmexitError;
  expect(crossed).toBeInstanceOf(error.constructor);
  expect(crossed).toBeInstanceOf(VmexitError);
  expect({ ...crossed }).toEqual({ ...error });
  expect([crossed.name, crossed.message, crossed.code]).toEqual([error.name, error.message, error.code]);
  expect(crossed.stack).toBe(error.stack);
});

it('sends what is none of ours as it is', () => {
  const crossed = cross(new RangeError('no memory'));
  expect(crossed).toBeInstanceOf(RangeError);
  expect((crossed as RangeError).message).toBe('no memory');
  expect(cross('thrown text')).toBe('thrown text');
});
