/** A decision: where an emulator differs from vmexit, what the manual says, and so who is right. */
import type { Outcome } from './outcome.js';
import type { Scenario } from './scenario.js';

/** A field of the report, or a doubleword of memory. */
export interface Difference {
  readonly field: string;
  readonly ours: number;
  readonly theirs: number;
  /** What memory held before the scenario; undefined for a field. */
  readonly before: number | undefined;
}

export interface RulingContext {
  readonly scenario: Scenario;
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

export interface Ruling {
  /** What is concerned, what the emulator does otherwise with it, and the rule with its place in the manual. */
  readonly text: `${string}: ${string}`;
  explains(difference: Difference, context: RulingContext): boolean;
}
