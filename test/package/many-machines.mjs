/**
 * Makes, runs and drops many machines with the built package, and prints the bytes that stay: `node --expose-gc
 * many-machines.mjs <machines>`. Each compiles a loop, so that regions of compiled code come and go too.
 */
import { createVm } from '../../dist/index.js';

/** 16-bit: next: inc eax; jmp next */
const GUEST = Uint8Array.of(0x66, 0x40, 0xeb, 0xfc);
/** Machines after which V8's caches and type feedback are what they will be. */
const WARM_UP = 200;
const INSTRUCTIONS = 3000;

async function makeAndDrop(machines) {
  for (let i = 0; i < machines; i++) {
    const vm = await createVm({ guest: GUEST, format: 'flat', memoryBytes: 0x10_0000, onTrace: () => {} });
    vm.run({ maxInstructions: INSTRUCTIONS });
  }
}

/** Bytes of the heap and outside of it, when nothing more can be collected. */
async function inUse() {
  for (let i = 0; i < 8; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, external };
}

await makeAndDrop(WARM_UP);
const before = await inUse();
await makeAndDrop(Number(process.argv[2]));
const after = await inUse();
console.log(JSON.stringify({ heap: after.heap - before.heap, external: after.external - before.external }));
