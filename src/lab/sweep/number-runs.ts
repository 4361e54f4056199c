/** Columns of numbers in which neighbours are mostly alike, as JSON: pairs of a value and how often it comes in a row. */

export type NumberRuns = readonly (readonly [value: number, count: number])[];

export function encodeRuns(numbers: readonly number[]): NumberRuns {
  const runs: [number, number][] = [];
  for (const value of numbers) {
    const last = runs.at(-1);
    if (last?.[0] === value) last[1]++;
    else runs.push([value, 1]);
  }
  return runs;
}

export function decodeRuns(runs: NumberRuns): number[] {
  return runs.flatMap(([value, count]) => new Array<number>(count).fill(value));
}
