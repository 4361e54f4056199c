/** Stretches of a block's x87 operations that may be undone (x87-trial.ts). */
import { Uop } from '../../assembly/abi/uop.js';
import type { UopFields } from './region.js';
import { effectOf, effectsFrom, sharesRegisters } from './x87-effect.js';
import { ordinaryOperation } from './x87-ordinary.js';
import { requirements, X87Shape } from './x87-shape.js';

/** Micro-ops from `first` to before `end`, each an operation of its own. */
export interface X87Stretch {
  readonly first: number;
  readonly end: number;
}

/**
 * Stretches of operations that follow each other directly. Each begins where the last one has ended, or looks at the state.
 *
 * @param storesAlone A store is a stretch of its own: it may call the core, and fault.
 */
export function x87StretchesOf(uops: readonly UopFields[], storesAlone: boolean): X87Stretch[] {
  const stretches: X87Stretch[] = [];
  let open: { first: number; end: number } | undefined;
  let shape: X87Shape | undefined;
  uops.forEach((uop, i) => {
    if (sharesRegisters(uop.code)) shape = undefined;
    if (uop.code !== Uop.X87) return void (open = undefined);
    const effect = effectOf(uop);
    if (effect === undefined) return void (open = shape = undefined);
    if (shape === undefined) {
      open = undefined;
      shape = new X87Shape();
      const { full, empty } = requirements(effectsFrom(uops, i));
      shape.assume(full, empty);
    }
    if (!shape.allows(effect)) return void (open = shape = undefined);
    shape.apply(effect);
    const operation = ordinaryOperation(uop);
    if (operation === undefined) return void (open = undefined);
    if (storesAlone && operation.isStore === true) open = undefined;
    if (open === undefined) stretches.push((open = { first: i, end: i + 1 }));
    else open.end = i + 1;
    if (operation.isLast === true) open = undefined;
  });
  return stretches;
}
