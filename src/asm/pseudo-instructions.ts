/** Names that stand for an instruction with an immediate or an operand size: CMPEQPS, VCMPNEQ_USSD, PCLMULLQLQDQ, RETQ. */

export interface PseudoInstruction {
  readonly name: string;
  /** The immediate that the name says. */
  readonly immediate?: number;
  /** The operand size that it says. */
  readonly operandSize?: 16 | 32 | 64;
}

/** Predicates of comparisons in the order of their numbers; SSE has the first eight. */
// prettier-ignore
const PREDICATES = [
  'eq', 'lt', 'le', 'unord', 'neq', 'nlt', 'nle', 'ord', 'eq_uq', 'nge', 'ngt', 'false', 'neq_oq', 'ge', 'gt', 'true',
  'eq_os', 'lt_oq', 'le_oq', 'unord_s', 'neq_us', 'nlt_uq', 'nle_uq', 'ord_s', 'eq_us', 'nge_uq', 'ngt_uq', 'false_os',
  'neq_os', 'ge_oq', 'gt_oq', 'true_us',
] as const;
const SSE_PREDICATES = 8;

/** Longer names of the first sixteen. */
// prettier-ignore
const LONG_PREDICATES = [
  'eq_oq', 'lt_os', 'le_os', 'unord_q', 'neq_uq', 'nlt_us', 'nle_us', 'ord_q', 'eq_uq', 'nge_us', 'ngt_us', 'false_oq',
  'neq_oq', 'ge_os', 'gt_os', 'true_uq',
] as const;

/** Which halves carry-less multiplication takes. */
const HALVES: Readonly<Record<string, number>> = { lql: 0x00, hql: 0x01, lqh: 0x10, hqh: 0x11 };

const OPERAND_SIZES = { w: 16, d: 32, q: 64 } as const;

/** What `name` stands for; undefined if it is no pseudo-instruction. */
export function pseudoInstruction(name: string): PseudoInstruction | undefined {
  const comparison = /^(v?cmp)(\w+)([ps][sd])$/.exec(name);
  if (comparison !== null) return compare(comparison[1] ?? '', comparison[2] ?? '', comparison[3] ?? '');
  const product = /^(v?pclmul)([lh]q[lh])qdq$/.exec(name);
  const halves = HALVES[product?.[2] ?? ''];
  if (halves !== undefined) return { name: `${product?.[1] ?? ''}qdq`, immediate: halves };
  const sized = /^(retf?|retn)([wdq])$/.exec(name);
  if (sized === null) return undefined;
  return { name: sized[1] ?? '', operandSize: OPERAND_SIZES[sized[2] as keyof typeof OPERAND_SIZES] };
}

function compare(base: string, predicate: string, type: string): PseudoInstruction | undefined {
  const isVex = base.startsWith('v');
  const short = PREDICATES.findIndex((name) => name === predicate);
  const long = isVex ? LONG_PREDICATES.findIndex((name) => name === predicate) : -1;
  const number = short >= 0 ? short : long;
  if (number < 0 || (!isVex && number >= SSE_PREDICATES)) return undefined;
  return { name: base + type, immediate: number };
}
