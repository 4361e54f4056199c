/** Prefixes of an instruction: those that the source writes and those that iced makes, in NASM's order. */
import type { Address } from './address.js';
import type { CodeBits } from './code-bits.js';

type PrefixKind = 'wait' | 'repeat' | 'lock' | 'segment' | 'operand' | 'address';

/** What each prefix word stands for. */
// prettier-ignore
export const PREFIX_WORDS: Readonly<Record<string, PrefixKind>> = {
  wait: 'wait', rep: 'repeat', repe: 'repeat', repz: 'repeat', repne: 'repeat', repnz: 'repeat',
  xacquire: 'repeat', xrelease: 'repeat', bnd: 'repeat', lock: 'lock',
  cs: 'segment', ds: 'segment', es: 'segment', ss: 'segment', fs: 'segment', gs: 'segment',
  o16: 'operand', o32: 'operand', o64: 'operand', a16: 'address', a32: 'address', a64: 'address',
};

const OPERAND_SIZE = 0x66;
const ADDRESS_SIZE = 0x67;
const REX_W = 0x48;
const LOCK = 0xf0;
const WAIT = 0x9b;
const REPNE = 0xf2;
const REP = 0xf3;
const SEGMENT_BYTES: Readonly<Record<string, number>> = {
  es: 0x26,
  cs: 0x2e,
  ss: 0x36,
  ds: 0x3e,
  fs: 0x64,
  gs: 0x65, // prettier-ignore
};
const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;
const IS_LEGACY_PREFIX = new Set([
  ...Object.values(SEGMENT_BYTES),
  OPERAND_SIZE,
  ADDRESS_SIZE,
  LOCK,
  REPNE,
  REP,
]);

type Bits = 0 | 16 | 32 | 64;

export class Prefixes {
  wait = false;
  /** 0, F2 or F3. */
  repeat = 0;
  lock = false;
  segment = '';
  operand: Bits = 0;
  address: Bits = 0;

  /** Takes a prefix word; false if one of its kind is there already. */
  take(word: string): boolean {
    const kind = PREFIX_WORDS[word];
    if (kind === undefined || this.has(kind)) return false;
    switch (kind) {
      case 'wait':
        this.wait = true;
        break;
      case 'repeat':
        this.repeat = /^(repnz?e?|xacquire|bnd)$/.test(word) ? REPNE : REP;
        break;
      case 'lock':
        this.lock = true;
        break;
      case 'segment':
        this.segment = word;
        break;
      case 'operand':
      case 'address':
        this[kind] = bitsOf(word);
    }
    return true;
  }

  private has(kind: PrefixKind): boolean {
    return Boolean(this[kind]);
  }

  /** Bytes that `arrangePrefixes` puts before what iced writes. */
  get extraBytes(): number {
    return (
      (this.wait ? 1 : 0) + (this.repeat !== 0 ? 1 : 0) + (this.lock ? 1 : 0) + (this.segment !== '' ? 1 : 0)
    );
  }
}

function bitsOf(word: string): Bits {
  return word.endsWith('16') ? 16 : word.endsWith('32') ? 32 : 64;
}

/** The segment prefix word of a segment register, by its number from ES on. */
export function segmentName(segment: number): string {
  return SEGMENT_NAMES[segment] ?? '';
}

/** Puts the source's prefixes before iced's bytes: WAIT, repeat, LOCK, segment, operand size, address size, the opcode's own. */
export function arrangePrefixes(
  bytes: Uint8Array,
  prefixes: Prefixes,
  bits: CodeBits,
  address: Address | undefined,
  /** Of the encoding; 0 if it has none. */
  operandSize: number,
): Uint8Array {
  let start = 0;
  const waits = bytes[0] === WAIT && bytes.length > 1 ? 1 : 0;
  start += waits;
  const own: number[] = [];
  while (start < bytes.length && IS_LEGACY_PREFIX.has(bytes[start] ?? 0)) own.push(bytes[start++] ?? 0);
  const result: number[] = [];
  if (waits === 1 || prefixes.wait) result.push(WAIT);
  if (prefixes.repeat !== 0) result.push(prefixes.repeat);
  if (prefixes.lock) result.push(LOCK);
  if (prefixes.segment !== '') result.push(SEGMENT_BYTES[prefixes.segment] ?? 0);
  const hasAddress =
    own.includes(ADDRESS_SIZE) || (prefixes.address !== 0 && prefixes.address !== bits && !address);
  const hasSize = own.includes(OPERAND_SIZE) || needsOperandSize(prefixes.operand, bits);
  // Where it is no size but part of the opcode, it stays with that.
  const isSize = needsOperandSize(operandSize, bits) || needsOperandSize(prefixes.operand, bits);
  if (hasSize && isSize) result.push(OPERAND_SIZE);
  if (hasAddress) result.push(ADDRESS_SIZE);
  if (hasSize && !isSize) result.push(OPERAND_SIZE);
  result.push(...own.filter((byte) => byte === REP || byte === REPNE));
  const rest = [...bytes.subarray(start)];
  if (prefixes.operand === 64) widen(rest);
  return Uint8Array.from([...result, ...rest]);
}

/** Makes the operand of an instruction of 64-bit code as large as can be. */
function widen(bytes: number[]): void {
  const first = bytes[0] ?? 0;
  if ((first & 0xf0) === 0x40) bytes[0] = first | REX_W;
  else bytes.unshift(REX_W);
}

function needsOperandSize(operand: number, bits: CodeBits): boolean {
  if (operand === 0 || operand === 64) return false;
  return bits === 16 ? operand === 32 : operand === 16;
}
