/** What an invariant is: a plain function that looks at one observation and says what is wrong with it, or null. */
import type { Observation } from '../observation.js';

export interface Breach {
  /** One line, for people. */
  readonly message: string;
  /** Whose doing it is, where that is known. */
  readonly blame?: 'guest' | 'hypervisor' | undefined;
  /** When it happened, in the machine's time; when the NMI was requested, unless given. */
  readonly time?: number | undefined;
  /** The instruction that it is about; the one at the boundary, unless given. */
  readonly rip?: bigint | undefined;
}

export type Invariant = (observation: Observation) => Breach | null;
