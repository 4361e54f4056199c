/**
 * Whether time per instruction stays what it is: from a million instructions to ten thousand million, and from 1 MiB of
 * guest memory to 2 GiB.
 */
import { createVm, InvariantError, type Vm } from '../src/index.js';
import { estimate } from './estimate.js';
import type { Budget } from './measure.js';
import { type Result, type Section, timedResult } from './section.js';

const MIB = 0x10_0000;
const MEMORIES = [1, 16, 256, 1024, 2048] as const;
const COUNTS = [1e6, 1e7, 1e8, 1e9, 1e10] as const;
/** What a quick look runs at most. */
const QUICK_COUNT = 1e8;
/** A slice: after each, time is taken. */
const SLICE = 1_000_000;
/** Before anything counts: the guest's loop is compiled by then, and optimised by V8. */
const WARM_UP = 20 * SLICE;
/** Slices per row of the second table. */
const SLICES = 15;

interface Time {
  readonly processor: number;
  readonly wall: number;
}

export async function measureGrowth({ timeMs }: Budget): Promise<Section> {
  const most = timeMs < 1000 ? QUICK_COUNT : Infinity;
  return {
    name: 'growth',
    title: 'Growth: time per instruction of a loop of stores',
    unit: 'ps',
    reading: 'Compiled code, 32-bit; rows that are the same are better.',
    results: [...(await overInstructions(COUNTS.filter((count) => count <= most))), ...(await overMemory())],
  };
}

/** One machine after another, each run to its count in one call: what the whole run took for each instruction. */
async function overInstructions(counts: readonly number[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const count of counts) {
    const vm = await walker(16 * MIB);
    run(vm, WARM_UP);
    const time = run(vm, count);
    const [processor, wall] = [time.processor / count, time.wall / count].map((each) => estimate([each]));
    results.push(timedResult(`${count.toExponential(0)} instructions`, processor!, wall!, null));
  }
  return results;
}

/** All machines in turn, slice by slice, so that whatever else the machine does happens to all of them. */
async function overMemory(): Promise<Result[]> {
  const vms = await Promise.all(MEMORIES.map((mib) => walker(mib * MIB)));
  const times: Time[][] = vms.map(() => []);
  for (const vm of vms) run(vm, WARM_UP);
  for (let slice = 0; slice < SLICES; slice++) vms.forEach((vm, i) => times[i]!.push(run(vm, SLICE)));
  return MEMORIES.map((mib, i) => {
    const each = (clock: keyof Time) => estimate(times[i]!.map((time) => time[clock] / SLICE));
    return timedResult(`${mib} MiB of memory`, each('processor'), each('wall'), null);
  });
}

/** Picoseconds. */
function run(vm: Vm, instructions: number): Time {
  const usage = process.cpuUsage();
  const start = performance.now();
  const { stop } = vm.run({ maxInstructions: instructions });
  const wall = (performance.now() - start) * 1e9;
  const { user, system } = process.cpuUsage(usage);
  if (stop.kind !== 'budget') throw new InvariantError(`the loop never ends, but ended with ${stop.kind}`);
  return { processor: (user + system) * 1e6, wall };
}

/** A machine whose guest walks over the 256 KiB below its code, at the top of its memory. */
function walker(memoryBytes: number): Promise<Vm> {
  const base = memoryBytes - 0x6_0000;
  const placement = { format: 'flat', bits: 32, load: base + 0x5_0000 } as const;
  return createVm({ guest: walkerCode(base), ...placement, memoryBytes });
}

/** Writes a count every 64 bytes over 256 KiB from `base` on, for ever; 32-bit, paging off. */
export function walkerCode(base: number): Uint8Array {
  const address = [base, base >>> 8, base >>> 16, base >>> 24].map((byte) => byte & 0xff);
  // prettier-ignore
  return Uint8Array.of(
    0xbe, ...address,                    //       mov esi, base
    0x31, 0xdb,                          //       xor ebx, ebx
    0x89, 0x04, 0x1e,                    // next: mov [esi+ebx], eax
    0x83, 0xc3, 0x40,                    //       add ebx, 64
    0x81, 0xe3, 0xff, 0xff, 0x03, 0x00,  //       and ebx, 3FFFFh
    0x40,                                //       inc eax
    0xeb, 0xf1,                          //       jmp next
  );
}
