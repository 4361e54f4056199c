/**
 * How fast guests run: guest instructions per second on five kernels, each in 64-bit mode under nested paging, in the
 * virtual machine that users get.
 */
import { readFileSync } from 'node:fs';
import { Bench } from 'tinybench';
import { createVm } from '../src/index.js';

const KERNELS = ['alu-loop', 'sieve', 'memcpy', 'sort', 'calls'] as const;
/** One sample: long enough that entering and leaving the guest does not show. */
const INSTRUCTIONS = 4_000_000;
const LOAD_ADDRESS = 0x10_0000;
const TIME_MS = 1500;
const WARMUP_MS = 500;

export interface KernelSpeed {
  readonly kernel: string;
  /** Million guest instructions per second, and the relative margin of error in percent. */
  readonly mips: number;
  readonly marginPercent: number;
}

export async function measureInterpreter(): Promise<KernelSpeed[]> {
  const bench = new Bench({ name: 'interpreter', time: TIME_MS, warmupTime: WARMUP_MS });
  for (const kernel of KERNELS) {
    const guest = readFileSync(`bench/kernels/${kernel}.bin`);
    const vm = await createVm({ guest, format: 'flat', bits: 64, load: LOAD_ADDRESS });
    bench.add(kernel, () => {
      const { stop } = vm.run({ maxInstructions: INSTRUCTIONS });
      if (stop.kind !== 'budget') throw new Error(`${kernel} stopped: ${stop.kind}`);
    });
  }
  await bench.run();
  return bench.tasks.map((task) => {
    const { result } = task;
    if (result.state !== 'completed') throw new Error(`${task.name} did not complete`);
    const { mean, rme } = result.throughput;
    return { kernel: task.name, mips: (INSTRUCTIONS * mean) / 1e6, marginPercent: rme };
  });
}
