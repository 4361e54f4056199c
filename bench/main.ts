/**
 * npm run bench: all measurements, as tables and as bench/results/<date>.json. How to read them: bench/README.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { measureDelivery } from './delivery.js';
import { measureFootprint } from './footprint.js';
import { measureInterpreter } from './interpreter.js';
import { measureWorldSwitch } from './world-switch.js';

const round = (value: number, digits = 1) => Number(value.toFixed(digits));

const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);

// First, while nothing else has made the process grow.
const footprintMib = round(await measureFootprint());
console.log(
  `\nA virtual machine with 16 MiB of guest memory: ${footprintMib} MiB of process growth (target: below 64).`,
);

const interpreter = await measureInterpreter();
console.log('\nGuest instructions per second (targets: alu-loop 100 MIPS, the others 40). More is better.');
console.table(
  interpreter.map(({ kernel, mips, marginPercent }) => ({
    kernel,
    'guest MIPS': round(mips),
    '± %': round(marginPercent),
  })),
);

const worldSwitch = await measureWorldSwitch();
const { nanoseconds, marginPercent } = worldSwitch;
console.log(
  `\nVMRUN, one VMMCALL, #VMEXIT: ${round(nanoseconds, 0)} ns ± ${round(marginPercent)} % a round trip (target: below 1000).`,
);

const delivery = await measureDelivery();
console.log(
  '\nnmi-storm, one NMI every 500 instructions. Less is better; exits are exact, time is the fastest of five runs.',
);
console.table(
  delivery.map((row) => ({
    delivery: row.delivery,
    NMIs: row.nmis,
    'exits/NMI': round(row.exitsPerNmi, 2),
    'latency p50': row.latencyP50,
    'latency p99': row.latencyP99,
    'µs/NMI': round(row.microsecondsPerNmi, 2),
  })),
);

mkdirSync('bench/results', { recursive: true });
const date = new Date().toISOString();
const file = `bench/results/${date.replaceAll(':', '-')}.json`;
const results = { date, machine, footprintMib, interpreter, worldSwitch, delivery };
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
console.log(`\nWritten to ${file}. How to read this: bench/README.md.`);
