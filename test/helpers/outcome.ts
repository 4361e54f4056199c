/**
 * What one instruction comes to in a guest: it completes, faults, or is intercepted.
 *
 * Every exception is intercepted, so that a fault shows as an exit and needs no IDT.
 */
import { ExitCode } from '../../assembly/abi/exit-code.js';
import { Stop } from '../../assembly/abi/stop.js';
import { Vector } from '../../assembly/abi/vector.js';
import type { Machine } from './machine.js';

const EXCEPTION_WORD = ExitCode.Exception0 >> 5;
const INTERCEPT_WORDS = 6;
const WITH_CODE: readonly Vector[] = [
  Vector.Df,
  Vector.Ts,
  Vector.Np,
  Vector.Ss,
  Vector.Gp,
  Vector.Pf,
  Vector.Ac,
];

/** Makes the machine a guest whose hypervisor intercepts every exception and the given codes. */
export function enterGuest(machine: Machine, intercepts: readonly number[] = []): void {
  const words = new Uint32Array(INTERCEPT_WORDS);
  words[EXCEPTION_WORD] = 0xffffffff;
  for (const code of intercepts) words[code >> 5]! |= 1 << (code & 31);
  words.forEach((word, i) => machine.state.set(`intercepts${i}`, word));
  machine.state.set('inGuest', 1);
}

/** Runs one instruction as a guest: `completed`, `#GP(0)`, `exit 78h`, `halted`, `unimplemented`. */
export function outcomeOf(
  machine: Machine,
  code: readonly number[],
  intercepts: readonly number[] = [],
): string {
  enterGuest(machine, intercepts);
  const stop = machine.load(code).run(1);
  switch (stop) {
    case Stop.Budget:
    case Stop.Boundary:
      return 'completed';
    case Stop.Exit:
      return exitName(machine);
    default:
      return Stop[stop].toLowerCase();
  }
}

function exitName(machine: Machine): string {
  const code = machine.state.num('exitCode');
  const vector = code - ExitCode.Exception0;
  if (vector < 0 || vector > 31) return `exit ${code.toString(16)}h`;
  const name = `#${Vector[vector]!.toUpperCase()}`;
  return WITH_CODE.includes(vector) ? `${name}(${machine.state.num('exitInfo1')})` : name;
}

/** The information fields of the last exit. */
export function exitInformation(machine: Machine) {
  const { state } = machine;
  return { info1: state.big('exitInfo1'), info2: state.big('exitInfo2'), nextRip: state.num('exitNextRip') };
}
