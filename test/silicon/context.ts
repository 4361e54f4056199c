/** What the operands of a snippet's instructions are chosen for, and what their choice asks of its inputs. */
import type { Code } from 'iced-x86';
import type { VectorIndex } from './extended-values.js';
import type { Random } from './random.js';
import type { Bits } from './record.js';

/** A memory operand. */
export interface Target {
  /** Linear, or in 16-bit code the offset. */
  readonly address: bigint;
  readonly code: Code;
}

export interface Context {
  readonly random: Random;
  readonly bits: Bits;
  /** The general registers that the snippet starts with. */
  readonly registers: readonly bigint[];
  /** Those of them whose values addresses count on. */
  readonly pinned: Set<number>;
  readonly targets: Target[];
  readonly indices: VectorIndex[];
}
