/** How much memory a virtual machine with 16 MiB of guest RAM adds to its process. */
import { createVm, DEFAULT_MEMORY_BYTES, type Vm } from '../src/index.js';
import type { Result, Section, Target } from './section.js';
import { readStorm } from './storm.js';

const MIB = 0x10_0000;
const CHUNK_BYTES = 0x1_0000;
const TARGET: Target = { is: 'below', value: 64 };

/** Bytes by which the process grew. */
export interface MemoryGrowth {
  /** Wasm memories and buffers, whether their pages are in use or not. Does not depend on the machine. */
  readonly reserved: number;
  /** In use once the guest has run to its end. */
  readonly afterRun: number;
  /** In use once every page of the guest's RAM has been written to. */
  readonly afterFill: number;
}

/** Best called before anything else is made in the process: later machines find memory that earlier ones gave back. */
export async function measureMemoryGrowth(): Promise<MemoryGrowth> {
  const { guest } = await readStorm();
  const before = process.memoryUsage();
  const vm = await createVm({ guest });
  const reserved = process.memoryUsage().external - before.external;
  vm.run();
  const afterRun = process.memoryUsage.rss() - before.rss;
  fillMemory(vm);
  return { reserved, afterRun, afterFill: process.memoryUsage.rss() - before.rss };
}

export async function measureMemory(): Promise<Section> {
  const { reserved, afterRun, afterFill } = await measureMemoryGrowth();
  return {
    name: 'memory',
    title: `Memory of a virtual machine with ${DEFAULT_MEMORY_BYTES / MIB} MiB of RAM`,
    unit: 'MiB',
    reading: 'Growth of this process: Wasm memories reserved, then pages really in use; less is better.',
    results: [
      amount('reserved', reserved),
      amount('in use after nmi-storm', afterRun),
      amount('in use with all RAM written', afterFill),
    ],
  };
}

function amount(name: string, bytes: number): Result {
  return { name, value: bytes / MIB, spread: null, wall: null, target: TARGET };
}

function fillMemory({ memory }: Vm): void {
  const chunk = new Uint8Array(CHUNK_BYTES).fill(0xf4);
  for (let gpa = 0; gpa < memory.byteLength; gpa += CHUNK_BYTES) memory.write(gpa, chunk);
}
