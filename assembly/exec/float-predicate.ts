/** The predicates of comparisons: CMPPS has the first eight, VCMPPS all 32 (APM vol 4). */

/** What two operands are to each other. */
export enum Relation {
  Less = 1,
  Equal = 2,
  Greater = 4,
  Unordered = 8,
}

/** The relations for which each of the first 16 predicates holds; the other 16 are the same (APM vol 4, CMPPS). */
const HOLDS = memory.data<u8>([
  2, // EQ
  1, // LT
  3, // LE
  8, // UNORD
  13, // NEQ
  14, // NLT
  12, // NLE
  7, // ORD
  10, // EQ, unordered
  9, // NGE
  11, // NGT
  0, // FALSE
  5, // NEQ, ordered
  6, // GE
  4, // GT
  15, // TRUE
]);
/** The predicates of the first 16 to which a QNaN is invalid; it is the other way round with the other 16. */
const SIGNALLING: u32 = 0x6666;

/** The relations for which a predicate holds: bits 0 less, 1 equal, 2 greater, 3 unordered. */
export function relationsOf(predicate: u32): u32 {
  return load<u8>(HOLDS + (predicate & 15));
}

/** Whether a QNaN is an operand like others, not an invalid one. */
export function isQuietPredicate(predicate: u32): bool {
  return ((SIGNALLING >> (predicate & 15)) & 1) == predicate >> 4;
}
