/**
 * Runs every peer on every row, in rounds: one sample of each in every round, so that whatever the machine does in the
 * meantime hits all of them alike.
 */
import { type Estimate, estimate } from '../estimate.js';
import type { Binaries } from './build.js';
import { type Figures, figures } from './marks.js';
import type { Peer, PeerName } from './peers.js';
import { type Row, rowName } from './rows.js';
import { timeRun } from './stopwatch.js';

/** What a peer made of a row. */
export type Outcome =
  | {
      readonly kind: 'measured';
      readonly checksum: string;
      /** Milliseconds a chunk, over the first 100 ms, and after the warm-up. */
      readonly cold: Estimate;
      readonly warm: Estimate;
      /** Milliseconds from the start of the process to the guest's first mark. */
      readonly start: Estimate;
      readonly samples: number;
    }
  | { readonly kind: 'failed'; readonly reason: string }
  /** It cannot be asked: no 64-bit mode, no user mode. */
  | { readonly kind: 'impossible' };

export interface RowResult {
  readonly row: Row;
  readonly outcomes: ReadonlyMap<PeerName, Outcome>;
}

export interface Plan {
  readonly rows: readonly { readonly row: Row; readonly binaries: Binaries }[];
  readonly peers: readonly Peer[];
  readonly rounds: number;
  readonly sampleMs: number;
}

/** Told of each run before it begins. */
export type Progress = (round: number, row: Row, peer: Peer) => void;

/** What the runs of one peer on one row have given so far. */
interface Entry {
  readonly samples: Figures[];
  failure: string | null;
}

export async function runCampaign(plan: Plan, onProgress: Progress): Promise<readonly RowResult[]> {
  const entries = new Map<string, Entry>();
  const keyOf = (row: Row, peer: Peer): string => `${rowName(row)} ${peer.name}`;
  for (let round = 1; round <= plan.rounds; round++)
    for (const { row, binaries } of plan.rows)
      for (const peer of plan.peers) {
        const key = keyOf(row, peer);
        const entry = entries.get(key) ?? { samples: [], failure: null };
        entries.set(key, entry);
        // Who has failed would fail again, and may take its time to.
        if (entry.failure !== null || !peer.bits.includes(row.bits)) continue;
        onProgress(round, row, peer);
        await takeSample(entry, peer, binaries, plan.sampleMs);
      }
  return plan.rows.map(({ row }) => {
    const outcomes = plan.peers.map((peer) => [peer.name, judge(entries.get(keyOf(row, peer))!)] as const);
    return { row, outcomes: compareChecksums(new Map(outcomes)) };
  });
}

async function takeSample(entry: Entry, peer: Peer, binaries: Binaries, sampleMs: number): Promise<void> {
  const command = peer.command(binaries);
  if (command === null) return;
  try {
    const { warmUpMs } = peer;
    entry.samples.push(figures(await timeRun(command, { warmUpMs, sampleMs }), warmUpMs));
  } catch (error) {
    entry.failure = (error as Error).message;
  }
}

function judge({ samples, failure }: Entry): Outcome {
  const [first] = samples;
  if (failure !== null) return { kind: 'failed', reason: failure };
  if (first === undefined) return { kind: 'impossible' };
  const odd = samples.find(({ checksum }) => checksum !== first.checksum);
  if (odd) return { kind: 'failed', reason: `checksum ${odd.checksum} after ${first.checksum}` };
  return {
    kind: 'measured',
    checksum: first.checksum,
    cold: estimate(samples.map(({ coldMs }) => coldMs)),
    warm: estimate(samples.map(({ warmMs }) => warmMs)),
    start: estimate(samples.map(({ startMs }) => startMs)),
    samples: samples.length,
  };
}

/** The processor is right; where it has not been asked, most of the others are. Who differs has failed. */
export function compareChecksums(outcomes: ReadonlyMap<PeerName, Outcome>): ReadonlyMap<PeerName, Outcome> {
  const expected = expectedChecksum(outcomes);
  const compared = [...outcomes].map(([name, outcome]): [PeerName, Outcome] => {
    if (outcome.kind !== 'measured' || outcome.checksum === expected) return [name, outcome];
    return [name, { kind: 'failed', reason: `checksum ${outcome.checksum}, not ${expected}` }];
  });
  return new Map(compared);
}

function expectedChecksum(outcomes: ReadonlyMap<PeerName, Outcome>): string | undefined {
  const native = outcomes.get('native');
  if (native?.kind === 'measured') return native.checksum;
  const votes = new Map<string, number>();
  for (const outcome of outcomes.values())
    if (outcome.kind === 'measured') votes.set(outcome.checksum, (votes.get(outcome.checksum) ?? 0) + 1);
  return [...votes].sort(([, a], [, b]) => b - a)[0]?.[0];
}
