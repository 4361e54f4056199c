/** The options of `npm run bench:peers`. */
import { expect, it } from 'vitest';
import { HELP, parseCommandLine } from '../../../bench/peers/command-line.js';
import { PEER_NAMES } from '../../../bench/peers/peers.js';
import { KERNELS, WORD_SIZES } from '../../../bench/peers/rows.js';
import { UsageError } from '../../../src/index.js';

it('measures everything unless told otherwise, and then writes the results', () => {
  expect(parseCommandLine([])).toEqual({
    isHelp: false,
    isQuick: false,
    isJson: false,
    kernels: KERNELS,
    peers: PEER_NAMES,
    bits: WORD_SIZES,
    output: 'bench',
  });
});

it.each([[['--quick']], [['--only', 'alu']], [['--peers', 'vmexit']], [['--bits', '32']]])(
  'writes no results after %j, unless told where',
  (args) => {
    expect(parseCommandLine(args).output).toBeNull();
    expect(parseCommandLine([...args, '--output', 'elsewhere']).output).toBe('elsewhere');
  },
);

it('takes lists, in the order of its own', () => {
  const { kernels, peers, bits } = parseCommandLine([
    '--only=sieve, alu',
    '--peers',
    'v86,native',
    '--bits',
    '64',
  ]);
  expect(kernels.map(({ name }) => name)).toEqual(['alu', 'sieve']);
  expect(peers).toEqual(['native', 'v86']);
  expect(bits).toEqual([64]);
});

// prettier-ignore
it.each<[args: string[], message: RegExp]>([
  [['--fast'],             /^Unknown option '--fast'; see --help$/],
  [['alu'],                /^Unexpected argument 'alu'.*; see --help$/],
  [['--only', 'cpu'],      /^--only expects one of alu, .*, paging, not "cpu"$/],
  [['--peers', 'alu'],     /^--peers expects one of native, .*, not "alu"$/],
  [['--bits', '16'],       /^--bits expects one of 32, 64, not "16"$/],
  [['--only', ''],         /^--only expects one of .*, not ""$/],
])('refuses %j in one line', (args, message) => {
  const parse = () => parseCommandLine(args);
  expect(parse).toThrow(UsageError);
  expect(parse).toThrow(message);
});

it('names every row and every peer in its help', () => {
  const words = HELP.split(/[\s,]+/);
  for (const name of [...KERNELS.map((kernel) => kernel.name), ...PEER_NAMES]) expect(words).toContain(name);
  for (const line of HELP.split('\n').slice(2)) expect(line.length).toBeLessThan(120);
});
