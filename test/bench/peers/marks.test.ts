/** What a run printed and when, and the figures that come of it. */
import { describe, expect, it } from 'vitest';
import { figures, isEnough, MarkReader } from '../../../bench/peers/marks.js';

const CHECKSUM = '0123cdef';

function read(...pieces: readonly (readonly [text: string, time: number])[]): MarkReader {
  const reader = new MarkReader();
  for (const [text, time] of pieces) reader.take(text, time);
  return reader;
}

describe('reading', () => {
  it('takes the time of the start and of every chunk, whatever the peer prints first', () => {
    const reader = read(['Bochs 2.7, 100%.\n', 5], ['\x02', 10], ['0123', 30], ['cdef.', 31], ['..', 40]);
    expect(reader.marks).toEqual({ started: 10, checksum: CHECKSUM, chunks: [31, 40, 40] });
  });

  it('has nothing before the start', () => {
    expect(read(['SeaBIOS...', 5]).marks).toBeNull();
  });

  it.each([
    [`\x02${CHECKSUM}.!`, 'another checksum in a later chunk'],
    [`\x02${CHECKSUM}.?`, 'printed "?"'],
    ['\x020123X', 'printed "X" in its checksum'],
  ])('refuses %j', (text, message) => {
    expect(() => read([text, 1])).toThrow(message);
  });
});

describe('figures', () => {
  /** Four slow chunks of 40 ms, then one every 10 ms. */
  const chunks = [40, 80, 120, 160, ...Array.from({ length: 40 }, (_, i) => 170 + 10 * i)];
  const marks = { started: 0, checksum: CHECKSUM, chunks };

  it('are the work of the first 100 ms, and the time of a chunk after the warm-up', () => {
    // Two chunks and a half by 100 ms.
    expect(figures(marks, 300)).toEqual({ startMs: 0, coldMs: 40, warmMs: 10, checksum: CHECKSUM });
  });

  it('count from the start of the guest, not of its process', () => {
    const late = { ...marks, started: 1000, chunks: chunks.map((time) => time + 1000) };
    expect(figures(late, 300)).toMatchObject({ startMs: 1000, coldMs: 40, warmMs: 10 });
  });

  it('take a part of a chunk that is longer than the cold time', () => {
    expect(figures({ started: 0, checksum: CHECKSUM, chunks: [250, 500, 700] }, 100)).toMatchObject({
      coldMs: 250,
      warmMs: 225,
    });
  });

  it('need two marks after the warm-up', () => {
    expect(() => figures({ started: 0, checksum: CHECKSUM, chunks: [150] }, 100)).toThrow(RangeError);
  });

  it('are possible as soon as the sample is long enough', () => {
    expect(isEnough({ ...marks, chunks: [40, 150, 340] }, 100, 200)).toBe(false);
    expect(isEnough({ ...marks, chunks: [40, 150, 350] }, 100, 200)).toBe(true);
    expect(isEnough({ ...marks, chunks: [150] }, 100, 0)).toBe(false);
    expect(isEnough({ ...marks, chunks: [150, 151] }, 100, 0)).toBe(true);
  });
});
