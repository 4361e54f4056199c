/** "Did you mean …?" for names typed wrong. */

/** How many edits apart a typing mistake may be. */
const MOST_EDITS = 2;

/** ' (did you mean "kvm-vnmi"?)', or nothing if no name is near. */
export function didYouMean(typed: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({
      name,
      distance: name.startsWith(typed) && typed.length > 2 ? 1 : editDistance(typed, name),
    }))
    .filter(({ distance }) => distance <= MOST_EDITS)
    .sort((a, b) => a.distance - b.distance)[0];
  return near ? ` (did you mean "${near.name}"?)` : '';
}

/** Levenshtein's distance, row by row. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
