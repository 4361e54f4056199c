/** Node's threads, asked for by name at run time: a bundler for browsers sees no import that it cannot resolve. */

/** Undefined in a browser. */
export function nodeThreads(): typeof import('node:worker_threads') | undefined {
  if (!('process' in globalThis)) return undefined;
  return globalThis.process.getBuiltinModule?.('node:worker_threads');
}
