/**
 * A loop of one block: turns that need not look at addresses, as long as that is known (unchecked-turns.ts); else one that does.
 *
 * Of short ones several follow each other before anything is looked at: the limit, and V8's check of its stack at each turn of a
 * loop, take as long as such a turn (product of matrices of integers 1.1 to 1.3, copy by loop 1.1 times as fast; V8 11.3, 2026-11-22).
 */
import type { BlockBody } from './block-body.js';
import type { Emitter } from './emitter.js';
import type { FlagForm } from './flag-form.js';
import { Source } from './flag-values.js';
import { Local } from './locals.js';
import type { RegionBlock } from './region.js';
import type { SteadyAccess } from './steady-access.js';
import { limitTurns } from './unchecked-turns.js';
import { Op } from './wasm-opcodes.js';

/** The loop that has been opened around it. */
export interface OpenLoop {
  /** Depth of the construct. */
  readonly at: number;
  /** Of the flags where it turns. */
  readonly form: FlagForm | undefined;
  /** Instructions to the next look at the budget, at most. */
  readonly longestPath: number;
}

/** Turns that follow each other, and the micro-ops of all of them. */
const MOST_TURNS = 8;
const MOST_UOPS = 64;

/** Emits the turns of the loop; behind them it is over. */
export function steadyLoop(
  emitter: Emitter,
  body: BlockBody,
  block: RegionBlock,
  steady: ReadonlyMap<number, SteadyAccess>,
  loop: OpenLoop,
): void {
  orChecked(emitter, body, block, loop, (endAt, checkedAt) => {
    limitTurns(emitter, steady.values(), block.instructions, loop.longestPath, checkedAt);
    leaveSpare(emitter, block, checkedAt);
    emitter.steady = steady;
    uncheckedTurns(emitter, body, block, loop, endAt);
    emitter.steady = undefined;
  });
}

/**
 * Emits the turns of a loop as `emitTurns` does, which breaks out of the construct opened at `endAt` when the loop is over, and
 * of that at `checkedAt` where a turn has to look at everything: one that does follows there.
 */
export function orChecked(
  emitter: Emitter,
  body: BlockBody,
  block: RegionBlock,
  loop: OpenLoop,
  emitTurns: (endAt: number, checkedAt: number) => void,
): void {
  const { flags } = emitter;
  const endAt = emitter.depth;
  emitter.open(Op.Block);
  const checkedAt = emitter.depth;
  emitter.open(Op.Block);
  const { state: atStart } = flags;
  emitTurns(endAt, checkedAt);
  emitter.close();
  flags.restore(atStart);
  checkedTurn(emitter, body, block, loop, endAt);
  emitter.close();
}

/** A turn that looks at everything, and back to the start of the loop. */
function checkedTurn(
  emitter: Emitter,
  body: BlockBody,
  block: RegionBlock,
  loop: OpenLoop,
  endAt: number,
): void {
  const { flags } = emitter;
  body.begin(block);
  turn(emitter, body, block, endAt);
  const { state } = flags;
  flags.enter(loop.form);
  emitter.branch(Op.Br, loop.at);
  flags.restore(state);
}

/** How many turns follow each other before the limit is looked at. */
export function turnsAtOnce({ uops, last }: RegionBlock): number {
  const most = Math.floor(MOST_UOPS / [...uops, last].length);
  return Math.max(1, Math.min(MOST_TURNS, most));
}

/** Raises `Local.Limit` by the instructions of those behind the first; breaks out if they may not run. */
export function leaveSpare(emitter: Emitter, block: RegionBlock, otherwise: number): void {
  const instructions = (turnsAtOnce(block) - 1) * block.instructions;
  if (instructions === 0) return;
  const { code } = emitter;
  code.get(Local.Remaining);
  code.get(Local.Limit);
  code.i32(instructions);
  code.op(Op.I32Add);
  code.tee(Local.Limit);
  code.op(Op.I32LtS);
  emitter.branch(Op.BrIf, otherwise);
}

function uncheckedTurns(
  emitter: Emitter,
  body: BlockBody,
  block: RegionBlock,
  loop: OpenLoop,
  endAt: number,
): void {
  const { code, flags } = emitter;
  const uncheckedAt = emitter.depth;
  emitter.open(Op.Loop);
  // At the start of the turn: elsewhere V8 would compute the limit in each.
  code.get(Local.Remaining);
  code.get(Local.Limit);
  code.op(Op.I32LtS);
  emitter.branch(Op.BrIf, loop.at);
  for (let i = turnsAtOnce(block); i > 0; i--) {
    if (loop.form === undefined) flags.set(Source.Unknown);
    else flags.turn(loop.form);
    body.begin(block);
    turn(emitter, body, block, endAt);
    flags.enter(loop.form);
  }
  emitter.branch(Op.Br, uncheckedAt);
  emitter.close();
}

/** One turn, which breaks out of the construct opened at `endAt` if it is the last. */
function turn(emitter: Emitter, body: BlockBody, block: RegionBlock, endAt: number): void {
  body.emit(block);
  emitter.flags.condition(block.last.n);
  emitter.code.op(Op.I32Eqz);
  emitter.branch(Op.BrIf, endAt);
}
