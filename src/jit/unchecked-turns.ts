/**
 * How many turns a loop may take before one of its steady accesses leaves its run of pages: so many need not look at addresses
 * (32 bits: a product of matrices of integers is 2.5 times as fast, a copy 1.8; V8 11.3, 2026-11-22).
 */
import { EXTENT_BYTES, ExtentField } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import type { SteadyAccess } from './steady-accesses.js';
import { Op } from './wasm-opcodes.js';

/**
 * At the start of a turn: `Local.Limit` ← what `Remaining` must be for a turn in which every access is within its run. Breaks
 * out of the construct that was opened at depth `otherwise` if this turn is none.
 *
 * @param least What `Remaining` must be in any case.
 */
export function limitTurns(
  emitter: Emitter,
  accesses: Iterable<SteadyAccess>,
  instructions: number,
  least: number,
  otherwise: number,
): void {
  const { code } = emitter;
  code.i32(least);
  code.set(Local.Limit);
  for (const access of distinct(accesses)) {
    distance(emitter, access);
    starts(emitter, access, Op.I64Load);
    code.op(Op.I64GeU);
    emitter.branch(Op.BrIf, otherwise);
    if (access.step === 0) continue;
    turns(emitter, access);
    limit(emitter, instructions);
  }
}

/** Those of one access at two widths, or of a load and the store to the same place, once. */
function distinct(accesses: Iterable<SteadyAccess>): Iterable<SteadyAccess> {
  const byPlace = new Map<string, SteadyAccess>();
  for (const access of accesses) {
    const { terms, offset } = access.address;
    byPlace.set(`${[...terms].join(';')} ${offset} ${access.run}`, access);
  }
  return byPlace.values();
}

/** Pushes how far an access is from the start of its run, and keeps it in `Local.Wide0`. */
function distance(emitter: Emitter, { address, run }: SteadyAccess): void {
  const { code } = emitter;
  const { terms, offset } = address;
  code.i64(offset | 0, Math.floor(offset / 2 ** 32));
  for (const [slot, count] of terms) {
    emitter.wide(8 * slot);
    if (count !== 1) {
      code.i64(count);
      code.op(Op.I64Mul);
    }
    code.op(Op.I64Add);
  }
  if (!emitter.is64Bit) emitter.truncateToDword();
  code.get(Local.RunFirst + run);
  code.op(Op.I64Sub);
  code.tee(Local.Wide0);
}

function starts(emitter: Emitter, { run }: SteadyAccess, op: Op): void {
  emitter.loadState(op, emitter.addresses.extents + run * EXTENT_BYTES + ExtentField.Starts);
}

/** Pushes how many turns may follow this one (i32): how often the step goes into what is left of the run. */
function turns(emitter: Emitter, access: SteadyAccess): void {
  const { code } = emitter;
  const { step } = access;
  if (step > 0) {
    starts(emitter, access, Op.I32Load);
    code.i32(1);
    code.op(Op.I32Sub);
  }
  code.get(Local.Wide0);
  code.op(Op.I32WrapI64);
  if (step > 0) code.op(Op.I32Sub);
  code.i32(Math.abs(step));
  code.op(Op.I32DivU);
}

/** `Local.Limit` ← the larger of itself and of what `Remaining` is after the turns on top of the stack. */
function limit({ code }: Emitter, instructions: number): void {
  code.i32(-instructions);
  code.op(Op.I32Mul);
  code.get(Local.Remaining);
  code.op(Op.I32Add);
  code.tee(Local.Narrow0);
  code.get(Local.Limit);
  code.get(Local.Narrow0);
  code.get(Local.Limit);
  code.op(Op.I32GtS);
  code.op(Op.Select);
  code.set(Local.Limit);
}
