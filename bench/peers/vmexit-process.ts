/** A process that runs an image in vmexit until somebody ends it: `vmexit-process.js <image> <jit: true|false>`. */
import { readFileSync, writeSync } from 'node:fs';
import { createVm, describeStop } from '../../src/index.js';
import { MEMORY_BYTES } from './machine.js';

const STDOUT = 1;

const [image = '', jit] = process.argv.slice(2);
const vm = await createVm({
  guest: readFileSync(image),
  memoryBytes: MEMORY_BYTES,
  jit: jit !== 'false',
  onSerial: (byte) => writeSync(STDOUT, Uint8Array.of(byte)),
});
const { stop } = vm.run();
throw new Error(`the image never ends, but: ${describeStop(stop)}`);
