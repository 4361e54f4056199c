/** How much the process grows for one virtual machine with 16 MiB of guest memory that has run a guest to its end. */
import { createVm, findShippedGuest, loadShippedGuest, readShippedGuest } from '../src/index.js';

const MEMORY_BYTES = 16 << 20;
const MIB = 1 << 20;

export async function measureFootprint(): Promise<number> {
  const shipped = await findShippedGuest('nmi-storm');
  const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), MEMORY_BYTES);
  const before = process.memoryUsage().rss;
  const vm = await createVm({ guest, memoryBytes: MEMORY_BYTES });
  vm.run();
  return (process.memoryUsage().rss - before) / MIB;
}
