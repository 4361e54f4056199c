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
  /** Whether a difference is of this kind, written as differences.ts writes it. All those of the case must be. */
  readonly covers: (difference: string) => boolean;
  readonly reason: string;
}

export const KNOWN_DEVIATIONS: readonly KnownDeviation[] = [
  {
    name: 'last place of x87 transcendental functions',
    bits: [16, 32, 64],
    codes: /^(F2xm1|Fyl2x|Fyl2xp1|Fpatan|Fsin|Fcos|Fsincos|Fptan)$/,
    covers: (difference) => isNextNumber(difference) || isRoundingBit(difference),
    reason:
      'vmexit rounds the exact result; this processor rounds one with about four more bits, so that some results are the ' +
      'neighbour of the exact one (never more than 1 ulp away), or were rounded the other way to the same number (C1). Share ' +
      'of 40,000 cases of each in 64-bit mode, special operands included: F2XM1 1.1 %, FYL2X 0.4 %, FYL2XP1 0.5 %, ' +
      'FPATAN 0.6 %, FSIN 1.0 %, FCOS 0.6 %, FSINCOS 0.1 %, FPTAN 1.6 %.',
  },
];

/** An x87 register holds the next greater or smaller number. */
function isNextNumber(difference: string): boolean {
  const [, ...parts] =
    /^x87 r\d ([\da-f]{4})_([\da-f]{16}) ≠ ([\da-f]{4})_([\da-f]{16})$/.exec(difference) ?? [];
  if (parts.length !== 4) return false;
  const [first, second] = [ordinal(parts[0] ?? '', parts[1] ?? ''), ordinal(parts[2] ?? '', parts[3] ?? '')];
  return first - second === 1n || second - first === 1n;
}

/** Numbers of one sign that follow each other have ordinals that do. */
function ordinal(signExponent: string, significand: string): bigint {
  return (BigInt(`0x${signExponent}`) << 63n) + BigInt.asUintN(63, BigInt(`0x${significand}`));
}

const C1 = 0x200;

function isRoundingBit(difference: string): boolean {
  const [, first = '', second = ''] = /^FSW ([\da-f]{4}) ≠ ([\da-f]{4})$/.exec(difference) ?? [];
  return (parseInt(first, 16) ^ parseInt(second, 16)) === C1;
}

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
      differences.every((difference) => known.covers(difference)),
  );
}
