/** Long mode: gates with stacks of their own, 64-bit and compatibility code, system calls, addresses that are not canonical. */
import { gate, LONG } from '../../helpers/segmented-machine.js';
import type { Random } from '../../silicon/random.js';
import {
  CODE64_3,
  CODE_TYPE,
  codeSelector,
  DATA,
  DATA_TYPE,
  dataSelector,
  descriptorAddress,
  FREE,
  IDT,
  KCODE,
  KCODE64,
  STACK3,
  STUB_BYTES,
  STUBS64,
  TARGET,
  TSS,
} from '../arena.js';
import { Kind, Scenario } from '../scenario.js';
import { dword, program, stackOf, startLong, word } from '../start.js';
import { CAUSES, randomFlags } from './interrupts.js';
import { enableLong } from './opcodes.js';

const NT = 0x4000;
const NON_CANONICAL = 0x0000_8000_0000_0000n;
const ARRIVAL64 = STUBS64 + STUB_BYTES * 0x42;
const CALL_GATE = 0x8c;
/** A canonical address with nothing there. */
const UNMAPPED = 0xffff_8000_0000_0000n;

function longScenario(random: Random, level: number, flags: number, cs?: number): Scenario {
  const s = new Scenario(Kind.Long, 'long mode');
  startLong(s, {
    level,
    flags: flags & ~NT,
    ...(cs === undefined ? {} : { cs }),
    rsp: stackOf(level) - 0x100,
  });
  enableLong(s);
  s.registers[2] = BigInt(DATA);
  return s;
}

/** Level 3 runs 64-bit or 32-bit code. */
function randomCode(random: Random, level: number): number | undefined {
  return level === 3 && random.chance(0.4) ? codeSelector(3) : undefined;
}

export function longInterrupt(random: Random): Scenario {
  const level = random.pick([0, 3, 3]);
  const cs = randomCode(random, level);
  const s = longScenario(random, level, randomFlags(random), cs);
  const cause = random.pick(CAUSES);
  program(s, cause.bytes);
  const text = randomLongGate(s, random, cause.vector);
  if (random.chance(0.2)) {
    const field = TSS + random.pick([4, 0x24]);
    s.arena.u64(field, random.pick([NON_CANONICAL, 0x8ff8n, 0x8ff1n, 0x8008n, UNMAPPED]));
  }
  if (random.chance(0.2)) s.arena.u64(STACK3 - 0x100 - 8, 0n);
  s.name = `${cause.text} at level ${level}${cs === undefined ? '' : ' of 32 bits'}, ${text}`;
  return s;
}

function randomLongGate(s: Scenario, random: Random, vector: number): string {
  const type = random.pick([14, 15, 14, random.below(16)]);
  const dpl = random.pick([0, 3, 3]);
  const present = random.chance(0.95) ? 0x80 : 0;
  const ist = random.pick([0, 0, 1, 2]);
  const isKernel = random.chance(0.6);
  const selector = isKernel ? KCODE64 : randomLongCode(s, random);
  const offset = isKernel ? STUBS64 + STUB_BYTES * vector : TARGET;
  s.arena.setLongGate(vector, { type: present | (dpl << 5) | type, selector, offset, ist });
  if (random.chance(0.1)) s.arena.u32(IDT + 16 * vector + 8, random.pick([0x8000, 0xffff8000, 1]));
  return `gate type ${type} dpl ${dpl} ist ${ist}${present ? '' : ' absent'} to ${selector.toString(16)}`;
}

function randomLongCode(s: Scenario, random: Random): number {
  if (random.chance(0.3)) return random.pick([0, KCODE, CODE64_3, dataSelector(0), 0xfff8]);
  const dpl = random.below(4);
  const type = CODE_TYPE | (random.chance(0.4) ? 4 : 0) | (dpl << 5);
  s.arena.setDescriptor(FREE, {
    type: (random.chance(0.9) ? type : DATA_TYPE) & (random.chance(0.9) ? 0xff : 0x7f),
    flags: random.pick([LONG, LONG, LONG | 8, 4, 6, 0]),
    limit: random.pick([0xfffff, 0]),
  });
  return FREE | random.below(4);
}

/** Far transfers from 64-bit and compatibility code, directly and through the 16-byte call gates. */
export function longTransfer(random: Random): Scenario {
  const level = random.pick([0, 3, 3]);
  const cs = randomCode(random, level);
  const s = longScenario(random, level, randomFlags(random), cs);
  const isGate = random.chance(0.5);
  const selector = isGate ? makeLongGate(s, random, level) : randomLongCode(s, random);
  const target = random.chance(0.1) ? 0x0200_0000 : TARGET;
  const form = random.below(cs === undefined ? 4 : 3);
  s.arena.put(DATA, ...dword(target), ...word(selector));
  if (form === 3)
    s.arena.put(DATA, ...dword(target), ...dword(random.chance(0.2) ? 0x8000 : 0), ...word(selector));
  const modrm = random.chance(0.5) ? 0x2a : 0x1a;
  const prefixes = [[], [0x66], [], [0x48]][form]!;
  program(s, [...prefixes, 0xff, modrm]);
  if (form === 1) s.arena.put(DATA, ...word(target), ...word(selector));
  if (random.chance(0.15)) s.arena.u64(TSS + 4, random.pick([NON_CANONICAL, UNMAPPED]));
  const verb = modrm === 0x2a ? 'jmp' : 'call';
  const size = cs === undefined ? 64 : 32;
  s.name = `${verb} far form ${form} of ${size}-bit code at level ${level} to ${selector.toString(16)}${isGate ? ', a gate' : ''}`;
  return s;
}

function makeLongGate(s: Scenario, random: Random, level: number): number {
  const selector = FREE + 0x20;
  const type =
    random.pick([CALL_GATE, CALL_GATE, CALL_GATE, 0x84, 0x0c, 0x85, 0x89]) | (random.chance(0.8) ? 0x60 : 0);
  const isKernel = random.chance(0.5);
  const code = isKernel ? KCODE64 : randomLongCode(s, random);
  s.arena.u64(descriptorAddress(selector), gate(code, isKernel ? ARRIVAL64 : TARGET, type));
  const upper = random.chance(0.85)
    ? 0n
    : random.pick([0x8000n, 1n, 0xffff8000n, 0x0100_0000_0000n, 0xf00_0000_0000n]);
  s.arena.u64(descriptorAddress(selector) + 8, upper);
  return selector | (random.chance(0.8) ? level : random.below(4));
}

/** IRETQ, IRETD, IRETW and RETF to every kind of code and stack. */
export function longReturn(random: Random): Scenario {
  const level = random.pick([0, 0, 3]);
  const cs = randomCode(random, level);
  const s = longScenario(random, level, randomFlags(random), cs);
  const width = random.pick(cs === undefined ? [8, 8, 4, 2] : [4, 4, 2]);
  const isIret = random.chance(0.7);
  const outer = random.pick([level, 3]);
  const code = random.chance(0.5)
    ? random.pick([CODE64_3, codeSelector(outer), KCODE64])
    : randomLongCode(s, random);
  const stack = random.pick([dataSelector(outer), dataSelector(outer), 0, outer, FREE + 0x38]);
  const flags = BigInt((random.u32() & 0x3f7fd5 & ~0x24100) | 2 | (random.chance(0.1) ? NT : 0));
  const rip = random.chance(0.85) ? BigInt(TARGET) : random.pick([NON_CANONICAL, UNMAPPED, 0x1_0000_5000n]);
  const rsp = random.chance(0.85) ? BigInt(stackOf(outer)) : random.pick([NON_CANONICAL, 0x1_0000_aff0n]);
  const words = [rip, BigInt(code), ...(isIret ? [flags] : []), rsp, BigInt(stack)];
  const top = stackOf(level) - 0x100;
  words.forEach((value, i) => {
    if (width === 8) s.arena.u64(top + 8 * i, value);
    else if (width === 4) s.arena.u32(top + 4 * i, Number(value & 0xffffffffn));
    else s.arena.u16(top + 2 * i, Number(value & 0xffffn));
  });
  const prefixes = width === 8 ? [0x48] : width === 2 ? [0x66] : [];
  program(s, [...prefixes, isIret ? 0xcf : 0xcb]);
  s.name = `${isIret ? 'iret' : 'retf'} ${8 * width} at level ${level} to ${code.toString(16)}:${rip.toString(16)}, stack ${stack.toString(16)}`;
  return s;
}

/** SYSCALL and SYSRET with targets and selectors at random. */
export function systemCall(random: Random): Scenario {
  const isReturn = random.chance(0.6);
  const level = isReturn ? random.pick([0, 0, 0, 3]) : random.pick([0, 3, 3]);
  const cs = randomCode(random, level);
  const s = longScenario(random, level, randomFlags(random), cs);
  if (random.chance(0.9)) s.efer |= 1;
  s.star =
    (BigInt(random.pick([0x50, 0x53, 0x9b, 0x10])) << 48n) |
    (BigInt(random.pick([KCODE64, KCODE64, 0x50])) << 32n);
  const target = random.chance(0.85) ? BigInt(ARRIVAL64) : UNMAPPED;
  s.lstar = target;
  s.cstar = target;
  s.sfmask = random.u32() & 0x3f7fd5;
  s.registers[1] = random.chance(0.8)
    ? BigInt(TARGET)
    : random.pick([NON_CANONICAL, UNMAPPED, 0x1_0000_5000n]);
  s.registers[11] = BigInt(random.u32() & ~0x4100);
  const isWide = random.chance(0.6) && cs === undefined;
  program(s, [...(isWide ? [0x48] : []), 0x0f, isReturn ? 0x07 : 0x05]);
  const verb = isReturn ? 'sysret' : 'syscall';
  s.name = `${verb}${isWide ? 'q' : ''} at level ${level}, STAR ${s.star.toString(16)} RCX ${s.registers[1].toString(16)} R11 ${s.registers[11].toString(16)}`;
  return s;
}

/** Accesses by way of addresses that are not canonical, or wrap; and what loads bases into the processor. */
const ACCESSES: readonly { readonly text: string; readonly bytes: readonly number[] }[] = [
  { text: 'mov rax, [rbx]', bytes: [0x48, 0x8b, 0x03] },
  { text: 'mov [rbx], eax', bytes: [0x89, 0x03] },
  { text: 'mov rax, ss:[rbp]', bytes: [0x48, 0x8b, 0x45, 0x00] },
  { text: 'mov rsp, rbx; push rax', bytes: [0x48, 0x89, 0xdc, 0x50] },
  { text: 'mov rsp, rbx; pop rax', bytes: [0x48, 0x89, 0xdc, 0x58] },
  { text: 'jmp rbx', bytes: [0xff, 0xe3] },
  { text: 'call rbx', bytes: [0xff, 0xd3] },
  { text: 'push rbx; ret', bytes: [0x53, 0xc3] },
  { text: 'invlpg [rbx]', bytes: [0x0f, 0x01, 0x3b] },
  { text: 'lgdt [rbx]', bytes: [0x0f, 0x01, 0x13] },
  { text: 'lgdt [rdx]', bytes: [0x0f, 0x01, 0x12] },
  { text: 'lidt [rdx]', bytes: [0x0f, 0x01, 0x1a] },
  { text: 'sgdt [rdx]', bytes: [0x0f, 0x01, 0x02] },
  { text: 'movsq', bytes: [0x48, 0x89, 0xde, 0x48, 0x89, 0xd7, 0x48, 0xa5] },
  { text: 'mov eax, [ebx]', bytes: [0x67, 0x8b, 0x03] },
  { text: 'clflush [rbx]', bytes: [0x0f, 0xae, 0x3b] },
  { text: 'prefetch [rbx]', bytes: [0x0f, 0x18, 0x0b] },
  { text: 'lea rax, [rbx]', bytes: [0x48, 0x8d, 0x03] },
  { text: 'lldt ax', bytes: [0x66, 0xb8, ...word(FREE + 0x20), 0x0f, 0x00, 0xd0] },
  { text: 'ltr ax', bytes: [0x66, 0xb8, ...word(FREE + 0x20), 0x0f, 0x00, 0xd8] },
  { text: 'lar eax, ax', bytes: [0x66, 0xb8, ...word(FREE + 0x20), 0x0f, 0x02, 0xc0] },
  { text: 'lsl eax, ax', bytes: [0x66, 0xb8, ...word(FREE + 0x20), 0x0f, 0x03, 0xc0] },
  { text: 'swapgs; rdmsr', bytes: [0x0f, 0x01, 0xf8, 0xb9, 1, 1, 0, 0xc0, 0x0f, 0x32] },
  {
    text: 'wrmsr FS base',
    bytes: [0xb9, 0, 1, 0, 0xc0, 0x48, 0x89, 0xd8, 0x48, 0x89, 0xda, 0x48, 0xc1, 0xea, 32, 0x0f, 0x30],
  },
  {
    text: 'wrmsr LSTAR',
    bytes: [0xb9, 0x82, 0, 0, 0xc0, 0x48, 0x89, 0xd8, 0x48, 0x89, 0xda, 0x48, 0xc1, 0xea, 32, 0x0f, 0x30],
  },
  { text: 'mov ss, ax 0', bytes: [0x31, 0xc0, 0x8e, 0xd0] },
  { text: 'mov ss, ax 3', bytes: [0x66, 0xb8, 3, 0, 0x8e, 0xd0] },
  { text: 'mov ds, ax 0', bytes: [0x31, 0xc0, 0x8e, 0xd8, 0x8a, 0x02] },
];

export function canonical(random: Random): Scenario {
  const level = random.pick([0, 3]);
  const s = longScenario(random, level, 0);
  const access = random.pick(ACCESSES);
  const edges = [NON_CANONICAL, UNMAPPED, 0n - 8n, BigInt(DATA), 0x1_0000_6000n, 0x7fff_ffff_ffffn];
  const address = BigInt.asUintN(64, random.pick(edges) + BigInt(random.below(12) - 8));
  s.registers[3] = address;
  s.registers[5] = address;
  s.arena.u16(DATA, 0x7ff);
  s.arena.u64(DATA + 2, random.chance(0.5) ? 0x1000n : NON_CANONICAL);
  makeSystemDescriptor(s, random);
  program(s, access.bytes);
  s.name = `${access.text} at level ${level}, rbx ${address.toString(16)}`;
  return s;
}

/** An LDT or TSS of 16 bytes, good or not. */
function makeSystemDescriptor(s: Scenario, random: Random): void {
  const selector = FREE + 0x20;
  const type = random.pick([0x82, 0x89, 0x8b, 0x81, 0x83, 0x02, 0x09, 0x8c]) | (random.below(4) << 5);
  s.arena.setDescriptor(selector, { type, base: random.u32() & 0xffffff, limit: 0xfff, flags: 0 });
  const upper = random.pick([
    0n,
    0n,
    0x8000n,
    0xffff8000n,
    0x0100_0000_0000n,
    0x1f00_0000_0000n,
    0x1000_0000_0000n,
  ]);
  s.arena.u64(descriptorAddress(selector) + 8, upper);
}
