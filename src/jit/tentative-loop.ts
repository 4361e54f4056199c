/**
 * A loop of one block without stores whose arithmetic nobody looks at for many turns (turn-numbers.ts): registers are kept, and if
 * a number was not ordinary they get back what they held. Then some turns are done by code that looks at each operation.
 *
 * Dot products, sums, norms: a product of matrices of doubles is 2 times as fast (V8 11.3, 2026-11-22).
 */
import { Uop } from '../../assembly/abi/uop.js';
import type { BlockBody } from './block-body.js';
import type { ControlFlow } from './control-flow.js';
import type { Emitter } from './emitter.js';
import { type FlagForm, formAtTurn, isSameForm } from './flag-form.js';
import { isLookedAt } from './float-operations.js';
import { isReversible } from './float-trial.js';
import { Local } from './locals.js';
import type { RegionBlock, UopFields } from './region.js';
import type { SteadyAccess } from './steady-access.js';
import { leaveSpare, type OpenLoop, orChecked, turnsAtOnce } from './steady-loop.js';
import { TurnNumbers } from './turn-numbers.js';
import { limitTurns, raiseLimit } from './unchecked-turns.js';
import { Undo } from './undo.js';
import { loadsMxcsr } from './vector-use.js';
import { Op } from './wasm-opcodes.js';

/** So much at most is done for nothing. */
const MOST_TURNS = 512;
/** log2 of how much further off the next attempt is than one that failed was long. */
const PATIENCE = 3;
/** Of conditions without their negation: those that need CF (APM vol 3 App. A). */
const NEED_CARRY: ReadonlySet<number> = new Set([1, 3]);

/** Whether the turns of the loop at a node change nothing but registers, and flags that are made of them. */
export function isTentative(flow: ControlFlow, node: number, form: FlagForm | undefined): boolean {
  const { uops, last } = flow.blocks[node]!;
  const own = formAtTurn(flow, node);
  if (form === undefined || own === undefined || !isSameForm(form, own)) return false;
  // CF may be in the cells: to ask for it changes them.
  if (form.before !== undefined && NEED_CARRY.has(last.n >> 1)) return false;
  return uops.some(isLookedAt) && uops.every((uop) => (isReversible(uop) || isStep(uop)) && !loadsMxcsr(uop));
}

/** INC, DEC, NEG: flags are made anew of registers, also what the first two keep. */
function isStep({ code }: UopFields): boolean {
  return code >= Uop.Inc8 && code <= Uop.Neg64;
}

/** Emits the turns of such a loop; behind them it is over. */
export function tentativeLoop(
  emitter: Emitter,
  body: BlockBody,
  block: RegionBlock,
  steady: ReadonlyMap<number, SteadyAccess>,
  loop: OpenLoop & { readonly form: FlagForm },
): void {
  orChecked(emitter, body, block, loop, (endAt, checkedAt) => {
    unlessAllowed(emitter, checkedAt);
    limitTurns(emitter, steady.values(), block.instructions, loop.longestPath, checkedAt);
    limitAttempt(emitter, block.instructions);
    leaveSpare(emitter, block, checkedAt);
    attempt(emitter, body, block, steady, loop, endAt);
  });
}

/** Breaks out if arithmetic may not be done without a look at it, or has failed not long ago. */
function unlessAllowed(emitter: Emitter, otherwise: number): void {
  const { code } = emitter;
  code.get(Local.FloatChances);
  code.op(Op.I32Eqz);
  emitter.branch(Op.BrIf, otherwise);
  code.get(Local.Remaining);
  code.get(Local.NextAttempt);
  code.op(Op.I32GtS);
  emitter.branch(Op.BrIf, otherwise);
}

/** `Local.Limit` ← the larger of itself and of what `Remaining` is after the most turns. */
function limitAttempt({ code }: Emitter, instructions: number): void {
  code.get(Local.Remaining);
  code.i32(MOST_TURNS * instructions);
  code.op(Op.I32Sub);
  code.set(Local.Narrow0);
  raiseLimit(code);
}

function attempt(
  emitter: Emitter,
  body: BlockBody,
  block: RegionBlock,
  steady: ReadonlyMap<number, SteadyAccess>,
  loop: OpenLoop & { readonly form: FlagForm },
  endAt: number,
): void {
  const { code, flags } = emitter;
  const undo = new Undo(emitter, block.uops);
  const numbers = new TurnNumbers(emitter);
  emitter.retreat = emitter.depth;
  emitter.open(Op.Block);
  undo.save();
  code.get(Local.Remaining);
  code.set(Local.SavedRemaining);
  numbers.begin(block.uops);
  Object.assign(emitter, { numbers, steady });
  turns(emitter, body, block, numbers, loop, endAt);
  Object.assign(emitter, { numbers: undefined, steady: undefined, retreat: undefined });
  emitter.close();
  undo.restore();
  postpone(emitter);
  flags.turn(loop.form);
}

function turns(
  emitter: Emitter,
  body: BlockBody,
  block: RegionBlock,
  numbers: TurnNumbers,
  loop: OpenLoop & { readonly form: FlagForm },
  endAt: number,
): void {
  const { code, flags } = emitter;
  const overAt = emitter.depth;
  emitter.open(Op.Block);
  const turnsAt = emitter.depth;
  emitter.open(Op.Loop);
  code.get(Local.Remaining);
  code.get(Local.Limit);
  code.op(Op.I32LtS);
  emitter.open(Op.If);
  numbers.confirm();
  emitter.branch(Op.Br, loop.at);
  emitter.close();
  for (let i = turnsAtOnce(block); i > 0; i--) {
    flags.turn(loop.form);
    oneTurn(emitter, body, block, numbers);
    emitter.branch(Op.BrIf, overAt);
    flags.enter(loop.form);
  }
  emitter.branch(Op.Br, turnsAt);
  emitter.close();
  emitter.close();
  numbers.confirm();
  emitter.branch(Op.Br, endAt);
}

/** Leaves on the stack whether it was the last. */
function oneTurn(
  { code, flags, vectors }: Emitter,
  body: BlockBody,
  block: RegionBlock,
  numbers: TurnNumbers,
): void {
  body.begin(block);
  vectors.keepsLanes = true;
  body.emitWithoutLooks(block);
  numbers.endTurn();
  vectors.settleLanes();
  vectors.keepsLanes = false;
  flags.condition(block.last.n);
  code.op(Op.I32Eqz);
}

/** `Local.NextAttempt` ← as far on as the turns that were undone, and 2 to the `PATIENCE` times that. */
function postpone({ code }: Emitter): void {
  code.get(Local.Remaining);
  code.get(Local.SavedRemaining);
  code.get(Local.Remaining);
  code.op(Op.I32Sub);
  code.i32(PATIENCE);
  code.op(Op.I32Shl);
  code.op(Op.I32Sub);
  code.set(Local.NextAttempt);
  code.get(Local.SavedRemaining);
  code.set(Local.Remaining);
}
