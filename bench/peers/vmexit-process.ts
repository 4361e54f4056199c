/** A process that runs an image in vmexit until somebody ends it: `vmexit-process.js <image> <jit: true|false>`. */
import { readFileSync, writeSync } from 'node:fs';
import { MEMORY_BYTES } from './machine.js';

const STDOUT = 1;
/** The package as its users get it. Its name is hidden from the compiler, which would want it to be built first. */
const PACKAGE: string = 'vmexit';
const { createVm, describeStop } = (await import(PACKAGE)) as typeof import('../../src/index.js');

const [image = '', jit] = process.argv.slice(2);
const vm = await createVm({
  guest: readFileSync(image),
  memoryBytes: MEMORY_BYTES,
  jit: jit !== 'false',
  onSerial: (byte) => writeSync(STDOUT, Uint8Array.of(byte)),
});
const { stop } = vm.run();
throw new Error(`the image never ends, but: ${describeStop(stop)}`);
