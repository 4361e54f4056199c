/** Physical NMI and INTR as the processor's pins see them (APM vol 2 §8.5, §15.21). */

const VECTORS = 256;
const NONE = -1;

/** What waits, as data. */
export interface SavedPins {
  readonly hasNmi: boolean;
  readonly vectors: readonly number[];
}

/**
 * What waits outside. An NMI is an edge, latched once however often it comes. An interrupt is held until it is
 * acknowledged; of several, the highest vector is offered first.
 */
export class Pins {
  private isNmiLatched = false;
  private readonly requested = new Uint8Array(VECTORS);
  private highest = NONE;

  get hasNmi(): boolean {
    return this.isNmiLatched;
  }

  get hasInterrupt(): boolean {
    return this.highest !== NONE;
  }

  raiseNmi(): void {
    this.isNmiLatched = true;
  }

  acknowledgeNmi(): void {
    this.isNmiLatched = false;
  }

  raiseInterrupt(vector: number): void {
    this.requested[vector] = 1;
    if (vector > this.highest) this.highest = vector;
  }

  /** Takes the highest vector off the pin; undefined if there is none. */
  acknowledgeInterrupt(): number | undefined {
    const vector = this.highest;
    if (vector === NONE) return undefined;
    this.requested[vector] = 0;
    this.highest = this.requested.lastIndexOf(1);
    return vector;
  }

  cancelInterrupts(): void {
    if (this.highest === NONE) return;
    this.requested.fill(0);
    this.highest = NONE;
  }

  save(): SavedPins {
    const { hasNmi } = this;
    if (!this.hasInterrupt) return { hasNmi, vectors: [] };
    return { hasNmi, vectors: [...this.requested.keys()].filter((v) => this.requested[v] === 1) };
  }

  restore({ hasNmi, vectors }: SavedPins): void {
    this.cancelInterrupts();
    this.isNmiLatched = hasNmi;
    for (const vector of vectors) this.raiseInterrupt(vector);
  }
}
