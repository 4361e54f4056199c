/** The part of the processor's state that SVM's rules read and move while a guest runs. */
import type { StateView } from '../core/state-view.js';

/** Fields of `CpuState` (assembly/state.ts) of 32 bits. */
const GUEST_FIELDS = [
  'activity',
  'cr8',
  'gif',
  'hostInterruptFlag',
  'intercepts3',
  'nmiDelivered',
  'nmiMask',
  'shadow',
  'systemFlags',
  'virtualGif',
  'virtualGifEnabled',
  'virtualInterruptMasking',
  'virtualIrqIgnoreTpr',
  'virtualIrqPending',
  'virtualIrqPriority',
  'virtualIrqVector',
  'virtualNmiEnabled',
  'virtualNmiMask',
  'virtualNmiPending',
  'watch',
] as const;
/** Fields of 64 bits that count instructions. */
const COUNTERS = ['clock', 'deadline'] as const;

export type GuestField = (typeof GUEST_FIELDS)[number];

export interface GuestState {
  get(name: GuestField): number;
  set(name: GuestField, value: number): void;
}

const TWO_32 = 0x1_0000_0000;

/** `GuestState` over the core. It looks the fields' places up once: a world switch reads dozens of them. */
export class CoreGuestState implements GuestState {
  readonly #words: Uint32Array;
  readonly #index: Readonly<Record<GuestField | (typeof COUNTERS)[number], number>>;

  constructor(view: StateView) {
    this.#words = view.words;
    const entries = [...GUEST_FIELDS, ...COUNTERS].map((name) => [name, view.index(name)]);
    this.#index = Object.fromEntries(entries) as Record<GuestField | (typeof COUNTERS)[number], number>;
  }

  get(name: GuestField): number {
    // Every index was found in the record when this object was made.
    return this.#words[this.#index[name]] as number;
  }

  set(name: GuestField, value: number): void {
    this.#words[this.#index[name]] = value;
  }

  /** Instructions retired: exact below 2^53. */
  get clock(): number {
    return this.#counter(this.#index.clock);
  }

  set clock(value: number) {
    this.#setCounter(this.#index.clock, value);
  }

  /** The clock at which the core stops. */
  set deadline(value: number) {
    this.#setCounter(this.#index.deadline, value);
  }

  #counter(index: number): number {
    return (this.#words[index] as number) + (this.#words[index + 1] as number) * TWO_32;
  }

  #setCounter(index: number, value: number): void {
    this.#words[index] = value % TWO_32;
    this.#words[index + 1] = Math.floor(value / TWO_32);
  }
}
