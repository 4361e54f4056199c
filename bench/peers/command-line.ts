/** What `npm run bench:peers -- …` understands. */
import { UsageError } from '../../src/errors.js';
import { parseOptions } from '../../test/helpers/tool-options.js';
import { PEER_NAMES, type PeerName } from './peers.js';
import { type Kernel, KERNELS, WORD_SIZES, type WordSize } from './rows.js';

export interface Settings {
  readonly isHelp: boolean;
  readonly isQuick: boolean;
  readonly isJson: boolean;
  readonly kernels: readonly Kernel[];
  readonly peers: readonly PeerName[];
  readonly bits: readonly WordSize[];
  /** Where RESULTS.md and results.svg go; null: nowhere. */
  readonly output: string | null;
}

export const HELP = `npm run bench:peers -- [--quick] [--only row[,row]] [--peers peer[,peer]] [--bits 32|64] [--json] [--output folder]

Times the same guest binaries in vmexit, in other emulators and natively, compares their checksums, and prints tables.
A run of everything, about 16 minutes, also writes bench/RESULTS.md and the chart in it, bench/results.svg.

  --quick   one look at each row instead of five, under 3 minutes for all
  --only    rows: ${wrap(KERNELS.map(({ name }) => name))}
  --peers   ${PEER_NAMES.join(', ')}
  --bits    32 or 64: only the guests of this word size
  --json    print everything that was measured as JSON instead of tables
  --output  write RESULTS.md and results.svg to this folder, whatever was measured
  --help    this text

How to read the numbers: bench/peers/README.md
`;

const OPTIONS = {
  quick: { type: 'boolean' },
  only: { type: 'string' },
  peers: { type: 'string' },
  bits: { type: 'string' },
  json: { type: 'boolean' },
  output: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Where the results of a whole run go. */
const RESULTS_FOLDER = 'bench';

/** Throws a `UsageError` of one line. */
export function parseCommandLine(args: readonly string[]): Settings {
  const given = parseOptions(args, OPTIONS);
  const isQuick = given.quick ?? false;
  const isWhole =
    !isQuick && given.only === undefined && given.peers === undefined && given.bits === undefined;
  return {
    isHelp: given.help ?? false,
    isQuick,
    isJson: given.json ?? false,
    kernels: choose('--only', given.only, KERNELS, ({ name }) => name),
    peers: choose('--peers', given.peers, PEER_NAMES, (name) => name),
    bits: choose('--bits', given.bits, WORD_SIZES, String),
    output: given.output ?? (isWhole ? RESULTS_FOLDER : null),
  };
}

/** Those of a list that an option names; all if it was not given. In the order of the list. */
function choose<T>(
  option: string,
  given: string | undefined,
  all: readonly T[],
  nameOf: (item: T) => string,
): readonly T[] {
  if (given === undefined) return all;
  const wanted = given.split(',').map((name) => name.trim());
  const names = all.map(nameOf);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`${option} expects one of ${names.join(', ')}, not ${JSON.stringify(unknown)}`);
  return all.filter((item) => wanted.includes(nameOf(item)));
}

/** Names with commas between, in lines that fit under the others. */
function wrap(names: readonly string[]): string {
  const MOST = 90;
  let line = '';
  const lines: string[] = [];
  for (const name of names) {
    if (line.length + name.length > MOST) {
      lines.push(line);
      line = '';
    }
    line += `${line === '' ? '' : ' '}${name},`;
  }
  return [...lines, line.replace(/,$/, '')].join('\n            ');
}
