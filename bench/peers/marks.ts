/** What a run printed and when: the marks between which time is taken, and the figures that come of them. */

/** All times in milliseconds since the peer was started. */
export interface Marks {
  /** When the image began. */
  readonly started: number;
  /** Of the first chunk, as printed. */
  readonly checksum: string;
  /** When each chunk was over. */
  readonly chunks: readonly number[];
}

/** What a run says of a peer on a row. */
export interface Figures {
  /** From the start of its process to the image's first mark, in milliseconds. */
  readonly startMs: number;
  /** Milliseconds a chunk, over the first COLD_MS. */
  readonly coldMs: number;
  /** Milliseconds a chunk, after the warm-up. */
  readonly warmMs: number;
  readonly checksum: string;
}

/** So much time from the first instruction on is cold. */
const COLD_MS = 100;
const CHECKSUM_DIGITS = 8;
/** STX: a peer may print lines of its own first. */
const START = '\x02';

/** Reads the bytes of a run as they come. */
export class MarkReader {
  #started: number | null = null;
  #checksum = '';
  readonly #chunks: number[] = [];

  /** @throws Error if this is nothing that an image prints, or a chunk's checksum was another one. */
  take(text: string, time: number): void {
    for (const letter of text) this.#takeLetter(letter, time);
  }

  get marks(): Marks | null {
    if (this.#started === null) return null;
    return { started: this.#started, checksum: this.#checksum, chunks: this.#chunks };
  }

  #takeLetter(letter: string, time: number): void {
    if (this.#started === null) {
      if (letter === START) this.#started = time;
    } else if (this.#checksum.length < CHECKSUM_DIGITS) {
      if (!/[\da-f]/.test(letter)) throw new Error(`printed ${JSON.stringify(letter)} in its checksum`);
      this.#checksum += letter;
    } else if (letter === '.') {
      this.#chunks.push(time);
    } else {
      throw new Error(
        letter === '!' ? 'another checksum in a later chunk' : `printed ${JSON.stringify(letter)}`,
      );
    }
  }
}

/** Whether the marks cover the warm-up and a sample after it, of one chunk at least. */
export function isEnough({ started, chunks }: Marks, warmUpMs: number, sampleMs: number): boolean {
  const first = chunks.find((time) => time >= started + warmUpMs);
  const last = chunks.at(-1);
  return first !== undefined && last !== undefined && last > first && last - first >= sampleMs;
}

export function figures(marks: Marks, warmUpMs: number): Figures {
  const { started, checksum, chunks } = marks;
  const warm = chunks.filter((time) => time >= started + warmUpMs);
  const [first, last] = [warm[0], warm.at(-1)];
  if (first === undefined || last === undefined || warm.length < 2)
    throw new RangeError('a warm figure needs two marks');
  return {
    startMs: started,
    coldMs: COLD_MS / chunksWithin(marks, COLD_MS),
    warmMs: (last - first) / (warm.length - 1),
    checksum,
  };
}

/** Chunks, and the part of one, that were done in the first `ms`. */
function chunksWithin({ started, chunks }: Marks, ms: number): number {
  const end = started + ms;
  const whole = chunks.findIndex((time) => time > end);
  if (whole < 0) throw new RangeError('the marks end before the cold time does');
  const [before, after] = [whole === 0 ? started : chunks[whole - 1]!, chunks[whole]!];
  return whole + (end - before) / (after - before);
}
