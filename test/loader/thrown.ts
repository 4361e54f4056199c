/** The error that a call throws, for tests that look at more than its class. */
import { expect } from 'vitest';
import { LoadError } from '../../src/loader/errors.js';

/** Fails the test unless `call` throws a LoadError. */
export function thrownBy(call: () => unknown): LoadError {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(LoadError);
  return thrown as LoadError;
}
