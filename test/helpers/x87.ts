/** The x87 unit for tests: registers in stack order as text, `sign-exponent:significand` in hexadecimal digits. */
import { outcomeOf } from './outcome.js';
import type { Machine } from './machine.js';

export const ONE = '3fff:8000000000000000';
export const TWO = '4000:8000000000000000';
export const THREE = '4000:c000000000000000';
export const INDEFINITE = 'ffff:c000000000000000';
export const INFINITY = '7fff:8000000000000000';
/** A quiet and a signalling NaN. */
export const QUIET_NAN = '7fff:c000000000000123';
export const SIGNALLING_NAN = '7fff:8000000000000456';
export const DENORMAL = '0000:0000000000000001';
/** The integer bit of a number that is not denormal is clear. */
export const UNNORMAL = '3fff:4000000000000000';

export const MASK_ALL = 0x37f;
/** Where a memory operand of a test is; rBX holds it. */
export const OPERAND = 0x3000;

/** Exceptions are reported as #MF. */
const CR0_NE = 0x20n;

export interface X87Start {
  /** ST(0), ST(1), …; the other registers are empty. */
  readonly stack?: readonly string[];
  readonly control?: number;
  /** FSW without TOP. */
  readonly status?: number;
}

/** Runs one instruction on a machine in 64-bit mode, as a guest. Returns what came of it, as `outcomeOf`. */
export function runX87(machine: Machine, code: string, start: X87Start = {}): string {
  loadX87(machine, start);
  machine.state.setNum('rbx', OPERAND);
  return outcomeOf(
    machine,
    (code.replaceAll(' ', '').match(/../g) ?? []).map((byte) => parseInt(byte, 16)),
  );
}

export function loadX87(machine: Machine, { stack = [], control = MASK_ALL, status = 0 }: X87Start): void {
  const { state, core } = machine;
  state.setBig('cr0', state.big('cr0') | CR0_NE);
  const top = (8 - stack.length) & 7;
  core.exports.setX87StatusWord(status | (top << 11));
  state.set('x87Control', control);
  state.set('x87Tags', (0xff << (8 - stack.length)) & 0xff);
  core.x87Registers.fill(0);
  const view = viewOf(machine);
  stack.forEach((text, i) => {
    const [signExponent = '', significand = ''] = text.split(':');
    const at = ((top + i) & 7) * 16;
    view.setBigUint64(at, BigInt(`0x${significand}`), true);
    view.setUint16(at + 8, parseInt(signExponent, 16), true);
  });
}

/** ST(i), or `empty`. */
export function st(machine: Machine, i: number): string {
  const number = (machine.state.get('x87Top') + i) & 7;
  if (((machine.state.get('x87Tags') >> number) & 1) === 0) return 'empty';
  const view = viewOf(machine);
  const signExponent = view
    .getUint16(number * 16 + 8, true)
    .toString(16)
    .padStart(4, '0');
  return `${signExponent}:${view
    .getBigUint64(number * 16, true)
    .toString(16)
    .padStart(16, '0')}`;
}

/** The registers that are not empty, from ST(0) on. */
export function stackOf(machine: Machine): string[] {
  return Array.from({ length: 8 }, (_, i) => st(machine, i)).filter((text) => text !== 'empty');
}

/** FSW without TOP. */
export function statusOf(machine: Machine): number {
  return machine.core.exports.x87StatusWord() & ~0x3800;
}

function viewOf({ core: { x87Registers } }: Machine): DataView {
  return new DataView(x87Registers.buffer, x87Registers.byteOffset, x87Registers.byteLength);
}
