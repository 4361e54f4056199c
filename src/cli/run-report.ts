/** What one run leaves to say, in lines for people. */
import { describeStop, type RunResult } from '../index.js';
import { distribution } from '../lab/index.js';

/** Why it stopped, what became of the NMIs, and every exit with its cause. */
export function reportRun(guest: string, delivery: string, result: RunResult): string {
  const { stop, instructions, nmi, exits } = result;
  const latency = distribution(nmi.latencies);
  const lines = [
    `guest         ${guest}, ${delivery}`,
    `stop          ${describeStop(stop)}`,
    `instructions  ${instructions}`,
    `NMIs          ${nmi.requested} requested = ${nmi.delivered} delivered + ${nmi.merged} merged + ${nmi.pending} pending + ${nmi.lost} lost`,
    ...reasons('merged', nmi.mergeReasons),
    ...reasons('lost', nmi.lossReasons),
  ];
  if (latency)
    lines.push(
      `latency       p50 ${latency.p50}, p99 ${latency.p99}, max ${latency.max} instructions; at most ${nmi.maxNesting} handlers at once`,
    );
  for (const cause of ['nmi-delivery', 'kick', 'workload'] as const) {
    const row = exits.filter((exit) => exit.cause === cause).map(({ name, count }) => `${name} ${count}`);
    lines.push(`exits         ${cause}: ${row.length > 0 ? row.join(', ') : 'none'}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** One line a reason. */
export function reasons(fate: string, counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).map(([reason, count]) => `              ${count} ${fate}: ${reason}`);
}
