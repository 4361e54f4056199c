/**
 * How many turns a loop may take before one of its steady accesses leaves its run of pages: so many need not look at addresses
 * (32 bits: a product of matrices of integers is 2.5 times as fast, a copy 1.8; V8 11.3, 2026-11-22).
 */
import type { CodeWriter } from './code-writer.js';
import { EXTENT_BYTES, ExtentField } from './core-layout.js';
import type { Emitter } from './emitter.js';
import { Local } from './locals.js';
import { nameOf, type Sum } from './register-sums.js';
import type { SteadyAccess } from './steady-access.js';
import { Op } from './wasm-opcodes.js';

/** What sums that are cut must be below: no run is long enough to take them from there to 2^32. */
const CUT_LIMIT = 2 ** 31;

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
    for (const cut of access.cuts) requireBelow(emitter, cut, CUT_LIMIT, otherwise);
    if (access.alignment > 0) requireAligned(emitter, access, otherwise);
    distance(emitter, access);
    starts(emitter, access, Op.I64Load);
    code.op(Op.I64GeU);
    emitter.branch(Op.BrIf, otherwise);
    const { step } = access;
    if (step.terms.size === 0 && step.offset === 0) continue;
    if (step.terms.size > 0) stepNow(emitter, step, otherwise);
    turns(emitter, access);
    limit(emitter, instructions);
  }
}

/** Breaks out unless a sum is below a limit, without a sign. */
function requireBelow(emitter: Emitter, sum: Sum, limit: number, otherwise: number): void {
  const { code } = emitter;
  push(emitter, sum);
  code.i64(limit, 0);
  code.op(Op.I64GeU);
  emitter.branch(Op.BrIf, otherwise);
}

/** Breaks out unless an access is aligned as it must be. */
function requireAligned(emitter: Emitter, { address, alignment }: SteadyAccess, otherwise: number): void {
  const { code } = emitter;
  push(emitter, address);
  code.op(Op.I32WrapI64);
  code.i32((1 << alignment) - 1);
  code.op(Op.I32And);
  emitter.branch(Op.BrIf, otherwise);
}

/** `Local.Wide1` ← a step that is known only now; breaks out unless it is positive and less than 2^31. */
function stepNow(emitter: Emitter, step: Sum, otherwise: number): void {
  const { code } = emitter;
  push(emitter, step);
  code.tee(Local.Wide1);
  code.i64(1);
  code.op(Op.I64Sub);
  code.i64(0x7fff_ffff, 0);
  code.op(Op.I64GeU);
  emitter.branch(Op.BrIf, otherwise);
}

/** Those of one access at two widths, or of a load and the store to the same place, once. */
function distinct(accesses: Iterable<SteadyAccess>): Iterable<SteadyAccess> {
  const byPlace = new Map<string, SteadyAccess>();
  for (const access of accesses) {
    const sums = [access.address, ...access.cuts];
    byPlace.set(`${sums.map(nameOf).join()} ${access.run} ${access.alignment}`, access);
  }
  return byPlace.values();
}

/** Pushes how far an access is from the start of its run, and keeps it in `Local.Wide0`. */
function distance(emitter: Emitter, { address, run }: SteadyAccess): void {
  const { code } = emitter;
  push(emitter, address);
  code.get(Local.RunFirst + run);
  code.op(Op.I64Sub);
  code.tee(Local.Wide0);
}

/** Pushes a sum of what registers hold now. */
function push(emitter: Emitter, { terms, offset }: Sum): void {
  const { code } = emitter;
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
}

function starts(emitter: Emitter, { run }: SteadyAccess, op: Op): void {
  emitter.loadState(op, emitter.addresses.extents + run * EXTENT_BYTES + ExtentField.Starts);
}

/** Pushes how many turns may follow this one (i32): how often the step goes into what is left of the run. */
function turns(emitter: Emitter, access: SteadyAccess): void {
  const { code } = emitter;
  const { terms, offset } = access.step;
  const isKnown = terms.size === 0;
  const isBackwards = isKnown && offset < 0;
  if (!isBackwards) {
    starts(emitter, access, Op.I32Load);
    code.i32(1);
    code.op(Op.I32Sub);
  }
  code.get(Local.Wide0);
  code.op(Op.I32WrapI64);
  if (!isBackwards) code.op(Op.I32Sub);
  if (isKnown) {
    code.i32(Math.abs(offset));
  } else {
    code.get(Local.Wide1);
    code.op(Op.I32WrapI64);
  }
  code.op(Op.I32DivU);
}

/** `Local.Limit` ← the larger of itself and of what `Remaining` is after the turns on top of the stack. */
function limit({ code }: Emitter, instructions: number): void {
  code.i32(-instructions);
  code.op(Op.I32Mul);
  code.get(Local.Remaining);
  code.op(Op.I32Add);
  code.set(Local.Narrow0);
  raiseLimit(code);
}

/** `Local.Limit` ← the larger of itself and of `Local.Narrow0`. */
export function raiseLimit(code: CodeWriter): void {
  code.get(Local.Narrow0);
  code.get(Local.Limit);
  code.get(Local.Narrow0);
  code.get(Local.Limit);
  code.op(Op.I32GtS);
  code.op(Op.Select);
  code.set(Local.Limit);
}
