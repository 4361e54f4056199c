/** A process that runs a 32-bit image in v86 until somebody ends it: `v86-process.js <image>`. */
import { readFileSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { V86 } from 'v86';
import { MEMORY_BYTES } from './machine.js';

const STDOUT = 1;

const [path = ''] = process.argv.slice(2);
const image = readFileSync(path);
const emulator = new V86({
  wasm_path: createRequire(import.meta.url).resolve('v86/build/v86.wasm'),
  memory_size: MEMORY_BYTES,
  multiboot: { buffer: image.buffer.slice(image.byteOffset, image.byteOffset + image.length) as ArrayBuffer },
  autostart: true,
});
emulator.add_listener('serial0-output-byte', (byte) => writeSync(STDOUT, Uint8Array.of(byte)));
