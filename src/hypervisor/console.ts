/** What the guest has printed. Bounded, because a guest may print for ever. */
const MAX_BYTES = 0x10_0000;
const FIRST_BYTES = 0x400;

export class Console {
  private bytes = new Uint8Array(FIRST_BYTES);
  private length = 0;

  /** @param onByte Told of each byte, those beyond the bound too. */
  constructor(private readonly onByte?: (byte: number) => void) {}

  /** Beyond 1 MiB, bytes are no longer kept. */
  put(byte: number): void {
    this.onByte?.(byte);
    if (this.length === MAX_BYTES) return;
    if (this.length === this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
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
  }
}
