/** The core exports the offset of every field of its state, under the field's own name and width. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const FIELD = /^ {2}(\w+): (u32|u64);$/gm;
const EXPORT = /^export const (u32|u64)_(\w+) = <u32>offsetof<CpuState>\('(\w+)'\);$/gm;

it('names every field of CpuState once', () => {
  const fields = [...readFileSync('assembly/state.ts', 'utf8').matchAll(FIELD)].map((m) => `${m[2]}_${m[1]}`);
  const rows = [...readFileSync('assembly/layout.ts', 'utf8').matchAll(EXPORT)];
  for (const [row, , name, field] of rows) expect(name, row).toBe(field);
  expect(rows.map((m) => `${m[1]}_${m[2]}`)).toEqual(fields);
  expect(fields.length).toBeGreaterThan(100);
});
