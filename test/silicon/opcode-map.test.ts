/** Every opcode of the maps behind 0F, defined or not, is to vmexit what it is to this processor. */
import { expect, it } from 'vitest';
import { compare, type Case } from './compare.js';
import { NativeProcessor } from './native.js';
import { opcodeCases } from './opcode-map.js';
import { VmexitSubject } from './vmexit-subject.js';

const SEED = 7;
const BATCH = 4000;

function* batches(cases: Iterable<Case>): Generator<Case[]> {
  let batch: Case[] = [];
  for (const one of cases) {
    batch.push(one);
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  yield batch;
}

for (const bits of [64, 32] as const) {
  const native = NativeProcessor.create(bits);
  const reason = native === undefined ? ' (skipped: needs gcc-multilib on x86-64 Linux)' : '';

  it.skipIf(native === undefined)(`${bits}-bit code${reason}`, { timeout: 300_000 }, async () => {
    if (native === undefined) return;
    const subject = await VmexitSubject.create();
    let count = 0;
    for (const batch of batches(opcodeCases(bits, SEED))) {
      const report = compare(batch, native, subject);
      expect(report.mismatches.map(({ text }) => text).join('\n\n')).toBe('');
      expect([...report.unimplemented.counts.keys()]).toEqual([]);
      count += batch.length;
    }
    expect(count).toBeGreaterThan(50_000);
  });
}
