/** Segment registers: loading them with every kind of descriptor, and accesses at the edges of what they allow. */
import type { Random } from '../../silicon/random.js';
import {
  CODE16_3,
  CODE_TYPE,
  codeSelector,
  DATA,
  DATA_TYPE,
  dataSelector,
  FREE,
  LDT,
  LDT_SELECTOR,
  TSS16_SELECTOR,
  TSS32_SELECTOR,
  TSS_SELECTOR,
} from '../arena.js';
import { Kind, Scenario } from '../scenario.js';
import { dword, program, startProtected, word } from '../start.js';
import { randomFlags } from './interrupts.js';

/** Selectors of a random descriptor: in the GDT, in the LDT. */
const RANDOM_SELECTORS = [FREE, 4] as const;
const PAGE_GRANULAR = 8;

interface Form {
  readonly text: string;
  /** The instruction, for the selector in AX and in memory at DATA. */
  readonly bytes: readonly number[];
}

const AT_DATA = dword(DATA);
/** Instructions that take a selector: from AX, from the stack, or from DATA, where a far pointer with it lies. */
const LOADS: readonly Form[] = [
  { text: 'mov es', bytes: [0x8e, 0xc0] },
  { text: 'mov ss', bytes: [0x8e, 0xd0] },
  { text: 'mov ds', bytes: [0x8e, 0xd8] },
  { text: 'mov fs', bytes: [0x8e, 0xe0] },
  { text: 'mov gs', bytes: [0x8e, 0xe8] },
  { text: 'push; pop ds', bytes: [0x50, 0x1f] },
  { text: 'push; pop ss', bytes: [0x50, 0x17] },
  { text: 'push; pop gs', bytes: [0x50, 0x0f, 0xa9] },
  { text: 'les', bytes: [0xc4, 0x0d, ...AT_DATA] },
  { text: 'lds', bytes: [0xc5, 0x0d, ...AT_DATA] },
  { text: 'lss', bytes: [0x0f, 0xb2, 0x0d, ...AT_DATA] },
  { text: 'lfs', bytes: [0x0f, 0xb4, 0x0d, ...AT_DATA] },
  { text: 'lldt', bytes: [0x0f, 0x00, 0xd0] },
  { text: 'ltr', bytes: [0x0f, 0x00, 0xd8] },
  { text: 'lar', bytes: [0x0f, 0x02, 0xc8] },
  { text: 'lsl', bytes: [0x0f, 0x03, 0xc8] },
  { text: 'lar cx', bytes: [0x66, 0x0f, 0x02, 0xc8] },
  { text: 'lsl cx', bytes: [0x66, 0x0f, 0x03, 0xc8] },
  { text: 'verr', bytes: [0x0f, 0x00, 0xe0] },
  { text: 'verw', bytes: [0x0f, 0x00, 0xe8] },
  { text: 'arpl', bytes: [0x63, 0xc1] },
  { text: 'mov ss; sti; pushf', bytes: [0x8e, 0xd0, 0x9c] },
];

/** A selector from anywhere goes into a segment register or is asked about. */
export function segmentLoad(random: Random): Scenario {
  const s = new Scenario(Kind.Protected, 'segments');
  const level = random.pick([0, 0, 1, 2, 3, 3]);
  startProtected(s, { level, flags: randomFlags(random) & ~0x4000 });
  const form = random.pick(LOADS);
  const selector = randomSelector(s, random, random.u32());
  s.registers[0] = BigInt(selector | (random.chance(0.5) ? 0x12340000 : 0));
  s.registers[1] = BigInt(random.u32());
  s.arena.u32(DATA, random.u32());
  s.arena.u16(DATA + 4, selector);
  if (random.chance(0.1)) s.ldtr = 0;
  program(s, form.bytes);
  s.name = `${form.text} ${selector.toString(16)} at level ${level}, ${describe(s, selector)}`;
  return s;
}

/** A known selector, or that of a descriptor made of what matters: type, DPL, P, limit, granularity, size. */
export function randomSelector(s: Scenario, random: Random, base = 0): number {
  const known = [
    0,
    3,
    TSS_SELECTOR,
    LDT_SELECTOR,
    TSS32_SELECTOR,
    TSS16_SELECTOR,
    CODE16_3,
    0x7f8,
    0x800,
    0xffff,
  ];
  const level = random.below(4);
  if (random.chance(0.15)) return random.pick([...known, codeSelector(level), dataSelector(level)]);
  const selector = random.pick(RANDOM_SELECTORS) | (random.chance(0.5) ? 3 : random.below(4));
  s.arena.setDescriptor(selector, {
    type: random.below(256) | (random.chance(0.85) ? 0x80 : 0) | (random.chance(0.6) ? 0x10 : 0),
    flags: random.below(16),
    limit: random.u32() & 0xfffff,
    base,
  });
  return selector;
}

function describe(s: Scenario, selector: number): string {
  if ((selector & ~7) !== FREE && (selector & ~3) !== 4) return 'a known selector';
  const high = s.arena.getU32(((selector & 4) !== 0 ? 0x1800 : 0x1000 + FREE) + 4);
  return `type ${((high >>> 8) & 0xff).toString(16)} flags ${((high >>> 20) & 15).toString(16)}`;
}

/** Accesses through ES, whose offset is in EDX; the bytes that they touch. */
const ACCESSES: readonly (Form & { readonly size: number })[] = [
  { text: 'mov al, es:[edx]', bytes: [0x26, 0x8a, 0x02], size: 1 },
  { text: 'mov ax, es:[edx]', bytes: [0x66, 0x26, 0x8b, 0x02], size: 2 },
  { text: 'mov eax, es:[edx]', bytes: [0x26, 0x8b, 0x02], size: 4 },
  { text: 'mov es:[edx], al', bytes: [0x26, 0x88, 0x02], size: 1 },
  { text: 'mov es:[edx], eax', bytes: [0x26, 0x89, 0x02], size: 4 },
  { text: 'add es:[edx], eax', bytes: [0x26, 0x01, 0x02], size: 4 },
  { text: 'xchg es:[edx], ax', bytes: [0x66, 0x26, 0x87, 0x02], size: 2 },
  { text: 'cmpxchg8b es:[edx]', bytes: [0x26, 0x0f, 0xc7, 0x0a], size: 8 },
  { text: 'mov edi, edx; stosd', bytes: [0x89, 0xd7, 0xab], size: 4 },
  { text: 'mov edi, edx; scasb', bytes: [0x89, 0xd7, 0xae], size: 1 },
  { text: 'mov esi, edx; es lodsw', bytes: [0x89, 0xd6, 0x66, 0x26, 0xad], size: 2 },
  { text: 'es sgdt [edx]', bytes: [0x26, 0x0f, 0x01, 0x02], size: 6 },
  { text: 'es lea', bytes: [0x26, 0x8d, 0x02], size: 1 },
  { text: 'push es:[edx]', bytes: [0x26, 0xff, 0x32], size: 4 },
  { text: 'pop es:[edx]', bytes: [0x6a, 0x55, 0x26, 0x8f, 0x02], size: 4 },
  { text: 'bt es:[edx], ecx', bytes: [0x26, 0x0f, 0xa3, 0x0a], size: 4 },
  { text: 'es bound eax, [edx]', bytes: [0x26, 0x62, 0x02], size: 8 },
  { text: 'les ecx, es:[edx]', bytes: [0x26, 0xc4, 0x0a], size: 6 },
  { text: 'jmp far es:[edx]', bytes: [0x26, 0xff, 0x2a], size: 6 },
];

/** A small segment, expand-up or expand-down, and an access that ends near one of its limits. */
export function segmentAccess(random: Random): Scenario {
  const s = new Scenario(Kind.Protected, 'limits');
  const level = random.pick([0, 3]);
  startProtected(s, { level });
  const access = random.pick(ACCESSES);
  const segment = smallSegment(s, random, level);
  s.registers[0] = BigInt(random.u32());
  s.registers[2] = BigInt((segment.edge + random.below(10) - 9) >>> 0);
  const isNull = random.chance(0.05);
  const selector = isNull ? 0 : FREE | level;
  program(s, [0x66, 0xb9, ...word(selector), 0x8e, 0xc1, 0x31, 0xc9, ...access.bytes]);
  s.name = `${access.text}, edx ${s.registers[2].toString(16)} ${isNull ? 'null' : segment.text} at level ${level}`;
  return s;
}

/** A segment whose bytes lie in the data pages, as far as it has any; and the offset where it begins or ends. */
function smallSegment(s: Scenario, random: Random, level: number): { text: string; edge: number } {
  const isCode = random.chance(0.15);
  const isDown = !isCode && random.chance(0.45);
  const isOpen = random.chance(0.85);
  const type =
    (isCode ? CODE_TYPE & ~2 : DATA_TYPE & ~2) | (isDown ? 4 : 0) | (isOpen ? 2 : 0) | (level << 5);
  const flags = random.pick([0, 4, 4, PAGE_GRANULAR, 4 | PAGE_GRANULAR]);
  const limit =
    (flags & PAGE_GRANULAR) !== 0 ? random.pick([0, 1, 0xfffff]) : random.pick([0, 7, 0x5f, 0xffff]);
  const last = (flags & PAGE_GRANULAR) !== 0 ? limit * 0x1000 + 0xfff : limit;
  const top = (flags & 4) !== 0 ? 0x1_0000_0000 : 0x1_0000;
  const edge = isDown ? (random.chance(0.7) ? last + 9 : top) : random.pick([last + 1, last + 1, top]);
  // What lies at the edge is in the middle of the data pages.
  const base = (DATA + 0x1000 - (edge % 0x1_0000_0000)) >>> 0;
  s.arena.setDescriptor(FREE, { type, flags, limit, base });
  return { text: `type ${type.toString(16)} flags ${flags} limit ${limit.toString(16)}`, edge };
}

/** Instructions that use the stack: 16 and 32 bits wide. */
const STACK_USES: readonly Form[] = [
  { text: 'push eax', bytes: [0x50] },
  { text: 'push ax', bytes: [0x66, 0x50] },
  { text: 'push esp', bytes: [0x54] },
  { text: 'pop eax', bytes: [0x58] },
  { text: 'pop esp', bytes: [0x5c] },
  { text: 'pusha', bytes: [0x60] },
  { text: 'pushaw', bytes: [0x66, 0x60] },
  { text: 'popa', bytes: [0x61] },
  { text: 'popaw', bytes: [0x66, 0x61] },
  { text: 'pushf', bytes: [0x9c] },
  { text: 'popf', bytes: [0x9d] },
  { text: 'call', bytes: [0xe8, 0, 0, 0, 0] },
  { text: 'callw', bytes: [0x66, 0xe8, 0, 0] },
  { text: 'ret', bytes: [0xc3] },
  { text: 'retf', bytes: [0xcb] },
  { text: 'iretd', bytes: [0xcf] },
  { text: 'iretw', bytes: [0x66, 0xcf] },
  { text: 'enter 8, 0', bytes: [0xc8, 8, 0, 0] },
  { text: 'enter 8, 2', bytes: [0xc8, 8, 0, 2] },
  { text: 'leave', bytes: [0xc9] },
  { text: 'push cs', bytes: [0x66, 0x0e] },
  { text: 'mov eax, [esp]', bytes: [0x8b, 0x04, 0x24] },
  { text: 'mov [ebp], eax', bytes: [0x89, 0x45, 0x00] },
  { text: 'xchg [esp - 4], eax', bytes: [0x87, 0x44, 0x24, 0xfc] },
];

/** A small stack of either size, used near its limits. Handlers have the stack of level 0. */
export function stackAccess(random: Random): Scenario {
  const s = new Scenario(Kind.Protected, 'stacks');
  const level = random.pick([1, 2, 3]);
  const use = random.pick(STACK_USES);
  const isDown = random.chance(0.5);
  const flags = random.pick([0, 4]);
  const limit = isDown ? 0x4fff : random.pick([0x4fff, 0x5003, 0xffff]);
  const edges = isDown ? [0x5000, 0x1_0000, 0] : [limit + 1, 0, 0x1_0000];
  // What is below the base, where offsets wrap to, and what follows it is zero.
  const base = LDT;
  s.arena.setDescriptor(FREE, { type: DATA_TYPE | (isDown ? 4 : 0) | (level << 5), flags, limit, base });
  const rsp = Math.max(
    0,
    random.pick(edges) + random.pick([0, 2, 4, 8, 12, 16, 32, -1, -2, -3, -4, -6, -8, -16]),
  );
  startProtected(s, { level, rsp: (random.chance(0.3) ? 0x8_0000 : 0) + rsp, ss: FREE | level });
  s.registers[5] = BigInt(rsp);
  program(s, use.bytes);
  s.name = `${use.text} at level ${level}, sp ${rsp.toString(16)} flags ${flags} limit ${limit.toString(16)} ${isDown ? 'down' : 'up'}`;
  return s;
}
