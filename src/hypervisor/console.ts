/** What the guest has printed. Bounded, because a guest may print for ever. */
/** So much of it is kept. */
export const MOST_SERIAL_BYTES = 0x10_0000;
const FIRST_BYTES = 0x400;

/** What had been printed at a moment. */
export interface ConsoleMark {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly length: number;
}

export class Console {
  private bytes = new Uint8Array(FIRST_BYTES);
  private length = 0;
  /** So many of `bytes` are some mark's, and stay as they are. */
  private marked = 0;

  /** @param onByte Told of each byte, those beyond the bound too. */
  constructor(private readonly onByte?: (byte: number) => void) {}

  /** Beyond 1 MiB, bytes are no longer kept. */
  put(byte: number): void {
    this.onByte?.(byte);
    if (this.length === MOST_SERIAL_BYTES) return;
    if (this.length === this.bytes.length || this.length < this.marked) this.move();
    this.bytes[this.length++] = byte;
  }

  contents(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  /** As if these had been all bytes so far; nobody is told of them. */
  restore(contents: Uint8Array): void {
    this.bytes = new Uint8Array(Math.max(contents.length, FIRST_BYTES));
    this.bytes.set(contents);
    this.length = contents.length;
    this.marked = 0;
  }

  mark(): ConsoleMark {
    this.marked = Math.max(this.marked, this.length);
    return { bytes: this.bytes, length: this.length };
  }

  /** Goes to a mark of its own. */
  returnTo({ bytes, length }: ConsoleMark): void {
    if (bytes !== this.bytes) this.marked = bytes.length; // how much of it is marked, nobody knows any more
    this.bytes = bytes;
    this.length = length;
  }

  /** To where there is room, and where no mark is. */
  private move(): void {
    const isFull = this.length === this.bytes.length;
    const larger = new Uint8Array(isFull ? this.bytes.length * 2 : this.bytes.length);
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.marked = 0;
  }
}
