/** What x87 operations do to the register stack: what compiled code must know of it before, and what it knows after. */
import { Uop } from '../../assembly/abi/uop.js';
import { X87Arithmetic, X87Constant, X87Op } from '../../assembly/abi/x87-op.js';
import type { UopFields } from './region.js';

export interface X87Effect {
  /** ST(i) that must hold numbers. */
  readonly needs: readonly number[];
  /** ST(i) that holds one afterwards, or is empty afterwards; counted before TOP moves. */
  readonly fills?: number;
  readonly frees?: number;
  /** ST(7) must be empty: a number is pushed. */
  readonly pushes?: boolean;
  readonly pops?: number;
  /** TOP moves and no register changes. */
  readonly moves?: number;
}

const NOTHING: X87Effect = { needs: [] };
const PUSH: X87Effect = { needs: [], pushes: true };
const ON_TOP: X87Effect = { needs: [0] };

type EffectOf = (a: number) => X87Effect | undefined;

const always =
  (effect: X87Effect): EffectOf =>
  () =>
    effect;
/** On ST(0) and ST(a). */
const onTwo =
  (pops = 0): EffectOf =>
  (a) => ({ needs: [0, a & 7], pops });
const storesTo =
  (pops: number): EffectOf =>
  (a) => ({ needs: [0], fills: a, pops });
const stores: EffectOf = (a) => ({ needs: [0], pops: a });
const isPoppingCompare = (operation: number): boolean => operation === X87Arithmetic.ComparePop;
const withMemory: EffectOf = (a) => ({ needs: [0], pops: isPoppingCompare(a) ? 1 : 0 });

/** Operations that compiled code does itself. */
const EFFECTS: Readonly<Partial<Record<X87Op, EffectOf>>> = {
  [X87Op.StoreStatusAx]: always(NOTHING),
  [X87Op.StoreStatus]: always(NOTHING),
  [X87Op.StoreControl]: always(NOTHING),
  [X87Op.Wait]: always(NOTHING),
  [X87Op.LoadControl]: always(NOTHING),
  [X87Op.NoOperation]: always(NOTHING),
  [X87Op.LoadStack]: (a) => ({ needs: [a], pushes: true }),
  [X87Op.StoreStack]: storesTo(0),
  [X87Op.StoreStackPop]: storesTo(1),
  [X87Op.StoreStackPopQuiet]: storesTo(1),
  [X87Op.Exchange]: onTwo(),
  [X87Op.Free]: (a) => ({ needs: [], frees: a }),
  [X87Op.FreePop]: (a) => ({ needs: [], frees: a, pops: 1 }),
  [X87Op.IncrementTop]: always({ needs: [], moves: 1 }),
  [X87Op.DecrementTop]: always({ needs: [], moves: -1 }),
  [X87Op.MoveIf]: onTwo(),
  [X87Op.ChangeSign]: always(ON_TOP),
  [X87Op.Absolute]: always(ON_TOP),
  [X87Op.Test]: always(ON_TOP),
  [X87Op.Arithmetic]: (a) => ({ needs: [0, a & 7], pops: isPoppingCompare(a >> 3) ? 1 : 0 }),
  [X87Op.ArithmeticInto]: onTwo(),
  [X87Op.ArithmeticIntoPop]: onTwo(1),
  [X87Op.ComparePopTwice]: always({ needs: [0, 1], pops: 2 }),
  [X87Op.CompareQuiet]: onTwo(),
  [X87Op.CompareQuietPop]: onTwo(1),
  [X87Op.CompareQuietPopTwice]: always({ needs: [0, 1], pops: 2 }),
  [X87Op.CompareFlags]: onTwo(),
  [X87Op.CompareFlagsPop]: onTwo(1),
  [X87Op.CompareFlagsQuiet]: onTwo(),
  [X87Op.CompareFlagsQuietPop]: onTwo(1),
  // What the others are depends on rounding control.
  [X87Op.LoadConstant]: (a) => (a === X87Constant.One || a === X87Constant.Zero ? PUSH : undefined),
  [X87Op.SquareRoot]: always(ON_TOP),
  [X87Op.RoundToInteger]: always(ON_TOP),
  [X87Op.ArithmeticFloat32]: withMemory,
  [X87Op.ArithmeticFloat64]: withMemory,
  [X87Op.ArithmeticInteger16]: withMemory,
  [X87Op.ArithmeticInteger32]: withMemory,
  [X87Op.LoadFloat32]: always(PUSH),
  [X87Op.LoadFloat64]: always(PUSH),
  [X87Op.LoadExtended]: always(PUSH),
  [X87Op.LoadInteger16]: always(PUSH),
  [X87Op.LoadInteger32]: always(PUSH),
  [X87Op.LoadInteger64]: always(PUSH),
  [X87Op.StoreFloat32]: stores,
  [X87Op.StoreFloat64]: stores,
  [X87Op.StoreExtendedPop]: always({ needs: [0], pops: 1 }),
  [X87Op.StoreInteger16]: stores,
  [X87Op.StoreInteger32]: stores,
  [X87Op.StoreInteger64]: stores,
  [X87Op.StoreTruncated16]: always({ needs: [0], pops: 1 }),
  [X87Op.StoreTruncated32]: always({ needs: [0], pops: 1 }),
  [X87Op.StoreTruncated64]: always({ needs: [0], pops: 1 }),
};

export function operationOf(uop: UopFields): X87Op {
  return uop.low & 0xffff;
}

/** What a micro-op does, if compiled code does it itself. */
export function effectOf(uop: UopFields): X87Effect | undefined {
  return EFFECTS[operationOf(uop)]?.(uop.a);
}

/** A micro-op other than an x87 operation that may see or change x87 registers: MMX's are their significands. */
export function sharesRegisters(code: number): boolean {
  return code >= Uop.LoadVector8 && code < Uop.Done && code !== Uop.X87;
}

/** The effects of operations from an index on, up to where others touch the registers. */
export function* effectsFrom(uops: readonly UopFields[], index: number): Generator<X87Effect> {
  for (const uop of uops.slice(index)) {
    if (sharesRegisters(uop.code)) return;
    if (uop.code !== Uop.X87) continue;
    const effect = effectOf(uop);
    if (effect === undefined) return;
    yield effect;
  }
}
