/**
 * Results of oracles as files, from which `npm run conformance` makes its page: build/results/<name>.json.
 *
 * Any oracle may write one. A file has rows for the page's table and texts for the lists below it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const RESULTS_FOLDER = 'build/results';

export interface ResultRow {
  /** Instruction group, or what else was measured: a CPUID feature, "task switches", "zlib at -O2". */
  readonly group: string;
  /** What vmexit was compared with: "silicon", "QEMU TCG", "Bochs", "gcc's own run". */
  readonly oracle: string;
  /** "64-bit", "32-bit", "16-bit", "system" and so on. */
  readonly mode: string;
  readonly cases: number;
  /** Cases that differ for no known reason. */
  readonly differing: number;
  /** Encodings (of iced-x86) compared, and supported in the mode. */
  readonly codesCovered?: number;
  readonly codesSupported?: number;
  readonly notes?: string;
}

export interface ResultFile {
  /** What made it, as one types it. */
  readonly command: string;
  /** Heading of its table. */
  readonly title: string;
  /** What is compared and how, in a sentence or two. */
  readonly summary: string;
  /** Cases in all, if not the sum of the rows'. */
  readonly cases?: number;
  readonly rows: readonly ResultRow[];
  /** Differences with a known reason: how many cases showed them. */
  readonly deviations?: readonly { readonly name: string; readonly reason: string; readonly cases: number }[];
  /** What this oracle did not measure, and why. */
  readonly unmeasured?: readonly string[];
}

export function writeResult(name: string, file: ResultFile): void {
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  writeFileSync(join(RESULTS_FOLDER, `${name}.json`), `${JSON.stringify(file, null, 2)}\n`);
}

/** Sorted by name. */
export function readResults(): ResultFile[] {
  if (!existsSync(RESULTS_FOLDER)) return [];
  const names = readdirSync(RESULTS_FOLDER).filter((name) => name.endsWith('.json'));
  return names
    .sort()
    .map((name) => JSON.parse(readFileSync(join(RESULTS_FOLDER, name), 'utf8')) as ResultFile);
}
