/**
 * Stretches of a block's x87 operations that are done as if all numbers were ordinary (x87-ordinary-numbers.ts), and without a
 * call for what is not. Registers and FSW change where a stretch has come to its end. If a number was not ordinary, or memory is
 * not known, the region is left to the interpreter before the stretch, as if it had not been tried; where that happens often, the
 * block is compiled again, with code that looks at each operation and calls the core (x87-operations.ts).
 *
 * Both in one function are no faster than that code alone: V8 keeps every local in memory around the calls.
 */
import { Uop } from '../../assembly/abi/uop.js';
import type { Emitter } from './emitter.js';
import type { FlagState } from './flag-state.js';
import { Local } from './locals.js';
import { noteUnusual } from './memory-access.js';
import { Reach } from './reach.js';
import type { UopFields } from './region.js';
import { Op } from './wasm-opcodes.js';
import { effectOf, operationOf, sharesRegisters } from './x87-effect.js';
import { MEMORY_OPERATIONS } from './x87-memory.js';
import { recordData } from './x87-memory-operand.js';
import { begin, instructionOf } from './x87-operations.js';
import { C1After, ordinaryOperation } from './x87-ordinary.js';
import { OrdinaryNumbers87 } from './x87-ordinary-numbers.js';
import type { X87State } from './x87-stack.js';
import type { X87Stretch } from './x87-stretch.js';

/** What the compiler knows at the start of a stretch. */
interface Start {
  readonly done: number;
  readonly ip: number;
  readonly flags: FlagState;
  readonly x87: X87State;
}

/** How the block that a trial is part of emits its micro-ops. */
interface Block {
  /** All that belongs to them, from and to before an index. */
  emit(first: number, end: number): void;
  /** Ends the instruction before that of a micro-op. */
  advance(uop: UopFields): void;
  /** What comes before each micro-op's own code. */
  prepare(index: number): void;
}

/** Emits a block's micro-ops from the first stretch to the end of the last. */
export class X87Trial {
  private readonly starts: Start[] = [];
  /** Depths of where it goes on if a stretch gives up: its number was not ordinary, its memory is not known. */
  private readonly unusual: number[] = [];
  private readonly missed: number[] = [];
  private readonly numbers: OrdinaryNumbers87;
  /** FCW and FSW have been looked at. */
  private isSettled = false;

  constructor(
    private readonly emitter: Emitter,
    private readonly uops: readonly UopFields[],
    private readonly stretches: readonly X87Stretch[],
    private readonly block: Block,
  ) {
    this.numbers = new OrdinaryNumbers87(emitter);
  }

  emit(): void {
    const { emitter, stretches } = this;
    const done = emitter.depth;
    emitter.open(Op.Block);
    for (let i = stretches.length - 1; i >= 0; i--) {
      this.missed[i] = emitter.depth;
      emitter.open(Op.Block);
      this.unusual[i] = emitter.depth;
      emitter.open(Op.Block);
    }
    stretches.forEach((stretch, i) => {
      if (i > 0) this.between(stretches[i - 1]!.end, stretch.first);
      this.stretch(stretch, i);
    });
    const end = this.here();
    const { mayBeStale } = emitter;
    emitter.branch(Op.Br, done);
    this.starts.forEach((start, i) => this.leave(start, stretches[i]!));
    this.restore(end);
    emitter.mayBeStale = mayBeStale;
    emitter.close();
  }

  private here(): Start {
    const { done, ip, flags, x87 } = this.emitter;
    return { done, ip, flags: flags.state, x87: x87.state };
  }

  private restore({ done, ip, flags, x87 }: Start): void {
    const { emitter } = this;
    Object.assign(emitter, { done, ip, mayBeStale: false });
    emitter.flags.restore(flags);
    emitter.x87.restore(x87);
  }

  /** Emits what lies between two stretches. Other x87 operations may change what is known of numbers, and FCW. */
  private between(first: number, end: number): void {
    const others = this.uops.slice(first, end);
    this.block.emit(first, end);
    if (!others.some(({ code }) => code === Uop.X87 || sharesRegisters(code))) return;
    this.numbers.forget();
    this.isSettled = false;
  }

  private stretch({ first, end }: X87Stretch, i: number): void {
    const { emitter, uops, block, numbers } = this;
    const { code, x87 } = emitter;
    const uop = uops[first]!;
    block.advance(uop);
    if (!x87.isOpen) begin(emitter, uop);
    this.starts.push(this.here());
    emitter.retreat = this.unusual[i]!;
    if (!this.isSettled) {
      code.get(Local.X87IsSettled);
      code.op(Op.I32Eqz);
      emitter.retreatIf();
      this.isSettled = true;
    }
    for (let index = first; index < end; index++) this.operation(index, i);
    emitter.retreat = undefined;
    numbers.commit();
    this.recordLast(uops.slice(first, end));
  }

  private operation(index: number, i: number): void {
    const { emitter, block, numbers } = this;
    const uop = this.uops[index]!;
    block.prepare(index);
    const operation = ordinaryOperation(uop)!;
    const { usual } = emitter.regionReach;
    if (usual !== Reach.Everything) emitter.missed = this.missed[i]!;
    // A store is a stretch of its own then.
    emitter.reach = usual === Reach.Everything && operation.isStore !== true ? Reach.Tlb : usual;
    operation.emit(emitter, numbers, uop);
    emitter.missed = undefined;
    numbers.dropOperand();
    emitter.x87.complete(effectOf(uop)!, instructionOf(uop));
  }

  /** FDP and C1, as the stretch leaves them. */
  private recordLast(own: readonly UopFields[]): void {
    const { emitter, numbers } = this;
    const { code, x87 } = emitter;
    const last = own.findLast((uop) => MEMORY_OPERATIONS[operationOf(uop)] !== undefined);
    if (last !== undefined) recordData(emitter, last);
    const c1 = own.map((uop) => ordinaryOperation(uop)!.c1).findLast((after) => after !== C1After.Same);
    if (c1 === C1After.Clear) x87.status.clearC1();
    if (c1 !== C1After.RoundedUp) return;
    code.get(numbers.roundedUp);
    code.set(Local.X87Up);
    x87.status.takeC1FromLocal();
  }

  /** What is done where a stretch has given up. */
  private leave(start: Start, { first }: X87Stretch): void {
    const { emitter } = this;
    emitter.close();
    noteUnusual(emitter, this.uops[first]!);
    emitter.close();
    this.restore(start);
    emitter.exitToInterpreter();
  }
}
