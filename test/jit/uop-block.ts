/** Blocks that are written as micro-ops, without a decoder, and what can be seen after one has run. */
import { createHash } from 'node:crypto';
import { NO_PAGE } from '../../assembly/abi/layout.js';
import { Uop, UOP_BYTES } from '../../assembly/abi/uop.js';
import type { Machine } from '../helpers/machine.js';
import { enterGuest } from '../helpers/outcome.js';

const CODE = 0x10000;
export const WINDOW = 0x20000;
export const WINDOW_BYTES = 0x2000;
export const BLOCK_BYTES = 8;

export interface UopRecord {
  readonly code: number;
  readonly a?: number;
  readonly b?: number;
  readonly c?: number;
  readonly n?: number;
  readonly ip?: number;
  readonly low?: number;
  readonly high?: number;
}

export interface StartState {
  readonly registers: readonly bigint[];
  readonly flags: bigint;
  readonly window: Uint8Array;
  /** All bytes of the vector registers. */
  readonly vectors?: Uint8Array;
  readonly mxcsr?: number;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** What can be seen after the block, where the TLB knows no page, and again where it knows those of the first time. */
export function runBlock(machine: Machine, records: readonly UopRecord[], start: StartState) {
  const { core, state: cpu } = machine.long();
  cpu.setNum('rip', CODE);
  const view = new DataView(core.bytes.buffer, core.exports.nextBlockUops());
  records.forEach(({ code, a = 0, b = 0, c = 0, n = 0, ip = 0, low = 0, high = low >> 31 }, i) => {
    const at = i * UOP_BYTES;
    view.setUint16(at, code, true);
    [a, b, c, n].forEach((byte, j) => view.setUint8(at + 2 + j, byte));
    view.setUint16(at + 6, ip, true);
    view.setInt32(at + 8, low, true);
    view.setInt32(at + 12, high, true);
  });
  const instructions = new Set(records.filter(({ code }) => code !== Uop.Next).map(({ ip }) => ip)).size;
  core.exports.commitBlock(CODE, cpu.get('mode'), instructions, records.length, BLOCK_BYTES, NO_PAGE);
  return [runFrom(machine, start, instructions), runFrom(machine, start, instructions)];
}

function runFrom(machine: Machine, start: StartState, instructions: number) {
  const { core, state: cpu } = machine;
  enterGuest(machine);
  start.registers.forEach((word, i) =>
    core.bytes.set(new Uint8Array(BigUint64Array.of(word).buffer), cpu.address('rax') + 8 * i),
  );
  machine.rflags = start.flags;
  core.write(WINDOW, start.window);
  if (start.vectors !== undefined) core.vectorRegisters.set(start.vectors);
  if (start.mxcsr !== undefined) cpu.set('mxcsr', start.mxcsr);
  cpu.setNum('rip', CODE);
  const stop = machine.run(instructions);
  const fields = ['rip', 'clock', 'exitCode', 'exitInfo1', 'exitInfo2'].map((name) => cpu.big(name));
  const registers = Array.from(start.registers, (_, i) =>
    new DataView(core.bytes.buffer).getBigUint64(cpu.address('rax') + 8 * i, true),
  );
  return {
    stop,
    registers,
    fields,
    flags: machine.rflags,
    mxcsr: cpu.get('mxcsr'),
    vectors: Buffer.from(core.vectorRegisters).toString('hex'),
    window: digest(core.read(WINDOW, WINDOW_BYTES)),
  };
}
