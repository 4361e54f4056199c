/** Errors across the boundary: with their class, their code and all they say. */
import { AssemblyError } from '../asm/diagnostics.js';
import { UnknownCpuError } from '../decode/cpu-models.js';
import { InvariantError, MemoryRangeError, UsageError, VmexitError } from '../errors.js';
import { LoadError } from '../loader/errors.js';

/** Every class that a machine throws, by a name of ours: a bundler that minifies changes that of the class. */
const CLASSES = { AssemblyError, InvariantError, LoadError, MemoryRangeError, UnknownCpuError, UsageError };

/** An error as data. What is none of ours is sent as it is. */
export type SentError =
  | { readonly foreign: unknown }
  | {
      readonly type: keyof typeof CLASSES;
      readonly message: string;
      readonly stack: string | undefined;
      /** What the class adds: `code`, `diagnostics`… */
      readonly fields: Readonly<Record<string, unknown>>;
    };

export function sendError(error: unknown): SentError {
  const type = typeOf(error);
  if (type === undefined || !(error instanceof VmexitError)) return { foreign: error };
  const { message, stack } = error;
  return { type, message, stack, fields: { ...error } };
}

/** The error again: `instanceof`, `code` and fields are what they were, and so is the stack, which is the worker's. */
export function receiveError(sent: SentError): unknown {
  if ('foreign' in sent) return sent.foreign;
  const error = new Error(sent.message);
  Object.setPrototypeOf(error, CLASSES[sent.type].prototype as object);
  if (sent.stack !== undefined) error.stack = sent.stack;
  return Object.assign(error, sent.fields);
}

function typeOf(error: unknown): keyof typeof CLASSES | undefined {
  if (!(error instanceof VmexitError)) return undefined;
  const names = Object.keys(CLASSES) as (keyof typeof CLASSES)[];
  return names.find((name) => CLASSES[name] === error.constructor);
}
