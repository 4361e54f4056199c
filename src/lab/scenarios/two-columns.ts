/** Two texts side by side, with what differs marked between them, as sdiff does. */

/** A line on either side, null where there is none, and whether both are the same. */
export interface Pair {
  readonly left: string | null;
  readonly right: string | null;
  readonly isSame: boolean;
}

/** Lines that both sides have, in the same order, come to stand beside each other: a longest common subsequence. */
export function alignLines(left: readonly string[], right: readonly string[]): Pair[] {
  const lengths = commonLengths(left, right);
  const length = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  const pairs: Pair[] = [];
  let [onlyLeft, onlyRight]: [string[], string[]] = [[], []];
  const flush = (): void => {
    for (let k = 0; k < Math.max(onlyLeft.length, onlyRight.length); k++)
      pairs.push({ left: onlyLeft[k] ?? null, right: onlyRight[k] ?? null, isSame: false });
    [onlyLeft, onlyRight] = [[], []];
  };
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const [one, other] = [left[i], right[j]];
    if (one !== undefined && one === other) {
      flush();
      pairs.push({ left: one, right: one, isSame: true });
      [i, j] = [i + 1, j + 1];
    } else if (one !== undefined && (other === undefined || length(i + 1, j) >= length(i, j + 1))) {
      onlyLeft.push(one);
      i++;
    } else {
      onlyRight.push(other ?? '');
      j++;
    }
  }
  flush();
  return pairs;
}

/** At [i][j]: how many lines the rests from i and from j have in common. */
function commonLengths(left: readonly string[], right: readonly string[]): number[][] {
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      lengths[i]![j] = left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  return lengths;
}

/** @param width Of one column, in characters; longer lines are wrapped. */
export function layOutPairs(pairs: readonly Pair[], width: number): string[] {
  return pairs.flatMap(({ left, right, isSame }) => {
    const [one, other] = [left, right].map((text) => (text === null ? [] : wrap(text, width)));
    const height = Math.max(1, one?.length ?? 0, other?.length ?? 0);
    return Array.from({ length: height }, (_, row) => {
      const mark = isSame || row > 0 ? ' ' : '|';
      return `${(one?.[row] ?? '').padEnd(width)} ${mark} ${other?.[row] ?? ''}`.trimEnd();
    });
  });
}

/** Further lines are indented as the first, and by `hanging` more. */
export function wrap(text: string, width: number, hanging = 2): string[] {
  const indent = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = indent;
  for (const word of text.trim().split(' ')) {
    const isFirst = line.trim() === '';
    if (!isFirst && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${indent}${' '.repeat(hanging)}${word}`;
    } else line = isFirst ? `${line}${word}` : `${line} ${word}`;
  }
  return [...lines, line];
}
