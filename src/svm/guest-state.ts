/** The part of the processor's state that SVM's rules read and move while a guest runs. */
import { Cr0 } from '../../assembly/abi/processor-bits.js';
import type { StateView } from '../core/state-view.js';

/** Fields of `CpuState` (assembly/state.ts) of 32 bits. */
export interface GuestState {
  readonly activity: number;
  readonly cr8: number;
  readonly gif: number;
  readonly hostInterruptFlag: number;
  readonly intercepts3: number;
  readonly nmiDelivered: number;
  nmiMask: number;
  readonly shadow: number;
  readonly systemFlags: number;
  readonly virtualGif: number;
  readonly virtualGifEnabled: number;
  readonly virtualInterruptMasking: number;
  readonly virtualIrqIgnoreTpr: number;
  virtualIrqPending: number;
  readonly virtualIrqPriority: number;
  readonly virtualIrqVector: number;
  readonly virtualNmiEnabled: number;
  virtualNmiMask: number;
  virtualNmiPending: number;
  watch: number;
}

/** Their indices among the words of the record, that of a count for observers, and those of three fields of 64 bits. */
type Places = Readonly<Record<keyof GuestState | 'nmiDepth' | 'cr0' | 'clock' | 'deadline', number>>;

const TWO_32 = 0x1_0000_0000;

/**
 * `GuestState` over the core. A world switch reads dozens of these fields, so each has its accessor, which V8 makes one load:
 * by name, the same switch took a quarter longer (Node 20.20.2, 2026-11-22).
 */
export class CoreGuestState implements GuestState {
  readonly #words: Uint32Array;
  readonly #at: Places;

  constructor(view: StateView) {
    this.#words = view.words;
    this.#at = {
      activity: view.index('activity'),
      cr8: view.index('cr8'),
      gif: view.index('gif'),
      hostInterruptFlag: view.index('hostInterruptFlag'),
      intercepts3: view.index('intercepts3'),
      nmiDelivered: view.index('nmiDelivered'),
      nmiMask: view.index('nmiMask'),
      shadow: view.index('shadow'),
      systemFlags: view.index('systemFlags'),
      virtualGif: view.index('virtualGif'),
      virtualGifEnabled: view.index('virtualGifEnabled'),
      virtualInterruptMasking: view.index('virtualInterruptMasking'),
      virtualIrqIgnoreTpr: view.index('virtualIrqIgnoreTpr'),
      virtualIrqPending: view.index('virtualIrqPending'),
      virtualIrqPriority: view.index('virtualIrqPriority'),
      virtualIrqVector: view.index('virtualIrqVector'),
      virtualNmiEnabled: view.index('virtualNmiEnabled'),
      virtualNmiMask: view.index('virtualNmiMask'),
      virtualNmiPending: view.index('virtualNmiPending'),
      watch: view.index('watch'),
      nmiDepth: view.index('nmiDepth'),
      cr0: view.index('cr0'),
      clock: view.index('clock'),
      deadline: view.index('deadline'),
    };
  }

  get activity(): number {
    return this.#word(this.#at.activity);
  }

  get cr8(): number {
    return this.#word(this.#at.cr8);
  }

  get gif(): number {
    return this.#word(this.#at.gif);
  }

  get hostInterruptFlag(): number {
    return this.#word(this.#at.hostInterruptFlag);
  }

  get intercepts3(): number {
    return this.#word(this.#at.intercepts3);
  }

  get nmiDelivered(): number {
    return this.#word(this.#at.nmiDelivered);
  }

  get nmiMask(): number {
    return this.#word(this.#at.nmiMask);
  }

  set nmiMask(value: number) {
    this.#words[this.#at.nmiMask] = value;
  }

  get shadow(): number {
    return this.#word(this.#at.shadow);
  }

  get systemFlags(): number {
    return this.#word(this.#at.systemFlags);
  }

  get virtualGif(): number {
    return this.#word(this.#at.virtualGif);
  }

  get virtualGifEnabled(): number {
    return this.#word(this.#at.virtualGifEnabled);
  }

  get virtualInterruptMasking(): number {
    return this.#word(this.#at.virtualInterruptMasking);
  }

  get virtualIrqIgnoreTpr(): number {
    return this.#word(this.#at.virtualIrqIgnoreTpr);
  }

  get virtualIrqPending(): number {
    return this.#word(this.#at.virtualIrqPending);
  }

  set virtualIrqPending(value: number) {
    this.#words[this.#at.virtualIrqPending] = value;
  }

  get virtualIrqPriority(): number {
    return this.#word(this.#at.virtualIrqPriority);
  }

  get virtualIrqVector(): number {
    return this.#word(this.#at.virtualIrqVector);
  }

  get virtualNmiEnabled(): number {
    return this.#word(this.#at.virtualNmiEnabled);
  }

  get virtualNmiMask(): number {
    return this.#word(this.#at.virtualNmiMask);
  }

  set virtualNmiMask(value: number) {
    this.#words[this.#at.virtualNmiMask] = value;
  }

  get virtualNmiPending(): number {
    return this.#word(this.#at.virtualNmiPending);
  }

  set virtualNmiPending(value: number) {
    this.#words[this.#at.virtualNmiPending] = value;
  }

  get watch(): number {
    return this.#word(this.#at.watch);
  }

  set watch(value: number) {
    this.#words[this.#at.watch] = value;
  }

  /** NMI handlers entered whose IRET has not completed. */
  get nmiDepth(): number {
    return this.#word(this.#at.nmiDepth);
  }

  /** CR0.PG; the host's while no guest is entered. */
  get isPaging(): boolean {
    return (this.#word(this.#at.cr0) & Cr0.Pg) !== 0;
  }

  /** Instructions retired: exact below 2^53. */
  get clock(): number {
    const at = this.#at.clock;
    return this.#word(at) + this.#word(at + 1) * TWO_32;
  }

  set clock(value: number) {
    this.#setCounter(this.#at.clock, value);
  }

  /** The clock at which the core stops. */
  set deadline(value: number) {
    this.#setCounter(this.#at.deadline, value);
  }

  #word(index: number): number {
    // Every index was found in the record when this object was made.
    return this.#words[index] as number;
  }

  #setCounter(index: number, value: number): void {
    this.#words[index] = value;
    this.#words[index + 1] = value / TWO_32;
  }
}
