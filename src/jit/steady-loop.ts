/** A loop of one block: turns that need not look at addresses, as long as that is known (unchecked-turns.ts); else one that does. */
import type { BlockBody } from './block-body.js';
import type { Emitter } from './emitter.js';
import type { FlagForm } from './flag-form.js';
import { Local } from './locals.js';
import type { RegionBlock } from './region.js';
import type { SteadyAccess } from './steady-accesses.js';
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

/** Emits the turns of the loop; behind them it is over. */
export function steadyLoop(
  emitter: Emitter,
  body: BlockBody,
  block: RegionBlock,
  steady: ReadonlyMap<number, SteadyAccess>,
  loop: OpenLoop,
): void {
  const { flags } = emitter;
  const endAt = emitter.depth;
  emitter.open(Op.Block);
  const checkedAt = emitter.depth;
  emitter.open(Op.Block);
  const { state: atStart } = flags;
  limitTurns(emitter, steady.values(), block.instructions, loop.longestPath, checkedAt);
  emitter.steadyRuns = new Map([...steady].map(([uop, { run }]) => [uop, run]));
  uncheckedTurns(emitter, body, block, loop, endAt);
  emitter.steadyRuns = undefined;
  emitter.close();
  flags.restore(atStart);
  body.begin(block);
  turn(emitter, body, block, endAt);
  const { state } = flags;
  flags.enter(loop.form);
  emitter.branch(Op.Br, loop.at);
  emitter.close();
  flags.restore(state);
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
  if (loop.form !== undefined) flags.turn(loop.form);
  // At the start of the turn: elsewhere V8 would compute the limit in each.
  code.get(Local.Remaining);
  code.get(Local.Limit);
  code.op(Op.I32LtS);
  emitter.branch(Op.BrIf, loop.at);
  turn(emitter, body, block, endAt);
  flags.enter(loop.form);
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
