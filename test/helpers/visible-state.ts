/** What software sees of a processor, as text: for tests in which two of them, or two runs, must come to the same. */
import { createHash } from 'node:crypto';
import type { Core } from '../../src/core/core.js';

const REGISTERS = [
  ...['rip', 'clock', 'rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'],
  ...['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'],
];

export interface More {
  /** Further fields of the state record, for example `cr2`. */
  readonly fields?: readonly string[];
  /** The parts of physical memory that count, each from and to. Without it, all. */
  readonly memory?: readonly (readonly [from: number, to: number])[];
  /** The vector registers, too. */
  readonly vectors?: boolean;
}

/** Each register by name, RFLAGS, and a digest of memory. */
export function visibleState(
  core: Core,
  { fields = [], memory = [[0, Infinity]], vectors = false }: More = {},
): string {
  const values = [...REGISTERS, ...fields].map((name) => `${name} ${core.state.whole(name).toString(16)}`);
  if (vectors) values.push(`vectors ${Buffer.from(core.vectorRegisters).toString('hex')}`);
  const digest = createHash('sha1');
  for (const [from, to] of memory) digest.update(core.memory.subarray(from, to));
  const flags = core.exports.rflags().toString(16);
  return [...values, `rflags ${flags}`, `memory ${digest.digest('hex')}`].join('\n');
}
