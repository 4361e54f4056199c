/**
 * The x87 register stack in compiled code: registers in locals for as long as one block runs.
 *
 * A stretch of operations begins with a look at the state (`opens`): all exceptions are masked, and every register is full or
 * empty as the operations need it. From there on TOP is known but for where it began, so ST(i) is a local; registers are
 * loaded when they are first read. FSW stays in the state. Everything else is written back where the stretch ends (`close`)
 * or, by way of `X87Exit`, where the region is left in between.
 */
import { Seg } from '../../assembly/abi/register.js';
import { X87_EXIT_OPCODE_SHIFT, X87Exit } from '../../assembly/abi/x87-exit.js';
import type { CodeWriter } from './code-writer.js';
import { IMPORTS, type StateAddresses, X87Import } from './core-layout.js';
import { Local } from './locals.js';
import type { X87Effect } from './x87-effect.js';
import { X87Shape } from './x87-shape.js';
import { Op, Type } from './wasm-opcodes.js';

const REGISTERS = 8;
const REGISTER_SHIFT = 4;
/** Offset of sign and exponent in a register. */
const UPPER = 8;
const ALL_MASKED = 0x3f;
const C1 = 0x200;
/** C0, C2 and C3. */
const CODES = 0x4500;
const TOP_SHIFT = 11;
/** Eight bits twice, so that they can be rotated by a shift. */
const TWICE = 0x101;

/** Precision and rounding control, and what inline operations do: 64 bits, nearest even. */
const PRECISION_AND_ROUNDING = 0xf00;
const EXTENDED_NEAREST = 0x300;
const C1_SHIFT = 9;
const PE_SHIFT = 5;

/** Where C1 is. */
enum C1State {
  State,
  /** It is 0. */
  Clear,
  /** In `Local.X87Up`. */
  Local,
}

/** Where a number is: the locals of its significand, and of its sign and exponent. */
export interface NumberLocals {
  readonly significand: number;
  readonly upper: number;
}

/** What the last instruction leaves in FIP and FOP. */
interface Instruction {
  readonly ip: number;
  readonly opcode: number;
}

export class X87Stack {
  /** Undefined: nothing is kept. */
  private shape: X87Shape | undefined;
  /** What was found at the start: registers that are full, and that are empty. */
  private found = { full: 0, empty: 0 };
  /** Bit n: the locals have register n; they have been written to. */
  private kept = 0;
  private dirty = 0;
  private c1 = C1State.State;
  /** `Local.X87Inexact` may know more than the state. */
  private hasInexact = false;
  private instruction: Instruction | undefined;
  /** The segment of the last operand in memory; its address is in `Local.X87Data`. */
  private dataSegment: Seg | undefined;
  private isStatusSaved = false;

  constructor(
    private readonly code: CodeWriter,
    private readonly addresses: StateAddresses,
    /** Pushes the RIP of the block. */
    private readonly pushBlockRip: () => void,
  ) {}

  get isOpen(): boolean {
    return this.shape !== undefined;
  }

  allows(effect: X87Effect): boolean {
    return this.shape?.allows(effect) ?? false;
  }

  // Begin and end.

  /** `Local.X87Base` ← TOP; pushes whether the state is not as needed. */
  opens(full: number, empty: number): void {
    const { code } = this;
    const { x87 } = this.addresses;
    this.load(Op.I32Load, x87.top);
    code.set(Local.X87Base);
    code.i64(0);
    code.set(Local.X87Inexact);
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
    this.kept = 0;
    this.dirty = 0;
    this.c1 = C1State.State;
    this.hasInexact = false;
    this.instruction = undefined;
    this.dataSegment = undefined;
    this.isStatusSaved = false;
  }

  /** `Local.X87IsUsual` ← whether inline operations may be used. */
  readControl(): void {
    const { code } = this;
    this.load(Op.I32Load, this.addresses.x87.control);
    code.i32(PRECISION_AND_ROUNDING);
    code.op(Op.I32And);
    code.i32(EXTENDED_NEAREST);
    code.op(Op.I32Eq);
    code.set(Local.X87IsUsual);
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
    this.eachRegister(this.dirty, (n) => this.store(n));
    this.storeTags();
    if (this.shape.depth !== 0) {
      this.code.i32(0);
      this.pushTop();
      this.code.memory(Op.I32Store, this.addresses.x87.top);
    }
    this.settleStatus();
    this.storePointers();
    this.shape = undefined;
  }

  /** Has the epilogue write everything back; here nothing changes. */
  leave(): void {
    const { code, shape, dirty, found, instruction, dataSegment } = this;
    if (shape === undefined) return;
    const bits = [
      dirty << X87Exit.KeptShift,
      (shape.full & ~found.full) << X87Exit.FilledShift,
      (shape.empty & ~found.empty) << X87Exit.EmptiedShift,
      (shape.depth & 7) << X87Exit.DepthShift,
      this.c1 === C1State.Clear ? X87Exit.ClearsC1 : 0,
      this.c1 === C1State.Local ? X87Exit.HasC1 : 0,
      instruction === undefined ? 0 : X87Exit.HasInstruction,
      dataSegment === undefined ? 0 : X87Exit.HasData,
      this.isStatusSaved ? X87Exit.RestoresStatus : 0,
    ];
    const all = bits.reduce((sum, bit) => sum | bit);
    if (all === 0) return;
    code.i32(all);
    code.set(Local.X87Exit);
    if (instruction === undefined) return;
    code.i32((dataSegment ?? 0) | (instruction.opcode << X87_EXIT_OPCODE_SHIFT));
    code.set(Local.X87Operand);
    this.pushInstruction(instruction);
    code.set(Local.X87Instruction);
  }

  // Registers.

  /** Pushes the significand and the upper part of ST(i). */
  push(i: number): void {
    const n = this.keep(i);
    this.code.get(Local.X87Significand + n);
    this.code.get(Local.X87Upper + n);
  }

  /** Brings ST(0) into its locals, for code that reads it on more paths than one. */
  keepTop(): void {
    this.keep(0);
  }

  /** The locals of ST(i), which it is brought into. */
  number(i: number): NumberLocals {
    const n = this.keep(i);
    return { significand: Local.X87Significand + n, upper: Local.X87Upper + n };
  }

  /** The local that the upper part of a result for ST(i) goes to. */
  upperOf(i: number): number {
    return Local.X87Upper + this.register(i);
  }

  /** Pushes the upper part of ST(i) alone. */
  pushUpper(i: number): void {
    this.code.get(Local.X87Upper + this.keep(i));
  }

  pushSignificand(i: number): void {
    this.code.get(Local.X87Significand + this.keep(i));
  }

  /** The upper part of ST(i) ← the i32 on top of the stack. */
  assignUpper(i: number): void {
    const n = this.register(i);
    this.code.set(Local.X87Upper + n);
    this.dirty |= 1 << n;
  }

  /** ST(i) ← the significand on top of the stack, and the upper part that was pushed before it. */
  assign(i: number): void {
    const n = this.register(i);
    this.code.set(Local.X87Significand + n);
    this.assignUpper(i);
    this.kept |= 1 << n;
  }

  /** ST(i) ← the significand on top of the stack, and the upper part that is in `upperOf(i)` already. */
  assignSignificand(i: number): void {
    const n = this.register(i);
    this.code.set(Local.X87Significand + n);
    this.kept |= 1 << n;
    this.dirty |= 1 << n;
  }

  /** ST(i) ← the significand on top of the stack, and the upper part that the core has left beside it. */
  assignResult(i: number): void {
    this.code.set(Local.X87Significand + this.register(i));
    this.load(Op.I32Load, this.addresses.x87.resultTop);
    this.assignUpper(i);
    this.kept |= 1 << this.register(i);
  }

  /** The number of ST(i); -1 is what a push makes ST(0). */
  private register(i: number): number {
    return this.shape!.register(i);
  }

  /** Brings ST(i) into its locals. */
  private keep(i: number): number {
    const { code } = this;
    const { registers } = this.addresses.x87;
    const n = this.register(i);
    if (((this.kept >> n) & 1) !== 0) return n;
    this.kept |= 1 << n;
    this.pushAddress(n);
    code.tee(Local.Narrow0);
    code.memory(Op.I64Load, registers);
    code.set(Local.X87Significand + n);
    code.get(Local.Narrow0);
    code.memory(Op.I32Load16U, registers + UPPER);
    code.set(Local.X87Upper + n);
    return n;
  }

  private store(n: number): void {
    const { code } = this;
    const { registers } = this.addresses.x87;
    this.pushAddress(n);
    code.tee(Local.Narrow0);
    code.get(Local.X87Significand + n);
    code.memory(Op.I64Store, registers);
    code.get(Local.Narrow0);
    code.get(Local.X87Upper + n);
    code.memory(Op.I32Store16, registers + UPPER);
  }

  /** Pushes where register n is, from the first one on. */
  private pushAddress(n: number): void {
    const { code } = this;
    code.get(Local.X87Base);
    if (n !== 0) {
      code.i32(n);
      code.op(Op.I32Add);
      code.i32(REGISTERS - 1);
      code.op(Op.I32And);
    }
    code.i32(REGISTER_SHIFT);
    code.op(Op.I32Shl);
  }

  // What an operation leaves.

  /** The operation is complete: FIP and FOP, and where the registers are now. */
  complete(effect: X87Effect, instruction: Instruction | undefined): void {
    this.shape!.apply(effect);
    if (instruction !== undefined) this.instruction = instruction;
  }

  /** FDP is in `Local.X87Data`. */
  recordData(segment: Seg): void {
    this.dataSegment = segment;
  }

  /** C1 ← 0, some time. */
  clearC1(): void {
    this.c1 = C1State.Clear;
  }

  /** C1 is what a core function has made it. */
  takeC1FromState(): void {
    this.c1 = C1State.State;
  }

  /** C1 is in `Local.X87Up`. */
  takeC1FromLocal(): void {
    this.c1 = C1State.Local;
    this.hasInexact = true;
  }

  /** Pushes C1 as a core function has made it (i64). */
  pushC1(): void {
    const { code } = this;
    this.load(Op.I64Load32U, this.addresses.x87.status);
    code.i64(C1_SHIFT);
    code.op(Op.I64ShrU);
    code.i64(1);
    code.op(Op.I64And);
  }

  /** The bits that `pushRest` pushes (i64) have been rounded off. */
  addInexact(pushRest: () => void): void {
    pushRest();
    this.code.get(Local.X87Inexact);
    this.code.op(Op.I64Or);
    this.code.set(Local.X87Inexact);
  }

  /** Condition codes ← the i32 on top of the stack; C1 is clear. */
  assignCodes(): void {
    const { code } = this;
    const { status } = this.addresses.x87;
    code.set(Local.Narrow0);
    code.i32(0);
    this.load(Op.I32Load, status);
    code.i32(~CODES);
    code.op(Op.I32And);
    code.get(Local.Narrow0);
    code.op(Op.I32Or);
    code.memory(Op.I32Store, status);
    this.clearC1();
  }

  /** Before what changes FSW and may fault then. */
  saveStatus(): void {
    this.load(Op.I32Load, this.addresses.x87.status);
    this.code.set(Local.X87Status);
    this.isStatusSaved = true;
  }

  /** It has not faulted. */
  forgetStatus(): void {
    this.isStatusSaved = false;
  }

  /** Pushes FSW as software sees it: while all exceptions are masked, none is pending. */
  pushStatusWord(): void {
    const { code } = this;
    this.settleStatus();
    this.load(Op.I32Load, this.addresses.x87.status);
    this.pushTop();
    code.i32(TOP_SHIFT);
    code.op(Op.I32Shl);
    code.op(Op.I32Or);
  }

  call(index: X87Import): void {
    this.code.call(IMPORTS.length + index);
  }

  /** Emits the end of a region: what was kept where it has been left. */
  static writeBack(code: CodeWriter): void {
    code.get(Local.X87Exit);
    code.block(Op.If, Type.Empty);
    for (let n = 0; n < REGISTERS; n++) {
      code.get(Local.X87Exit);
      code.get(Local.X87Base);
      code.i32(n);
      code.get(Local.X87Significand + n);
      code.get(Local.X87Upper + n);
      code.call(IMPORTS.length + X87Import.PublishRegister);
    }
    for (const local of [Local.X87Exit, Local.X87Operand, Local.X87Base, Local.X87Status]) code.get(local);
    for (const local of [Local.X87Instruction, Local.X87Data, Local.X87Inexact, Local.X87Up]) code.get(local);
    code.call(IMPORTS.length + X87Import.Publish);
    code.op(Op.End);
  }

  private load(op: Op, address: number): void {
    this.code.i32(0);
    this.code.memory(op, address);
  }

  private eachRegister(mask: number, visit: (n: number) => void): void {
    for (let n = 0; n < REGISTERS; n++) if (((mask >> n) & 1) !== 0) visit(n);
  }

  private pushTop(): void {
    const { code } = this;
    code.get(Local.X87Base);
    if (this.shape!.depth === 0) return;
    code.i32(this.shape!.depth);
    code.op(Op.I32Add);
    code.i32(REGISTERS - 1);
    code.op(Op.I32And);
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

  /** FSW in the state ← with C1, and with what inline operations have rounded off. */
  private settleStatus(): void {
    const { code } = this;
    const { status } = this.addresses.x87;
    if (this.c1 === C1State.State && !this.hasInexact) return;
    code.i32(0);
    this.load(Op.I32Load, status);
    if (this.c1 !== C1State.State) {
      code.i32(~C1);
      code.op(Op.I32And);
    }
    if (this.c1 === C1State.Local) {
      code.get(Local.X87Up);
      code.op(Op.I32WrapI64);
      code.i32(C1_SHIFT);
      code.op(Op.I32Shl);
      code.op(Op.I32Or);
    }
    if (this.hasInexact) {
      code.get(Local.X87Inexact);
      code.i64(0);
      code.op(Op.I64Ne);
      code.i32(PE_SHIFT);
      code.op(Op.I32Shl);
      code.op(Op.I32Or);
    }
    code.memory(Op.I32Store, status);
    this.c1 = C1State.State;
    this.hasInexact = false;
  }

  private storePointers(): void {
    const { code, instruction, dataSegment } = this;
    const { x87 } = this.addresses;
    if (instruction !== undefined) {
      code.i32(0);
      this.pushInstruction(instruction);
      code.memory(Op.I64Store, x87.instructionPointer);
      this.storeSelector(Seg.Cs, x87.instructionSelector);
      code.i32(0);
      code.i32(instruction.opcode);
      code.memory(Op.I32Store, x87.opcode);
    }
    if (dataSegment === undefined) return;
    code.i32(0);
    code.get(Local.X87Data);
    code.memory(Op.I64Store, x87.dataPointer);
    this.storeSelector(dataSegment, x87.dataSelector);
  }

  private storeSelector(segment: Seg, to: number): void {
    this.code.i32(0);
    this.load(Op.I32Load16U, this.addresses.selectors + 2 * segment);
    this.code.memory(Op.I32Store, to);
  }

  private pushInstruction({ ip }: Instruction): void {
    const { code } = this;
    this.pushBlockRip();
    code.i64(ip);
    code.op(Op.I64Add);
  }
}
