/** Emits the parts that all micro-ops are made of: registers in locals, constants, exits. */
import { Mode } from '../../assembly/abi/processor-bits.js';
import { Reg } from '../../assembly/abi/register.js';
import { Flow } from '../../assembly/abi/stop.js';
import { Width } from '../../assembly/abi/width.js';
import { CodeWriter } from './code-writer.js';
import type { StateAddresses } from './core-layout.js';
import type { KeptLocals } from './kept-locals.js';
import { LazyFlags } from './lazy-flags.js';
import { firstOrdinary, Local } from './locals.js';
import type { KnownNumbers } from './known-numbers.js';
import { Reach, type RegionReach } from './reach.js';
import type { AddressCheck } from './address-check.js';
import type { Region, RegionBlock, UopFields } from './region.js';
import type { RegionUse } from './region-use.js';
import type { SteadyAccess } from './steady-access.js';
import { isTemporary, Temporaries } from './temporaries.js';
import { VectorRegisters } from './vector-registers.js';
import { Op, Type } from './wasm-opcodes.js';
import { X87Stack } from './x87-stack.js';

const ALL_ONES: readonly number[] = [0xff, 0xffff, 0xffffffff];

export class Emitter {
  readonly code = new CodeWriter();
  readonly flags: LazyFlags;
  readonly x87: X87Stack;
  readonly vectors: VectorRegisters;
  readonly temporaries = new Temporaries();
  readonly is64Bit: boolean;
  /** The first of the locals of ordinary x87 numbers. */
  readonly ordinaryLocals: number;
  /** The block being emitted, and how many of its instructions are complete where the code is. */
  block!: RegionBlock;
  done = 0;
  /** The most instructions from the end of the block to the next look at the budget. */
  rest = 0;
  /** Offsets in the block of the running instruction and of the next. */
  ip = 0;
  nextIp = 0;
  /** The micro-op being emitted is the last of its instruction. */
  endsInstruction = false;
  /** Nothing sees the status flags that the micro-op being emitted writes. */
  areFlagsDead = false;
  /** The running instruction has a store before its last micro-op: `Local.IsStale` must be looked at when it ends. */
  mayBeStale = false;
  /** The micro-op being emitted, and what it does by itself. */
  uop!: UopFields;
  reach = Reach.Everything;
  /** By micro-op: accesses that are known to lie within their runs of pages. */
  steady: ReadonlyMap<number, SteadyAccess> | undefined;
  /** What is to be done about the addresses of the block, where accesses are looked at together; by micro-op. */
  checks: ReadonlyMap<number, AddressCheck> = new Map();
  /** Where the Wasm address of the lowest of such accesses is, by their group. */
  bases: ReadonlyMap<number, Local> = new Map();
  /** What its loads and stores leave in locals for loads behind them. */
  kept: KeptLocals = { keeping: new Map(), known: new Map() };
  /** Numbers of the runs that are used. */
  readonly runs = new Set<number>();
  /** Constructs that are open, the outermost included. */
  depth = 0;
  /** Depth of where a stretch goes on that gives up, within one (float-trial.ts). */
  retreat: number | undefined;
  /** The same for an access that misses, where that is another place. */
  missed: number | undefined;
  /** What such a stretch, and what lies between two, knows of the numbers in vector registers. */
  numbers: KnownNumbers | undefined;

  constructor(
    readonly addresses: StateAddresses,
    region: Region,
    /** What the region touches. */
    readonly use: RegionUse,
    /** How far it goes by itself. */
    readonly regionReach: RegionReach,
  ) {
    this.flags = new LazyFlags(this.code, addresses);
    this.x87 = new X87Stack(this.code, addresses, () => this.ripAt(0));
    this.vectors = new VectorRegisters(this.code, addresses.vectorFile, use.vectors);
    this.ordinaryLocals = firstOrdinary(this.vectors.count, use.hasFloat);
    this.is64Bit = (region.mode & Mode.CodeSize) === Mode.Code64;
  }

  /** What the fast path does not do is left to the interpreter. */
  get leaves(): boolean {
    return this.reach !== Reach.Everything;
  }

  /** Of the running instruction. */
  get firstUop(): UopFields {
    return this.block.uops.find(({ ip }) => ip === this.ip) ?? this.block.last;
  }

  // Structure.

  open(op: Op.Block | Op.Loop | Op.If, type: Type = Type.Empty): void {
    this.code.block(op, type);
    this.depth++;
  }

  else(): void {
    this.code.op(Op.Else);
  }

  close(): void {
    this.code.op(Op.End);
    this.depth--;
  }

  /** Branches out of (or, for a loop, back to) the construct that was opened when `depth` was `at`. */
  branch(op: Op.Br | Op.BrIf, at: number): void {
    this.code.branch(op, this.depth - at - 1);
  }

  /** Branches to the construct of the index on top of the stack; beyond the last, to the last. */
  branchTable(at: readonly number[]): void {
    this.code.branchTable(at.map((depth) => this.depth - depth - 1));
  }

  // Registers.

  /** Pushes 64 bits of a register (i64). */
  wide(register: number): void {
    const { code } = this;
    const slot = register >> 3;
    if (slot === Reg.Zero >> 3) return code.i64(0);
    if (slot === Reg.BlockRip >> 3) return this.ripAt(0);
    code.get(slot);
  }

  /** Pushes the low bits of a register, zero-extended for bytes and words (i32). */
  narrow(register: number, width: Width): void {
    const { code } = this;
    this.wide(register);
    if ((register & 7) !== 0) {
      code.i64(8 * (register & 7));
      code.op(Op.I64ShrU);
    }
    code.op(Op.I32WrapI64);
    if (width === Width.Dword || this.temporaries.isWithin(register, width)) return;
    code.i32(ALL_ONES[width]!);
    code.op(Op.I32And);
  }

  /** Pushes an operand as arithmetic of that width wants it: i64 for qwords, else i32. */
  operand(register: number, width: Width): void {
    if (width === Width.Qword) this.wide(register);
    else this.narrow(register, width);
  }

  /** Pushes an operand as flags remember it: an i64 whose low bits are the operand. */
  remembered(register: number): void {
    this.wide(register);
    if ((register & 7) === 0) return;
    this.code.i64(8 * (register & 7));
    this.code.op(Op.I64ShrU);
  }

  /** Pops an i64 of which the low bits are written to a register; a dword must be zero-extended. */
  assign(register: number, width: Width): void {
    const { code } = this;
    const slot = register >> 3;
    if (width >= Width.Dword) return code.set(slot);
    const mask = ALL_ONES[width]!;
    const shift = 8 * (register & 7);
    code.i64(mask, 0);
    code.op(Op.I64And);
    if (isTemporary(register)) return this.assignZeroExtended(register, width);
    if (shift !== 0) {
      code.i64(shift);
      code.op(Op.I64Shl);
    }
    code.get(slot);
    code.i64(~(mask << shift), -1);
    code.op(Op.I64And);
    code.op(Op.I64Or);
    code.set(slot);
  }

  /** Pops an i64 of that width and above it zero, which is written to a register. */
  assignZeroExtended(register: number, width: Width): void {
    if (width < Width.Dword && !isTemporary(register)) return this.assign(register, width);
    this.code.set(register >> 3);
    if (width < Width.Dword) this.temporaries.note(register, width);
  }

  /** Pops the result of arithmetic of that width and leaves it as an i64, zero-extended. */
  widen(width: Width): void {
    if (width !== Width.Qword) this.code.op(Op.I64ExtendI32U);
  }

  /** Pushes an immediate of that width. */
  immediate(width: Width, low: number, high: number): void {
    if (width === Width.Qword) this.code.i64(low, high);
    else this.code.i32(width === Width.Dword ? low : low & ALL_ONES[width]!);
  }

  // Addresses.

  /** Pushes the RIP at an offset of the block (i64). */
  ripAt(offset: number): void {
    this.ripFromEntry(this.block.delta + offset);
  }

  /** Pushes the RIP that is `delta` bytes from the entry, as wide as the mode has it. */
  ripFromEntry(delta: number): void {
    this.code.get(Local.EntryRip);
    this.addDelta(delta);
  }

  /** The same for who leaves: nothing is kept for him. */
  leavingRip(delta: number): void {
    this.loadState(Op.I64Load, this.addresses.entryRip);
    this.addDelta(delta);
  }

  private addDelta(delta: number): void {
    const { code } = this;
    if (delta === 0) return;
    code.i64(delta);
    code.op(Op.I64Add);
    if (!this.is64Bit) this.truncateToDword();
  }

  /** Clears the upper half of the i64 on top of the stack. */
  truncateToDword(): void {
    this.code.op(Op.I32WrapI64);
    this.code.op(Op.I64ExtendI32U);
  }

  /** Pushes whether the address in a local is not canonical (i32). */
  isNotCanonical(local: Local): void {
    const { code } = this;
    code.get(local);
    code.i64(16);
    code.op(Op.I64Shl);
    code.i64(16);
    code.op(Op.I64ShrS);
    code.get(local);
    code.op(Op.I64Ne);
  }

  // Exits.

  /** Leaves with the RIP on top of the stack (i64), for a `Flow` or a micro-op. The block's instructions have been counted. */
  exit(flow: number): void {
    this.flags.publish();
    this.leave(flow);
  }

  /** The same once flags are in their cells. */
  private leave(flow: number): void {
    const { code } = this;
    code.set(Local.ExitRip);
    this.x87.leave();
    code.i32(flow);
    code.set(Local.ExitFlow);
    this.branch(Op.Br, 0);
  }

  /** Leaves at the start of the running instruction, of which nothing has been done. */
  exitBefore(flow: number): void {
    this.flags.publish();
    this.discount(this.block.instructions - this.done);
    this.leavingRip(this.block.delta + this.ip);
    this.leave(flow);
  }

  /** Leaves the running instruction, of which nothing has been done, to the interpreter; or gives up the stretch. */
  exitToInterpreter(): void {
    const retreat = this.missed ?? this.retreat;
    if (retreat !== undefined) return this.branch(Op.Br, retreat);
    this.code.i32(this.block.address);
    this.code.set(Local.ExitBlock);
    this.exitBefore(this.firstUop.address);
  }

  /** Gives up the stretch if the i32 on top of the stack is not zero. */
  retreatIf(): void {
    this.branch(Op.BrIf, this.retreat!);
  }

  /** Leaves after the running instruction. */
  exitAfter(): void {
    this.flags.publish();
    this.discount(this.block.instructions - this.done - 1);
    this.leavingRip(this.block.delta + this.nextIp);
    this.leave(Flow.Leave);
  }

  /** Takes back instructions that were counted when the block was entered. */
  private discount(instructions: number): void {
    if (instructions === 0) return;
    const { code } = this;
    code.get(Local.Remaining);
    code.i32(instructions);
    code.op(Op.I32Add);
    code.set(Local.Remaining);
  }

  // State.

  loadState(op: Op, address: number): void {
    this.code.i32(0);
    this.code.memory(op, address);
  }
}
