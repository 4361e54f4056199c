/**
 * Where vmexit knowingly differs from this processor, and why. The comparison counts such cases by name instead of
 * failing, and the conformance page lists them.
 */
import type { Bits } from './record.js';

export interface KnownDeviation {
  readonly name: string;
  readonly bits: readonly Bits[];
  /** Names of iced's encodings. */
  readonly codes: RegExp;
  /** Every difference of the case must match, written as compare.ts writes it. */
  readonly differences: RegExp;
  readonly reason: string;
}

export const KNOWN_DEVIATIONS: readonly KnownDeviation[] = [];

/** The deviation that explains all that differs at an instruction, if one does. */
export function knownDeviation(
  bits: Bits,
  code: string,
  differences: readonly string[],
): KnownDeviation | undefined {
  return KNOWN_DEVIATIONS.find(
    (known) =>
      known.bits.includes(bits) &&
      known.codes.test(code) &&
      differences.every((difference) => known.differences.test(difference)),
  );
}
