/**
 * A fresh process that starts vmexit: `node startup-process.mjs <URL of the library>`. Prints its `StartupMarks`
 * (startup.ts) as JSON.
 */

/** mov eax, 1; hlt */
const GUEST = Uint8Array.of(0x66, 0xb8, 1, 0, 0, 0, 0xf4);

function mark() {
  const { user, system } = process.cpuUsage();
  return { processor: (user + system) / 1000, wall: performance.now() };
}

const node = mark();
const { createVm } = await import(process.argv[2]);
const imported = mark();
const vm = await createVm({ guest: GUEST, format: 'flat' });
const created = mark();
vm.run({ maxInstructions: 1 });
const executed = mark();
(await createVm({ guest: GUEST, format: 'flat' })).run({ maxInstructions: 1 });
const second = mark();
console.log(JSON.stringify({ node, imported, created, executed, second }));
