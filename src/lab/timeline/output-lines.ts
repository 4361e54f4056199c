/** The bytes that a guest prints as marks, one for each line. */
import type { OutputMark } from './timeline.js';

const LINE_END = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** A longer line goes on in the next mark. */
const MAX_BYTES = 200;

export class OutputLines {
  private bytes: number[] = [];
  private from = 0;
  private to = 0;

  /** @returns The line, if this byte ends it. */
  put(byte: number, time: number): OutputMark | null {
    if (this.bytes.length === 0) this.from = time;
    this.to = time;
    this.bytes.push(byte);
    if (byte !== LINE_END && this.bytes.length < MAX_BYTES) return null;
    const line = this.open();
    this.bytes = [];
    return line;
  }

  /** The line that has begun; null between two lines. */
  open(): OutputMark | null {
    if (this.bytes.length === 0) return null;
    const text = this.bytes.filter((byte) => byte !== LINE_END && byte !== CARRIAGE_RETURN);
    const decoded = new TextDecoder().decode(Uint8Array.from(text));
    return { from: this.from, to: this.to, count: 1, text: decoded };
  }
}
