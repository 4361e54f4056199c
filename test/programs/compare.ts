/** A build as it runs natively and as a guest in each tier: what each program prints. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createVm } from '../../src/create-vm.js';
import { describeStop } from '../../src/hypervisor/run-result.js';
import { type Build, build, type Program, PROGRAMS } from './builds.js';

const MEMORY_BYTES = 16 << 20;
/** Several times what the longest build takes. */
const MOST_INSTRUCTIONS = 500_000_000;

export const TIERS = ['compiled', 'interpreted'] as const;
export type Tier = (typeof TIERS)[number];

/** One program in one tier. */
export interface Comparison {
  readonly build: Build;
  readonly program: Program;
  readonly tier: Tier;
  /** Lines printed. */
  readonly lines: number;
  /** The first line that differs, natively and in the guest; undefined if none does. */
  readonly difference?: { readonly line: number; readonly native: string; readonly guest: string };
}

export interface BuildResult {
  readonly comparisons: readonly Comparison[];
  /** Instructions in vmexit, of both tiers. */
  readonly instructions: number;
  readonly seconds: Readonly<Record<Tier, number>>;
}

export async function compareBuild(subject: Build, tiers: readonly Tier[] = TIERS): Promise<BuildResult> {
  const { guest, native } = build(subject);
  const expected = sections(runNative(native));
  const comparisons: Comparison[] = [];
  const seconds = { compiled: 0, interpreted: 0 };
  let instructions = 0;
  for (const tier of tiers) {
    const start = performance.now();
    const { text, count } = await runGuest(guest, tier);
    seconds[tier] = (performance.now() - start) / 1000;
    instructions += count;
    const actual = sections(text);
    for (const program of PROGRAMS)
      comparisons.push({
        build: subject,
        program,
        tier,
        ...compareLines(expected.get(program), actual.get(program)),
      });
  }
  return { comparisons, instructions, seconds };
}

function runNative(path: string): string {
  const { status, signal, stdout } = spawnSync(path, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${path} ended with ${signal ?? `status ${status}`}`);
  return stdout;
}

/** What the guest prints; and after it, if it does not exit with status 0, why it stopped. */
async function runGuest(path: string, tier: Tier): Promise<{ text: string; count: number }> {
  const vm = await createVm({
    guest: readFileSync(path),
    memoryBytes: MEMORY_BYTES,
    jit: tier === 'compiled',
  });
  const { stop, serialText, instructions } = vm.run({ maxInstructions: MOST_INSTRUCTIONS });
  const isDone = stop.kind === 'exit' && stop.status === 0;
  return { text: isDone ? serialText : `${serialText}\n${describeStop(stop)}\n`, count: instructions };
}

/** The lines of each program: "== name" comes before them. */
function sections(text: string): ReadonlyMap<string, readonly string[]> {
  const parts = text.split(/^== /m).slice(1);
  return new Map(
    parts.map((part) => {
      const [name = '', ...lines] = part.split('\n');
      return [name, lines] as const;
    }),
  );
}

function compareLines(
  native: readonly string[] = [],
  guest: readonly string[] = [],
): Pick<Comparison, 'lines' | 'difference'> {
  if (native.length === 0) throw new Error('the native program printed nothing');
  const length = Math.max(native.length, guest.length);
  for (let line = 0; line < length; line++) {
    const [a = '', b = ''] = [native[line], guest[line]];
    if (a !== b) return { lines: length, difference: { line, native: a, guest: b } };
  }
  return { lines: length };
}
