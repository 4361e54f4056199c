/** How a scenario starts: the frame from which the kernel's IRET enters it, and the program that it runs. */
import { Rflags } from '../../assembly/abi/processor-bits.js';
import {
  CODE,
  CODE64_3,
  codeSelector,
  dataSelector,
  KCODE64,
  LAUNCH_STACK,
  STACK0,
  STACK1,
  STACK2,
  STACK3,
} from './arena.js';
import { Scenario } from './scenario.js';

const STACKS = [STACK0, STACK1, STACK2, STACK3] as const;
/** UD2 ends a program that nothing else has ended: it raises #UD at any level. */
export const END = [0x0f, 0x0b] as const;

export interface Start {
  readonly level?: number;
  readonly cs?: number;
  readonly rip?: number;
  readonly flags?: number;
  readonly ss?: number;
  readonly rsp?: number;
}

/** Enters 32-bit protected mode at a level, with its flat segments unless told otherwise. */
export function startProtected(s: Scenario, start: Start = {}): void {
  const { level = 0, rip = CODE, flags = 0 } = start;
  const { cs = codeSelector(level), ss = dataSelector(level), rsp = stackOf(level) } = start;
  const image = flags | Rflags.Always1;
  s.es = s.fs = s.gs = s.ds = dataSelector(level);
  if (level === 0) {
    // IRET to the same level: the stack is already the program's.
    s.ss = ss;
    pushDoublewords(s, rsp, [rip, cs, image]);
  } else {
    pushDoublewords(s, LAUNCH_STACK, [rip, cs, image, rsp, ss]);
  }
}

/** Enters virtual-8086 mode. */
export function startV86(s: Scenario, start: Start, segments: V86Segments): void {
  const { rip = 0, flags = 0, cs = CODE >> 4, ss = 0, rsp = STACK3 } = start;
  const { es = 0, ds = 0, fs = 0, gs = 0 } = segments;
  const image = flags | Rflags.Always1 | Rflags.Vm;
  pushDoublewords(s, LAUNCH_STACK, [rip, cs, image, rsp, ss, es, ds, fs, gs]);
}

export interface V86Segments {
  readonly es?: number;
  readonly ds?: number;
  readonly fs?: number;
  readonly gs?: number;
}

/** Enters long mode, 64-bit code unless `cs` says otherwise. IRETQ pops all five, at any level. */
export function startLong(s: Scenario, start: Start = {}): void {
  const { level = 0, rip = CODE, flags = 0 } = start;
  const { cs = level === 0 ? KCODE64 : CODE64_3, ss = dataSelector(level), rsp = stackOf(level) } = start;
  const frame = [rip, cs, flags | Rflags.Always1, rsp, ss].map(BigInt);
  const top = LAUNCH_STACK - 8 * frame.length;
  frame.forEach((word, i) => s.arena.u64(top + 8 * i, word));
  s.rsp = BigInt(top);
  s.es = s.fs = s.gs = s.ds = dataSelector(level);
}

/** Enters real mode. */
export function startReal(s: Scenario, start: Start = {}): void {
  const { rip = 0, cs = CODE >> 4, flags = 0, rsp = STACK3, ss = 0 } = start;
  const top = (rsp - 6) & 0xffff;
  [rip, cs, flags | Rflags.Always1].forEach((word, i) =>
    s.arena.u16(16 * ss + ((top + 2 * i) & 0xffff), word),
  );
  s.rsp = BigInt(top);
  s.ss = ss;
}

/** The program's bytes; it ends with UD2 if it comes to its end. */
export function program(s: Scenario, bytes: readonly number[], address = CODE): void {
  s.arena.put(address, ...bytes, ...END);
}

export function stackOf(level: number): number {
  return STACKS[level] ?? STACK3;
}

function pushDoublewords(s: Scenario, top: number, words: readonly number[]): void {
  const address = top - 4 * words.length;
  words.forEach((word, i) => s.arena.u32(address + 4 * i, word));
  s.rsp = BigInt(address);
}

/** A doubleword as the bytes of an instruction have it. */
export function dword(value: number): [number, number, number, number] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

export function word(value: number): [number, number] {
  return [value & 0xff, (value >>> 8) & 0xff];
}
