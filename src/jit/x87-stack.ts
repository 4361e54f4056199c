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
const TOP_SHIFT = 11;
/** Eight bits twice, so that they can be rotated by a shift. */
const TWICE = 0x101;

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
  /** C1 is clear, but the state does not know yet. */
  private clearsC1 = false;
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
    this.clearsC1 = false;
    this.instruction = undefined;
    this.dataSegment = undefined;
    this.isStatusSaved = false;
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
    this.settleC1();
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
      this.clearsC1 ? X87Exit.ClearsC1 : 0,
      instruction === undefined ? 0 : X87Exit.HasInstruction,
      dataSegment === undefined ? 0 : X87Exit.HasData,
      this.isStatusSaved ? X87Exit.RestoresStatus : 0,
      X87Exit.IsOpen,
    ];
    code.i32(bits.reduce((all, bit) => all | bit));
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
    this.clearsC1 = true;
  }

  /** C1 is what a core function has made it. */
  hasC1(): void {
    this.clearsC1 = false;
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
    this.settleC1();
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
    for (const local of [Local.X87Instruction, Local.X87Data]) code.get(local);
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

  private settleC1(): void {
    const { code } = this;
    const { status } = this.addresses.x87;
    if (!this.clearsC1) return;
    this.clearsC1 = false;
    code.i32(0);
    this.load(Op.I32Load, status);
    code.i32(~C1);
    code.op(Op.I32And);
    code.memory(Op.I32Store, status);
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
