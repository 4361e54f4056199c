/** Guests of random bytes under dense NMIs: nothing throws, every request is accounted for, a run repeats exactly. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import { everyInstructions } from '../../src/hypervisor/nmi-schedule.js';
import { STRATEGY_NAMES, type StrategyName } from '../../src/hypervisor/nmi/strategies.js';
import { describeStop, type RunResult } from '../../src/hypervisor/run-result.js';
import { loadGuest } from '../../src/loader/detect.js';

const MEMORY_BYTES = 0x10_0000;
const BUDGET = 3000;
/** FUZZ_RUNS=1000 looks longer, and FUZZ_SEED elsewhere. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 12);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20261122);

/** Random code at 600h over an interrupt vector table that points into it, so that handlers are random too. */
async function run(code: Uint8Array, nmi: StrategyName, period: number): Promise<RunResult> {
  const image = new Uint8Array(0x1000);
  const ivt = new DataView(image.buffer);
  for (let vector = 0; vector < 256; vector++)
    ivt.setUint32(vector * 4, 0x600 + ((vector * 37) & 0xff), true);
  image.set(code, 0x600);
  const guest = loadGuest(image, {
    memoryBytes: MEMORY_BYTES,
    format: 'flat',
    bits: 16,
    load: 0,
    entry: 0x600,
  });
  const vm = await createVm({
    guest,
    nmi,
    memoryBytes: MEMORY_BYTES,
    nmiSchedule: everyInstructions(period),
  });
  return vm.run({ maxInstructions: BUDGET });
}

it.each(STRATEGY_NAMES)('random bytes under %s', { timeout: 600_000 }, async (nmi) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 512, maxLength: 512 }),
      fc.integer({ min: 1, max: 40 }),
      async (code, period) => {
        const result = await run(code, nmi, period);
        const { requested, delivered, merged, pending, lost } = result.nmi;
        expect(delivered + merged + pending + lost).toBe(requested);
        expect(describeStop(result.stop)).not.toMatch(/undefined/);
        expect(await run(code, nmi, period)).toEqual(result);
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
});
