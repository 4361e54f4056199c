/**
 * What an interpreted instruction costs: guest instructions per second on each kernel.
 *
 * The kernels run as users' guests do, in a virtual machine with nested paging, so what the hypervisor and the engine
 * spend between two slices counts too.
 */
import { createVm, InvariantError } from '../src/index.js';
import { rate } from './estimate.js';
import { KERNEL_ADDRESS, KERNEL_NAMES, type KernelName, readKernel } from './kernels.js';
import { type Budget, measure, type Timing, type Work } from './measure.js';
import { type Section, type Target, timedResult } from './section.js';

/** 10 to 30 ms, in which every kernel goes through its whole cycle several times. */
const INSTRUCTIONS_PER_SAMPLE = 2_000_000;
/** The same, so that dividing by milliseconds gives millions a second. */
const KILO_INSTRUCTIONS_PER_SAMPLE = INSTRUCTIONS_PER_SAMPLE / 1000;

const ALU_TARGET: Target = { is: 'at least', value: 100 };
const OTHER_TARGET: Target = { is: 'at least', value: 40 };

export async function measureInterpreter(budget: Budget): Promise<Section> {
  const works = await Promise.all(KERNEL_NAMES.map(async (name) => [name, await runKernel(name)] as const));
  const timings = await measure(Object.fromEntries(works) as Record<KernelName, Work>, budget);
  return {
    name: 'interpreter',
    title: 'Interpreter speed',
    unit: 'MIPS',
    reading: 'Million guest instructions a second, 64-bit code under nested paging; more is better.',
    results: KERNEL_NAMES.map((name) => {
      const mips = (clock: keyof Timing) => rate(KILO_INSTRUCTIONS_PER_SAMPLE, timings[name][clock]);
      const target = name === 'alu-loop' ? ALU_TARGET : OTHER_TARGET;
      return timedResult(name, mips('processor'), mips('wall'), target);
    }),
  };
}

async function runKernel(name: KernelName): Promise<Work> {
  const vm = await createVm({
    guest: readKernel(name),
    format: 'flat',
    bits: 64,
    load: KERNEL_ADDRESS,
    jit: false,
  });
  return {
    sample: () => {
      const { stop } = vm.run({ maxInstructions: INSTRUCTIONS_PER_SAMPLE });
      if (stop.kind !== 'budget') throw new InvariantError(`${name} never ends, but ended with ${stop.kind}`);
    },
  };
}
