/**
 * Stretches of a block whose floating-point arithmetic is done without a look at its results, as if all numbers were ordinary.
 * What came from elsewhere is looked at once, where the stretch ends; if it was not ordinary after all, registers and flags get
 * back what they held before, and the rest of the block is done by code that looks at each operation (float-path.ts).
 *
 * So nothing in a stretch may be visible to anybody: no store, no call. A load that misses gives up as well.
 */
import { Uop } from '../../assembly/abi/uop.js';
import { VectorForm } from '../../assembly/abi/vector-register.js';
import { InvariantError } from '../errors.js';
import type { Emitter } from './emitter.js';
import { type FlagState, isSameState } from './flag-state.js';
import { Local } from './locals.js';
import { OrdinaryNumbers } from './ordinary-numbers.js';
import type { UopFields } from './region.js';
import { touchesFlags } from './register-use.js';
import { isFloatCompiled, isLookedAt } from './float-operations.js';
import { hasRow } from './vector-operations.js';
import { Undo } from './undo.js';
import { formOf, loadsMxcsr } from './vector-use.js';
import { Op } from './wasm-opcodes.js';

/** Micro-ops from `first` to before `end`, whole instructions. */
export interface Stretch {
  readonly first: number;
  readonly end: number;
}

/** The stretches of a block; none if there is nothing to gain. */
export function stretchesOf(uops: readonly UopFields[]): Stretch[] {
  const stretches: Stretch[] = [];
  let open: { first: number; end: number } | undefined;
  for (let first = 0, end = 0; first < uops.length; first = end) {
    end = endOfInstruction(uops, first);
    const own = uops.slice(first, end);
    if (!own.every(isReversible)) open = undefined;
    else if (own.some(isLookedAt)) {
      if (open === undefined) stretches.push((open = { first, end }));
      else open.end = end;
    }
  }
  // Whether MXCSR allows it is looked at once.
  return uops.some((uop) => uop.code === Uop.X87 || loadsMxcsr(uop)) ? [] : stretches;
}

function endOfInstruction(uops: readonly UopFields[], first: number): number {
  const { ip } = uops[first]!;
  const end = uops.findIndex((uop, i) => i > first && uop.ip !== ip);
  return end < 0 ? uops.length : end;
}

/** Ranges of micro-ops that change registers and flags in locals alone, first and last. */
const REVERSIBLE: readonly (readonly [Uop, Uop])[] = [
  [Uop.MovRR8, Uop.Xchg64],
  [Uop.Lea16, Uop.LoadWrap64],
  [Uop.AddRR8, Uop.OrRI64],
  [Uop.AndRR8, Uop.TestRI64],
  [Uop.AddQuietRR32, Uop.XorQuietRI64],
  [Uop.Not8, Uop.Not64],
  [Uop.RolQuietRI32, Uop.SarQuietRI64],
  [Uop.LoadVector8, Uop.LoadVector256],
  [Uop.MovToVector32, Uop.MovFromVector64],
];

/** It changes nothing but registers and flags in locals. */
export function isReversible(uop: UopFields): boolean {
  if (uop.code === Uop.Float) return isFloatCompiled(uop);
  if (uop.code === Uop.Vector) return formOf(uop) < VectorForm.Mmx && hasRow(uop);
  return REVERSIBLE.some(([first, last]) => uop.code >= first && uop.code <= last);
}

/** What the compiler knows at the start of a stretch. */
interface Start {
  readonly done: number;
  readonly ip: number;
  readonly mayBeStale: boolean;
  readonly flags: FlagState;
}

/** Emits micro-ops of the block, from and to before an index. */
type EmitUops = (first: number, end: number) => void;

/** Emits a block's micro-ops from the first stretch to the end of the last, in both ways. */
export class Trial {
  private readonly starts: Start[] = [];
  /** Depths of where each stretch goes on: if it has failed, and in the way that looks at everything. */
  private readonly failed: number[] = [];
  private readonly careful: number[] = [];

  constructor(
    private readonly emitter: Emitter,
    private readonly uops: readonly UopFields[],
    private readonly stretches: readonly Stretch[],
    private readonly emitUops: EmitUops,
  ) {}

  emit(): void {
    const { emitter, stretches } = this;
    const done = emitter.depth;
    emitter.open(Op.Block);
    for (let i = stretches.length - 1; i >= 0; i--) {
      this.careful[i] = emitter.depth;
      emitter.open(Op.Block);
      this.failed[i] = emitter.depth;
      emitter.open(Op.Block);
    }
    this.optimistic();
    const { state } = emitter.flags;
    emitter.branch(Op.Br, done);
    for (let i = 0; i < stretches.length; i++) this.carefulPart(i);
    this.meet(state);
    emitter.close();
  }

  private optimistic(): void {
    const { emitter, stretches } = this;
    emitter.code.get(Local.FloatChances);
    emitter.code.op(Op.I32Eqz);
    emitter.branch(Op.BrIf, this.careful[0]!);
    const numbers = new OrdinaryNumbers(emitter);
    emitter.numbers = numbers;
    stretches.forEach((stretch, i) => {
      if (i > 0) this.emitUops(stretches[i - 1]!.end, stretch.first);
      this.starts.push(this.start());
      this.save(stretch);
      emitter.retreat = this.failed[i]!;
      emitter.vectors.keepsLanes = true;
      this.emitUops(stretch.first, stretch.end);
      numbers.check();
      emitter.vectors.settleLanes();
      emitter.vectors.keepsLanes = false;
      emitter.retreat = undefined;
    });
    emitter.numbers = undefined;
  }

  private start(): Start {
    const { done, ip, mayBeStale, flags } = this.emitter;
    return { done, ip, mayBeStale, flags: flags.state };
  }

  /** What stretch `i` does if it has failed, and all from there to the next. */
  private carefulPart(i: number): void {
    const { emitter, stretches } = this;
    const stretch = stretches[i]!;
    const start = this.starts[i]!;
    const { state } = emitter.flags;
    if (i > 0) emitter.branch(Op.Br, this.careful[i]!);
    emitter.close();
    Object.assign(emitter, { done: start.done, ip: start.ip, mayBeStale: start.mayBeStale });
    emitter.temporaries.begin();
    emitter.flags.restore(start.flags);
    this.restore(stretch);
    if (i > 0) this.meet(state);
    emitter.close();
    this.emitUops(stretch.first, stretch.end);
    const next = stretches[i + 1];
    if (next !== undefined) this.emitUops(stretch.end, next.first);
  }

  /** Where this way meets another that has done the same: it leaves the flags in the same form. */
  private meet(other: FlagState): void {
    if (!isSameState(this.emitter.flags.state, other))
      throw new InvariantError('flags differ by the way taken');
  }

  private save(stretch: Stretch): void {
    const { code } = this.emitter;
    this.undoOf(stretch).save();
    this.eachFlag(stretch, (local, saved) => {
      code.get(local);
      code.set(saved);
    });
  }

  private restore(stretch: Stretch): void {
    const { code } = this.emitter;
    this.undoOf(stretch).restore();
    this.eachFlag(stretch, (local, saved) => {
      code.get(saved);
      code.set(local);
    });
    code.get(Local.FloatChances);
    code.i32(1);
    code.op(Op.I32Sub);
    code.set(Local.FloatChances);
  }

  private undoOf({ first, end }: Stretch): Undo {
    return new Undo(this.emitter, this.uops.slice(first, end));
  }

  /** Visits what flags are made of, if a stretch may change them. */
  private eachFlag({ first, end }: Stretch, visit: (local: number, saved: number) => void): void {
    if (!this.uops.slice(first, end).some(touchesFlags)) return;
    for (let i = 0; i < 3; i++) visit(Local.FlagLeft + i, Local.SavedFlags + i);
  }
}
