/** FSW in compiled code: what of it is not in the state yet. */
import type { CodeWriter } from './code-writer.js';
import type { StateAddresses } from './core-layout.js';
import { Local } from './locals.js';
import { Op } from './wasm-opcodes.js';

const C1 = 0x200;
const C1_SHIFT = 9;
const PE_SHIFT = 5;
/** C0, C2 and C3. */
const CODES = 0x4500;

/** Where C1 is. */
export enum C1State {
  State,
  /** It is 0. */
  Clear,
  /** In `Local.X87Up`. */
  Local,
}

/** What of FSW is not in the state. */
export interface StatusState {
  readonly c1: C1State;
  readonly hasInexact: boolean;
}

export class X87Status {
  private c1State = C1State.State;
  /** `Local.X87Inexact` may know more than the state. */
  private hasInexact = false;
  private isKept = false;

  constructor(
    private readonly code: CodeWriter,
    private readonly addresses: StateAddresses,
  ) {}

  get c1(): C1State {
    return this.c1State;
  }

  /** FSW before a store is in `Local.X87Status`. */
  get isSaved(): boolean {
    return this.isKept;
  }

  /** All of it is in the state. */
  open(): void {
    this.c1State = C1State.State;
    this.hasInexact = false;
    this.isKept = false;
    this.code.i64(0);
    this.code.set(Local.X87Inexact);
  }

  get state(): StatusState {
    return { c1: this.c1State, hasInexact: this.hasInexact };
  }

  restore({ c1, hasInexact }: StatusState): void {
    this.c1State = c1;
    this.hasInexact = hasInexact;
  }

  /** C1 ← 0, some time. */
  clearC1(): void {
    this.c1State = C1State.Clear;
  }

  /** C1 is what a core function has made it. */
  takeC1FromState(): void {
    this.c1State = C1State.State;
  }

  /** C1 is in `Local.X87Up`. */
  takeC1FromLocal(): void {
    this.c1State = C1State.Local;
  }

  /** Pushes C1 as a core function has made it (i64). */
  pushC1(): void {
    const { code } = this;
    this.load(Op.I64Load32U);
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
    this.hasInexact = true;
  }

  /** Condition codes ← the i32 on top of the stack; C1 is clear. */
  assignCodes(): void {
    const { code } = this;
    const { status } = this.addresses.x87;
    code.set(Local.Narrow0);
    code.i32(0);
    this.load(Op.I32Load);
    code.i32(~CODES);
    code.op(Op.I32And);
    code.get(Local.Narrow0);
    code.op(Op.I32Or);
    code.memory(Op.I32Store, status);
    this.clearC1();
  }

  /** Before what changes FSW and may fault then. */
  save(): void {
    this.load(Op.I32Load);
    this.code.set(Local.X87Status);
    this.isKept = true;
  }

  /** It has not faulted. */
  forget(): void {
    this.isKept = false;
  }

  /** Pushes FSW without TOP; all of it is in the state then. */
  push(): void {
    this.settle();
    this.load(Op.I32Load);
  }

  /** FSW in the state ← with C1, and with what inline operations have rounded off. */
  settle(): void {
    const { code } = this;
    if (this.c1State === C1State.State && !this.hasInexact) return;
    code.i32(0);
    this.load(Op.I32Load);
    this.mergeC1();
    if (this.hasInexact) {
      code.get(Local.X87Inexact);
      code.i64(0);
      code.op(Op.I64Ne);
      code.i32(PE_SHIFT);
      code.op(Op.I32Shl);
      code.op(Op.I32Or);
    }
    code.memory(Op.I32Store, this.addresses.x87.status);
    this.c1State = C1State.State;
    this.hasInexact = false;
  }

  /** C1 of the word on top of the stack ← as it is. */
  private mergeC1(): void {
    const { code } = this;
    if (this.c1State === C1State.State) return;
    code.i32(~C1);
    code.op(Op.I32And);
    if (this.c1State === C1State.Clear) return;
    code.get(Local.X87Up);
    code.op(Op.I32WrapI64);
    code.i32(C1_SHIFT);
    code.op(Op.I32Shl);
    code.op(Op.I32Or);
  }

  private load(op: Op): void {
    this.code.i32(0);
    this.code.memory(op, this.addresses.x87.status);
  }
}
