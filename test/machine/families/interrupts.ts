/** Exceptions and software interrupts through every kind of gate, good and bad, to every kind of handler and stack. */
import type { Random } from '../../silicon/random.js';
import {
  CODE_TYPE,
  codeSelector,
  DATA_TYPE,
  dataSelector,
  FREE,
  KALIAS,
  KCODE,
  STUB_BYTES,
  STUBS32,
  TARGET,
  TSS,
} from '../arena.js';
import { Kind, Scenario } from '../scenario.js';
import { program, startProtected } from '../start.js';

interface Cause {
  readonly text: string;
  readonly vector: number;
  readonly bytes: readonly number[];
}

/** Instructions and the vector that they come to. */
export const CAUSES: readonly Cause[] = [
  { text: 'int 20h', vector: 0x20, bytes: [0xcd, 0x20] },
  { text: 'int 21h', vector: 0x21, bytes: [0xcd, 0x21] },
  { text: 'int 30h', vector: 0x30, bytes: [0xcd, 0x30] },
  { text: 'int 0dh', vector: 13, bytes: [0xcd, 0x0d] },
  { text: 'int3', vector: 3, bytes: [0xcc] },
  { text: 'int1', vector: 1, bytes: [0xf1] },
  { text: 'xor eax, eax; div eax', vector: 0, bytes: [0x31, 0xc0, 0xf7, 0xf0] },
  { text: 'mov ds, 0fffbh', vector: 13, bytes: [0x66, 0xb8, 0xfb, 0xff, 0x8e, 0xd8] },
  { text: 'ud2', vector: 6, bytes: [0x0f, 0x0b] },
];

/** 16-bit handlers are entered at an offset of 16 bits. */
const STUB_OFFSET16 = 0x1000;
const BITS32 = 8;
const CONFORMING = 4;
const TSS_ESP0 = 4;

export function interrupt(random: Random): Scenario {
  const s = new Scenario(Kind.Protected, 'interrupts');
  const level = random.pick([0, 1, 2, 3, 3, 3]);
  const cause = random.pick(CAUSES);
  startProtected(s, { level, flags: randomFlags(random) });
  program(s, cause.bytes);
  const gate = randomGate(s, random, cause.vector);
  const stack = random.chance(0.4) ? breakInnerStack(s, random) : '';
  s.name = `${cause.text} at level ${level}, ${gate}${stack}`;
  return s;
}

/** Status flags, DF, IF, IOPL, NT, AC and ID; no TF. */
export function randomFlags(random: Random): number {
  return random.u32() & 0x243ed5 & ~(random.chance(0.7) ? 0x4000 : 0);
}

/** A gate that is usually good, or broken in one place; its handler may be of any level, conforming, 16-bit, missing. */
function randomGate(s: Scenario, random: Random, vector: number): string {
  const type = random.pick([14, 15, 6, 7, 14, 6, random.below(16)]);
  const dpl = random.pick([0, 3, 3, random.below(4)]);
  const present = random.chance(0.95) ? 0x80 : 0;
  const isNarrow = (type & BITS32) === 0;
  const isKernel = random.chance(0.6);
  const kernel = isNarrow ? KALIAS : KCODE;
  const selector = isKernel ? kernel : randomHandler(s, random);
  const stub = (isNarrow ? STUB_OFFSET16 : STUBS32) + STUB_BYTES * vector;
  s.arena.setGate(vector, {
    type: present | (dpl << 5) | type,
    selector,
    offset: isKernel ? stub : TARGET,
  });
  return `gate type ${type} dpl ${dpl}${present ? '' : ' absent'} to ${selector.toString(16)}`;
}

/** A selector for a handler that is not the kernel's. */
function randomHandler(s: Scenario, random: Random): number {
  if (random.chance(0.3))
    return random.pick([0, 3, dataSelector(0), codeSelector(3), codeSelector(1), 0xfff8, 0x68, FREE + 7]);
  const type = CODE_TYPE | (random.chance(0.5) ? CONFORMING : 0) | (random.below(4) << 5);
  const present = random.chance(0.9) ? 0xff : 0x7f;
  s.arena.setDescriptor(FREE, {
    type: (random.chance(0.9) ? type : DATA_TYPE) & present,
    flags: random.pick([0, 4, 8, 12]),
    limit: random.pick([0xfffff, TARGET + 1, TARGET - 1, TARGET >> 12, 0]),
  });
  return FREE | random.below(4);
}

/** What the TSS says of the stack of level 0. */
function breakInnerStack(s: Scenario, random: Random): string {
  const flaw = random.below(6);
  const ss = TSS + TSS_ESP0 + 4;
  if (flaw === 0) s.arena.u32(ss, random.pick([0, 3, dataSelector(1), codeSelector(0), 0xfff8, FREE + 8]));
  else if (flaw === 1) s.arena.u32(TSS + TSS_ESP0, random.pick([0x8001, 0x8ffe, 0x7ff4]));
  else return breakInnerStackSegment(s, random, ss);
  return `, inner stack ${flaw === 0 ? 'selector' : 'pointer'} broken`;
}

function breakInnerStackSegment(s: Scenario, random: Random, ss: number): string {
  const type = random.pick([DATA_TYPE, DATA_TYPE, 0x97, 0x91, 0x13, 0xb3, 0x9b]);
  const flags = random.pick([0, 4, 8, 12]);
  const limit = random.pick([0x8ff0, 0x8fef, 0x8fec, 0x8fe0, 0x8fdc, 0x8fd8, 0xfff, 0]);
  s.arena.setDescriptor(FREE + 8, { type, flags, limit: (flags & 8) !== 0 ? limit >> 12 : limit });
  s.arena.u32(ss, FREE + 8);
  return `, inner stack type ${type.toString(16)} flags ${flags} limit ${limit.toString(16)}`;
}
