/**
 * The x87 register stack in compiled code: registers in locals for as long as one block runs.
 *
 * A stretch of operations begins with a look at the state (`opens`): all exceptions are masked, and every register is full or
 * empty as the operations need it. From there on TOP is known but for where it began, so ST(i) is a local; registers are
 * loaded when they are first read. FSW stays in the state. Everything else is written back where the stretch ends (`close`)
 * or, by way of `X87Exit`, where the region is left in between.
 */
import { X87Exit } from '../../assembly/abi/x87-exit.js';
import type { CodeWriter } from './code-writer.js';
import { IMPORTS, type StateAddresses, X87Import } from './core-layout.js';
import { Local } from './locals.js';
import type { X87Effect } from './x87-effect.js';
import type { NumberLocals } from './x87-registers.js';
import { type Instruction, type PointersState, X87Pointers } from './x87-pointers.js';
import { type KeptRegisters, localsOfRegister, pushPhysical, X87Registers } from './x87-registers.js';
import { X87Shape } from './x87-shape.js';
import { C1State, type StatusState, X87Status } from './x87-status.js';
import { Op } from './wasm-opcodes.js';

const ALL_MASKED = 0x3f;
const TOP_SHIFT = 11;
const PE_SHIFT = 5;
/** Eight bits twice, so that they can be rotated by a shift. */
const TWICE = 0x101;

/** Precision and rounding control, and what inline operations do: 64 bits, nearest even. */
const PRECISION_AND_ROUNDING = 0xf00;
const EXTENDED_NEAREST = 0x300;

/** Registers that were full and that were empty at the start: bit n for register n. */
interface Found {
  readonly full: number;
  readonly empty: number;
}

/** What is kept at a point of the code. */
export interface X87State {
  readonly shape: X87Shape | undefined;
  readonly found: Found;
  readonly registers: KeptRegisters;
  readonly status: StatusState;
  readonly pointers: PointersState;
}

export class X87Stack {
  readonly status: X87Status;
  readonly pointers: X87Pointers;
  private readonly registers: X87Registers;
  /** Undefined: nothing is kept. */
  private shape: X87Shape | undefined;
  private found: Found = { full: 0, empty: 0 };

  constructor(
    private readonly code: CodeWriter,
    private readonly addresses: StateAddresses,
    /** Pushes the RIP of the block. */
    pushBlockRip: () => void,
  ) {
    this.status = new X87Status(code, addresses);
    this.pointers = new X87Pointers(code, addresses, pushBlockRip);
    this.registers = new X87Registers(code, addresses);
  }

  get isOpen(): boolean {
    return this.shape !== undefined;
  }

  allows(effect: X87Effect): boolean {
    return this.shape?.allows(effect) ?? false;
  }

  get state(): X87State {
    const { registers, status, pointers } = this;
    return {
      shape: this.shape && new X87Shape(this.shape),
      found: this.found,
      registers: registers.state,
      status: status.state,
      pointers: pointers.state,
    };
  }

  restore({ shape, found, registers, status, pointers }: X87State): void {
    this.shape = shape && new X87Shape(shape);
    this.found = found;
    this.registers.restore(registers);
    this.status.restore(status);
    this.pointers.restore(pointers);
  }

  // Begin and end.

  /** `Local.X87Base` ← TOP; pushes whether the state is not as needed. */
  opens(full: number, empty: number): void {
    const { code } = this;
    const { x87 } = this.addresses;
    this.load(Op.I32Load, x87.top);
    code.set(Local.X87Base);
    this.readControl();
    this.load(Op.I32Load, x87.tags);
    code.i32(TWICE);
    code.op(Op.I32Mul);
    code.get(Local.X87Base);
    code.op(Op.I32ShrU);
    code.i32(full | empty);
    code.op(Op.I32And);
    code.i32(full);
    code.op(Op.I32Xor);
    this.pushUnmasked();
    code.op(Op.I32Or);
  }

  /** From here on the registers are as `opens` asked. */
  open(full: number, empty: number): void {
    this.shape = new X87Shape();
    this.shape.assume(full, empty);
    this.found = { full, empty };
    this.registers.open();
    this.status.open();
    this.pointers.open();
  }

  /** `Local.X87IsUsual` ← whether inline operations may be used; `X87IsSettled` ← whether, and FSW.PE is set. */
  readControl(): void {
    const { code } = this;
    this.load(Op.I32Load, this.addresses.x87.control);
    code.i32(PRECISION_AND_ROUNDING);
    code.op(Op.I32And);
    code.i32(EXTENDED_NEAREST);
    code.op(Op.I32Eq);
    code.tee(Local.X87IsUsual);
    this.load(Op.I32Load, this.addresses.x87.status);
    code.i32(PE_SHIFT);
    code.op(Op.I32ShrU);
    code.op(Op.I32And);
    code.set(Local.X87IsSettled);
  }

  /** Pushes the exceptions that are not masked. */
  pushUnmasked(): void {
    const { code } = this;
    this.load(Op.I32Load, this.addresses.x87.control);
    code.i32(ALL_MASKED);
    code.op(Op.I32And);
    code.i32(ALL_MASKED);
    code.op(Op.I32Xor);
  }

  /** Writes everything back; nothing is kept any more. */
  close(): void {
    if (this.shape === undefined) return;
    this.registers.store();
    this.storeTags();
    if (this.shape.depth !== 0) {
      this.code.i32(0);
      this.pushTop();
      this.code.memory(Op.I32Store, this.addresses.x87.top);
    }
    this.status.settle();
    this.pointers.store();
    this.shape = undefined;
  }

  /** Has the epilogue write everything back; here nothing changes. */
  leave(): void {
    const { code, shape, found, registers, status, pointers } = this;
    if (shape === undefined) return;
    const bits = [
      registers.dirty << X87Exit.KeptShift,
      (shape.full & ~found.full) << X87Exit.FilledShift,
      (shape.empty & ~found.empty) << X87Exit.EmptiedShift,
      (shape.depth & 7) << X87Exit.DepthShift,
      status.c1 === C1State.Clear ? X87Exit.ClearsC1 : 0,
      status.c1 === C1State.Local ? X87Exit.HasC1 : 0,
      status.isSaved ? X87Exit.RestoresStatus : 0,
      pointers.exitBits,
    ];
    const all = bits.reduce((sum, bit) => sum | bit);
    if (all === 0) return;
    code.i32(all);
    code.set(Local.X87Exit);
    pointers.leave();
  }

  // Registers.

  /** Pushes the significand and the upper part of ST(i). */
  push(i: number): void {
    const { significand, upper } = this.number(i);
    this.code.get(significand);
    this.code.get(upper);
  }

  /** The locals of ST(i), which it is brought into: also for code that reads it on more paths than one. */
  number(i: number): NumberLocals {
    return this.registers.keep(this.register(i));
  }

  /** The local that the upper part of a result for ST(i) goes to. */
  upperOf(i: number): number {
    return localsOfRegister(this.register(i)).upper;
  }

  /** Pushes the upper part of ST(i) alone. */
  pushUpper(i: number): void {
    this.code.get(this.number(i).upper);
  }

  pushSignificand(i: number): void {
    this.code.get(this.number(i).significand);
  }

  /** The upper part of ST(i), which is kept, ← the i32 on top of the stack. */
  assignUpper(i: number): void {
    this.code.set(this.upperOf(i));
    this.registers.change(this.register(i));
  }

  /** ST(i) ← the significand on top of the stack, and the upper part that was pushed before it. */
  assign(i: number): void {
    this.assignSignificand(i);
    this.code.set(this.upperOf(i));
  }

  /** ST(i) ← the significand on top of the stack, and the upper part that is in `upperOf(i)` already. */
  assignSignificand(i: number): void {
    const n = this.register(i);
    this.code.set(localsOfRegister(n).significand);
    this.registers.assign(n);
  }

  /** ST(i) ← the significand on top of the stack, and the upper part that the core has left beside it. */
  assignResult(i: number): void {
    this.assignSignificand(i);
    this.load(Op.I32Load, this.addresses.x87.resultTop);
    this.code.set(this.upperOf(i));
  }

  /** Register n is in its locals only. */
  assignRegister(n: number): void {
    this.registers.assign(n);
  }

  /** The number of ST(i); -1 is what a push makes ST(0). */
  register(i: number): number {
    return this.shape!.register(i);
  }

  // What an operation leaves.

  /** The operation is complete: FIP and FOP, and where the registers are now. */
  complete(effect: X87Effect, instruction: Instruction | undefined): void {
    this.shape!.apply(effect);
    if (instruction !== undefined) this.pointers.record(instruction);
  }

  /** Pushes FSW as software sees it: while all exceptions are masked, none is pending. */
  pushStatusWord(): void {
    const { code } = this;
    this.status.push();
    this.pushTop();
    code.i32(TOP_SHIFT);
    code.op(Op.I32Shl);
    code.op(Op.I32Or);
  }

  call(index: X87Import): void {
    this.code.call(IMPORTS.length + index);
  }

  private load(op: Op, address: number): void {
    this.code.i32(0);
    this.code.memory(op, address);
  }

  private pushTop(): void {
    pushPhysical(this.code, this.shape!.depth);
  }

  private storeTags(): void {
    const { code, found, shape } = this;
    const filled = shape!.full & ~found.full;
    const emptied = shape!.empty & ~found.empty;
    if ((filled | emptied) === 0) return;
    code.i32(0);
    this.load(Op.I32Load, this.addresses.x87.tags);
    if (filled !== 0) {
      this.pushRotated(filled);
      code.op(Op.I32Or);
    }
    if (emptied !== 0) {
      this.pushRotated(~emptied & 0xff);
      code.op(Op.I32And);
    }
    code.memory(Op.I32Store, this.addresses.x87.tags);
  }

  /** Pushes bits that count registers from `X87Base` as bits that count physical ones. */
  private pushRotated(bits: number): void {
    const { code } = this;
    code.i32(bits * TWICE);
    code.get(Local.X87Base);
    code.op(Op.I32Shl);
    code.i32(8);
    code.op(Op.I32ShrU);
    code.i32(0xff);
    code.op(Op.I32And);
  }
}
