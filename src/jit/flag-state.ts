/**
 * What the compiler knows of the status flags at a point of the code: which operation wrote them, where its operands and its
 * result are, and what it kept of the flags before.
 */
import { Width } from '../../assembly/abi/width.js';
import { type FlagForm, IN_CELLS, isSameForm, type Places, without } from './flag-form.js';
import { FlagValues, Source } from './flag-values.js';

/** What is known of the flags at a point. */
export interface FlagState extends FlagForm {
  /**
   * In a loop whose flags have not been written since it turned: the instructions counted since then. They are what the form says,
   * unless the cell says that the loop has just been entered: then they are in the cells.
   */
  readonly turned?: number | undefined;
  readonly before?: FlagState | undefined;
}

export function isSameState(a: FlagState, b: FlagState): boolean {
  return isSameForm(a, b) && a.turned === b.turned && a.before?.turned === b.before?.turned;
}

export abstract class KnownFlags extends FlagValues {
  /** Where the operation's values are beside their locals. */
  protected places: Places = {};
  protected turned: number | undefined;
  /** Of a step: what the flags that it keeps come from. */
  protected before: FlagState | undefined;

  set(source: Source, width = Width.Qword): void {
    this.restore({ source, width });
  }

  /** A micro-op has kept flags (INC, DEC, a rotation by a constant) and left its result in `Local.StepResult`. */
  step(source: Source, width: Width): void {
    const { before, turned } = this;
    const kept = before === undefined ? this.state : { ...before, turned: before.turned ?? turned };
    this.restore({ source, width, before: kept.source === Source.Unknown ? IN_CELLS : kept });
  }

  get state(): FlagState {
    const { source, width, turned, before, places } = this;
    return { source, width, turned, before, ...places };
  }

  restore({ source, width, turned, before, left, right, result }: FlagState): void {
    this.source = source;
    this.width = width;
    this.turned = turned;
    this.before = before;
    this.places = { left, right, result };
  }

  /** The micro-op just emitted leaves flags of that form. */
  remember({ source, width, left, right, result }: FlagForm): void {
    if (source === this.source && width === this.width) this.places = { left, right, result };
  }

  /** Registers are about to be written; bit n: slot n of the register file. */
  forget(written: number): void {
    this.places = without(this.places, written);
    if (this.before !== undefined) this.before = { ...this.before, ...without(this.before, written) };
  }

  count(instructions: number): void {
    const { before } = this;
    if (this.turned !== undefined) this.turned += instructions;
    if (before?.turned !== undefined) this.before = { ...before, turned: before.turned + instructions };
  }

  /** They are not known, or not on every way here. */
  protected get isUncertain(): boolean {
    return this.source === Source.Unknown || this.turned !== undefined;
  }
}
