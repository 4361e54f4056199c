/** From a snippet that differs to the instruction that does, and a text that says everything about it. */
import { Code } from 'iced-x86';
import { COMPARED_FLAGS, differences, REGISTER_NAMES } from './differences.js';
import { disassemble, flagNames } from './disassemble.js';
import { describeExtended } from './extended-state.js';
import { knownDeviation } from './known-deviations.js';
import { MAX_PATCHES } from './layout.js';
import type { NativeProcessor } from './native.js';
import type { Outcome, Snippet } from './record.js';
import type { Mismatch } from './report.js';
import type { VmexitSubject } from './vmexit-subject.js';

const NT_ID = 0x20_4000;
const ALWAYS_SET = 0x202; // bit 1, and IF

export interface Isolated extends Mismatch {
  /** Only flags that the manual leaves undefined differ: the instruction and the flags. */
  readonly undefinedFlags?: string;
  /** The name of a known deviation. */
  readonly known?: string;
}

/** The shortest prefix that differs; its last instruction is the culprit, started from what came before it if possible. */
export function isolate(
  snippet: Snippet,
  native: NativeProcessor,
  subject: VmexitSubject,
): Isolated | 'unrepeatable' {
  const prefixes = snippet.instructions.map((_, i) => ({
    ...snippet,
    instructions: snippet.instructions.slice(0, i + 1),
  }));
  const outcomes = native.run(prefixes);
  const first = prefixes.findIndex((prefix, i) => {
    const outcome = outcomes[i];
    return differences(outcome, subject.run(prefix, outcome?.selectors ?? [])).length > 0;
  });
  const index = first < 0 ? prefixes.length - 1 : first;
  const shortest = alone(prefixes[index] ?? snippet, outcomes[index - 1]);
  for (const candidate of [shortest, prefixes[index] ?? snippet]) {
    const [expected] = native.run([candidate]);
    const actual = subject.run(candidate, expected?.selectors ?? []);
    const found = differences(expected, actual);
    if (found.length > 0) return describe(candidate, expected, actual, found);
  }
  return 'unrepeatable';
}

/** The last instruction alone, from the state that the ones before it left. */
function alone(prefix: Snippet, before: Outcome | undefined): Snippet {
  const last = prefix.instructions.at(-1);
  // NT and ID cannot be loaded by a signal return.
  if (
    before === undefined ||
    (before.flags & NT_ID) !== 0 ||
    last === undefined ||
    before.changedCount > before.changed.length
  )
    return prefix;
  const patches = new Map([...prefix.patches, ...before.changed].map(({ index, value }) => [index, value]));
  const hasSameSegments = before.selectors.every((selector, i) => selector === before.lastSelectors[i]);
  if (!hasSameSegments || patches.size > MAX_PATCHES) return prefix;
  return {
    ...prefix,
    instructions: [last],
    registers: before.registers,
    flags: before.flags & (COMPARED_FLAGS | ALWAYS_SET),
    patches: [...patches].map(([index, value]) => ({ index, value })),
    ...(before.extended === undefined ? {} : { extended: before.extended }),
  };
}

function describe(
  snippet: Snippet,
  expected: Outcome | undefined,
  actual: Outcome | string,
  found: readonly string[],
): Isolated {
  const line = disassemble(snippet).at(-1);
  const code = line?.code ?? Code.INVALID;
  const culprit = line?.text ?? '';
  const text = [`${describeInput(snippet)}`, ...found.map((difference) => `    ${difference}`)].join('\n');
  const deviation = knownDeviation(snippet.bits, Code[code], found);
  if (deviation !== undefined) return { code, culprit, text, known: deviation.name };
  if (found.length !== 1 || expected === undefined || typeof actual === 'string')
    return { code, culprit, text };
  const differing = (expected.flags ^ actual.flags) & COMPARED_FLAGS;
  if (differing === 0 || (differing & ~(line?.undefinedFlags ?? 0)) !== 0) return { code, culprit, text };
  return { code, culprit, text, undefinedFlags: `${culprit.split(' ')[0] ?? ''} ${flagNames(differing)}` };
}

function describeInput(snippet: Snippet): string {
  const registers = snippet.registers
    .slice(0, snippet.bits === 64 ? 16 : 8)
    .map((value, i) => `${REGISTER_NAMES[i] ?? ''}=${value.toString(16)}`);
  const lines = disassemble(snippet).map(
    ({ code, bytes, text }) => `  ${bytes.padEnd(32)} ${text} (${Code[code]})`,
  );
  const patches = snippet.patches.map(({ index, value }) => `[${index.toString(16)}]=${value.toString(16)}`);
  const input = `  from ${registers.join(' ')} flags=${snippet.flags.toString(16)} window seed ${snippet.windowSeed}`;
  const extended = snippet.extended === undefined ? [] : [`  and ${describeExtended(snippet.extended)}`];
  const memory = patches.length > 0 && patches.length < 8 ? [`  with ${patches.join(' ')}`] : [];
  return [`${snippet.bits}-bit`, ...lines, input, ...extended, ...memory].join('\n');
}
