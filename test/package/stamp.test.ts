/** What makes the build skip itself: hashes of files and folders. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashOf, readStamp } from '../../scripts/stamp.mjs';

let root = '';
const PATHS = ['one.ts', 'folder', 'missing'];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vmexit-stamp-'));
  mkdirSync(join(root, 'folder/deeper'), { recursive: true });
  writeFileSync(join(root, 'one.ts'), '1');
  writeFileSync(join(root, 'folder/deeper/two.ts'), '2');
  writeFileSync(join(root, 'folder/three.ts'), '3');
});
afterEach(() => rmSync(root, { recursive: true }));

it('is the same while nothing changes, in whichever order files are named', () => {
  expect(hashOf(root, PATHS)).toBe(hashOf(root, [...PATHS].reverse()));
});

it.each<[what: string, change: () => void]>([
  ['a file', () => writeFileSync(join(root, 'one.ts'), '2')],
  ['a file in a folder', () => writeFileSync(join(root, 'folder/deeper/two.ts'), '3')],
  ['the name of a file', () => renameSync(join(root, 'folder/three.ts'), join(root, 'folder/four.ts'))],
  ['where one file ends and the next begins', () => moveByte()],
  ['that a file is there', () => writeFileSync(join(root, 'missing'), '')],
  ['that a file is not there', () => rmSync(join(root, 'one.ts'))],
])('sees when %s changes', (_, change) => {
  const before = hashOf(root, PATHS);
  change();
  expect(hashOf(root, PATHS)).not.toBe(before);
});

it('does not trust a stamp that is missing or was cut short', () => {
  expect(readStamp(join(root, 'no-stamp'))).toBeUndefined();
  writeFileSync(join(root, 'stamp'), '{"inputs": "a');
  expect(readStamp(join(root, 'stamp'))).toBeUndefined();
});

function moveByte(): void {
  writeFileSync(join(root, 'one.ts'), '12');
  writeFileSync(join(root, 'folder/deeper/two.ts'), '');
}
