/** A report with numbers that are easy to check: three rows, one of which failed in v86 and one of which is privileged. */
import type { Outcome, RowResult } from '../../../bench/peers/campaign.js';
import type { PeerName } from '../../../bench/peers/peers.js';
import type { Report } from '../../../bench/peers/report.js';
import { KERNELS, type WordSize } from '../../../bench/peers/rows.js';

export function measured(warm: number, cold = 2 * warm, checksum = '00000001'): Outcome {
  const exactly = (median: number) => ({ median, spread: 0 });
  return {
    kind: 'measured',
    checksum,
    cold: exactly(cold),
    warm: exactly(warm),
    start: exactly(50),
    samples: 5,
  };
}

export function rowResult(
  kernel: string,
  bits: WordSize,
  outcomes: Partial<Record<PeerName, Outcome>>,
): RowResult {
  const found = KERNELS.find(({ name }) => name === kernel)!;
  return {
    row: { kernel: found, bits },
    outcomes: new Map(Object.entries(outcomes) as [PeerName, Outcome][]),
  };
}

const IMPOSSIBLE: Outcome = { kind: 'impossible' };

export const RESULTS: readonly RowResult[] = [
  rowResult('alu', 32, {
    native: measured(1, 1),
    vmexit: measured(2),
    'vmexit-interpreter': measured(10),
    v86: measured(8),
    qemu: measured(4),
    bochs: measured(20),
  }),
  rowResult('sieve', 32, {
    native: measured(0.5, 0.5),
    vmexit: measured(4),
    'vmexit-interpreter': measured(20),
    v86: { kind: 'failed', reason: 'not done after 20 s' },
    qemu: measured(2),
    bochs: measured(80),
  }),
  rowResult('interrupts', 64, {
    native: IMPOSSIBLE,
    vmexit: measured(1),
    'vmexit-interpreter': measured(3),
    v86: IMPOSSIBLE,
    qemu: measured(2),
    bochs: measured(3),
  }),
];

export const REPORT: Report = {
  date: '2026-01-02T03:04:05.678Z',
  isQuick: false,
  machine: { processor: 'A & B <processor>', cores: 2, node: '20.0.0', v8: '11' },
  rounds: 5,
  peers: [
    { name: 'native', title: 'native', version: 'gcc 12.2.0' },
    { name: 'vmexit', title: 'vmexit', version: 'vmexit 0.1.0' },
    { name: 'vmexit-interpreter', title: 'vmexit, interpreter only', version: 'vmexit 0.1.0' },
    { name: 'v86', title: 'v86', version: 'v86 0.5' },
    { name: 'qemu', title: 'QEMU TCG', version: 'QEMU 7.2 (Debian)' },
    { name: 'bochs', title: 'Bochs', version: 'Bochs 2.7' },
  ],
  results: RESULTS,
  works: [
    { title: 'some work', time: { median: 1234.5, spread: 6.7 } },
    { title: 'other work', time: 'ended with status 1' },
  ],
};
