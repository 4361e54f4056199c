/** The repository's own programs answer `--help` before anything is built, and a mistake with one line. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { oneOf, parseOptions, pattern, wholeNumber } from './tool-options.js';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
const TOOLS = Object.entries(scripts).flatMap(([name, command]) => {
  const entry = /run-tool\.mjs (\S+)$/.exec(command)?.[1];
  return entry === undefined ? [] : [[name, entry] as const];
});

/** Of all of them: the first compiles all. */
let helped = '';
beforeAll(() => {
  helped = run('scripts/run-tool.mjs', TOOLS[0]![1], '--help').stdout;
});

it('compiles and explains a program without building the package', () => {
  expect(helped).toMatch(new RegExp(`^npm run ${TOOLS[0]![0]}`));
});

it.each(TOOLS)('npm run %s explains itself', (name, entry) => {
  const { status, stdout, stderr } = run(`build/tools/${entry}.js`, '--help');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(new RegExp(`^npm run ${name}\\b`));
  expect(stdout).toMatch(/^ {2}--help {2,}this text$/m);
});

it.each(TOOLS)('npm run %s refuses an option that it does not have', (name, entry) => {
  const { status, stdout, stderr } = run(`build/tools/${entry}.js`, '--fast');
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toBe(`${name}: Unknown option '--fast'; see --help\n`);
});

it.each<[what: string, read: () => unknown, message: RegExp]>([
  ['an argument too many', () => parseOptions(['7'], {}), /^Unexpected argument '7'.*; see --help$/],
  [
    'a missing value',
    () => parseOptions(['--seed'], { seed: { type: 'string' } }),
    /'--seed <value>' argument missing; see --help$/,
  ],
  ['no number', () => wholeNumber('--seed', 'x'), /^--seed expects a whole number, not "x"; see --help$/],
  ['an empty number', () => wholeNumber('--seed', ''), /^--seed expects a whole number, not ""/],
  ['a negative number', () => wholeNumber('--seed', '-1'), /^--seed expects a whole number, not "-1"/],
  ['a fraction', () => wholeNumber('--seed', '0.5'), /^--seed expects a whole number, not "0.5"/],
  ['another word', () => oneOf('--tier', ['both'], 'all'), /^--tier expects one of both, not "all"$/],
  ['a broken pattern', () => pattern('--only', '('), /^--only: Invalid regular expression: .*; see --help$/],
])('names %s', (_, read, message) => {
  expect(read).toThrow(UsageError);
  expect(read).toThrow(message);
});

it('takes what it was told', () => {
  const options = {
    seed: { type: 'string', default: '1' },
    save: { type: 'boolean', default: false },
  } as const;
  expect({ ...parseOptions(['--save'], options) }).toEqual({ seed: '1', save: true });
  expect(wholeNumber('--cases', '10e6')).toBe(10_000_000);
  expect(oneOf('--tier', ['interpreter', 'both'], 'both')).toBe('both');
  expect(pattern('--only', '^Add').test('Addpd')).toBe(true);
});

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}
