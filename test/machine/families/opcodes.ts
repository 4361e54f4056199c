/** What may be executed at all: undefined opcodes and aliases, LOCK, lengths, privileged instructions, I/O permission. */
import { Cr0, Cr4, Rflags } from '../../../assembly/abi/processor-bits.js';
import type { Random } from '../../silicon/random.js';
import { CODE, DATA, dataSelector, FREE, IO_MAP, TSS } from '../arena.js';
import { Kind, Scenario } from '../scenario.js';
import { program, startLong, startProtected, startReal } from '../start.js';
import { randomFlags } from './interrupts.js';

/** Opcodes that are undefined, undocumented, or another's alias; a ModRM byte and operands may follow. */
const ODD: readonly (readonly number[])[] = [
  ...[[0xd6], [0xf1], [0x0f, 0xff], [0x0f, 0xb9], [0x0f, 0x0b], [0x0f, 0x04], [0x0f, 0x0a], [0x0f, 0x0c]],
  ...[
    [0x0f, 0x24],
    [0x0f, 0x26],
    [0x0f, 0x36],
    [0x0f, 0x39],
    [0x0f, 0x3f],
    [0x0f, 0xa6],
    [0x0f, 0xa7],
  ],
  ...[
    [0x82],
    [0xc0],
    [0xc1],
    [0xd0],
    [0xd1],
    [0xd2],
    [0xd3],
    [0xf6],
    [0xf7],
    [0xfe],
    [0xff],
    [0x8f],
    [0xc6],
    [0xc7],
  ],
  ...[
    [0x0f, 0x18],
    [0x0f, 0x19],
    [0x0f, 0x1c],
    [0x0f, 0x1f],
    [0x0f, 0x0d],
    [0x0f, 0xba],
    [0x0f, 0xc7],
  ],
  ...[[0x0f, 0x00], [0x0f, 0x20], [0x0f, 0x22], [0x0f, 0x21], [0x0f, 0x23], [0x8c], [0x8e], [0x8d], [0x62]],
  ...[
    [0x0f, 0xb2],
    [0xc4],
    [0xc5],
    [0x63],
    [0x0f, 0xaf],
    [0x0f, 0x05],
    [0x0f, 0x07],
    [0x0f, 0x34],
    [0x0f, 0x35],
  ],
];

/** Instructions that LOCK may precede when their operand is in memory, and some that it may not. */
const LOCKED: readonly (readonly number[])[] = [
  ...[
    [0x00],
    [0x01],
    [0x09],
    [0x11],
    [0x19],
    [0x21],
    [0x29],
    [0x31],
    [0x39],
    [0x03],
    [0x33],
    [0x80],
    [0x81],
    [0x83],
  ],
  ...[
    [0x84],
    [0x86],
    [0x87],
    [0x88],
    [0x8b],
    [0xf6],
    [0xf7],
    [0xfe],
    [0xff],
    [0x0f, 0xab],
    [0x0f, 0xb3],
    [0x0f, 0xbb],
  ],
  ...[
    [0x0f, 0xa3],
    [0x0f, 0xba],
    [0x0f, 0xb0],
    [0x0f, 0xb1],
    [0x0f, 0xc0],
    [0x0f, 0xc1],
    [0x0f, 0xc7],
    [0x0f, 0x1f],
  ],
  ...[[0x90], [0xa4], [0x0f, 0x20]],
];

const NOP = 0x90;
const WITHOUT_MODRM = new Set([0x90, 0xa4, 0xd6, 0xf1]);
/** Repeated to reach the limit of 15 bytes. */
const FILLERS = [0x66, 0x67, 0x2e, 0x3e, 0x64, 0xf2, 0xf3];

export function oddOpcode(random: Random): Scenario {
  const kind = random.pick([Kind.Protected, Kind.Protected, Kind.Long, Kind.Real]);
  const s = new Scenario(kind, 'opcodes');
  const level = kind === Kind.Real ? 0 : 3; // whoever changes ESP at level 0 has no stack for the end
  const flags = randomFlags(random) & ~(Rflags.Nt | Rflags.Df);
  if (kind === Kind.Long) startLong(s, { level, flags });
  else if (kind === Kind.Real) startReal(s, { flags: flags & 0xfff });
  else startProtected(s, { level, flags });
  if (kind === Kind.Long) enableLong(s);
  for (const register of [0, 1, 2, 3, 6, 7]) s.registers[register] = BigInt(DATA + 0x10 * register);
  for (let i = 0; i < 0x80; i += 4) s.arena.u32(DATA + i, random.u32() & 0xf);
  const bytes = randomInstruction(random);
  program(s, bytes);
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  s.name = `${hex} at level ${level} of ${Kind[kind]}`;
  return s;
}

/** Memory operands are at registers that point to the data pages, or registers themselves. */
function randomInstruction(random: Random): number[] {
  const isLocked = random.chance(0.4);
  const opcode = random.pick(isLocked ? LOCKED : ODD);
  const modrm = random.chance(0.5)
    ? 0xc0 | random.below(64)
    : (random.below(8) << 3) | random.pick([1, 2, 3, 6, 7]);
  const operands = WITHOUT_MODRM.has(opcode[0] ?? 0) ? [] : [modrm];
  const body = [...opcode, ...operands, NOP, NOP, NOP, NOP];
  // RDRAND and RDSEED differ everywhere.
  if (opcode[1] === 0xc7 && modrm >= 0xf0) return randomInstruction(random);
  const prefixes = isLocked ? [0xf0] : random.chance(0.2) ? [0x66] : [];
  if (random.chance(0.15)) {
    const length = 15 - opcode.length + random.below(3) - 1;
    return [...Array<number>(Math.max(0, length)).fill(random.pick(FILLERS)), ...body];
  }
  return [...prefixes, ...body];
}

/** Paging that maps everything, as long mode must have. */
export function enableLong(s: Scenario): void {
  s.cr0 = (Cr0.Pe | Cr0.Et | Cr0.Pg) >>> 0;
  s.cr3 = 0x10000;
  s.cr4 |= Cr4.Pae;
  s.efer |= 0x100;
}

/** Instructions that the privilege level, IOPL or a control bit may forbid. */
const PRIVILEGED: readonly { readonly text: string; readonly bytes: readonly number[] }[] = [
  { text: 'clts', bytes: [0x0f, 0x06] },
  { text: 'hlt', bytes: [0xf4] },
  { text: 'invd', bytes: [0x0f, 0x08] },
  { text: 'wbinvd', bytes: [0x0f, 0x09] },
  { text: 'invlpg', bytes: [0x0f, 0x01, 0x3a] },
  { text: 'lgdt', bytes: [0x0f, 0x01, 0x52, 0x60] },
  { text: 'lidt', bytes: [0x0f, 0x01, 0x5a, 0x60] },
  { text: 'sgdt', bytes: [0x0f, 0x01, 0x02] },
  { text: 'sidt', bytes: [0x0f, 0x01, 0x0a] },
  { text: 'sldt eax', bytes: [0x0f, 0x00, 0xc0] },
  { text: 'str [edx]', bytes: [0x0f, 0x00, 0x0a] },
  { text: 'smsw eax', bytes: [0x0f, 0x01, 0xe0] },
  { text: 'lmsw ax', bytes: [0x0f, 0x01, 0xf0] },
  { text: 'mov eax, cr0', bytes: [0x0f, 0x20, 0xc0] },
  { text: 'mov eax, cr4', bytes: [0x0f, 0x20, 0xe0] },
  { text: 'mov eax, cr8', bytes: [0xf0, 0x0f, 0x20, 0xc0] },
  { text: 'mov cr0, eax', bytes: [0x0f, 0x22, 0xc0] },
  { text: 'mov cr4, eax', bytes: [0x0f, 0x22, 0xe0] },
  { text: 'mov eax, cr5', bytes: [0x0f, 0x20, 0xe8] },
  { text: 'mov eax, dr0', bytes: [0x0f, 0x21, 0xc0] },
  { text: 'mov dr7, eax', bytes: [0x0f, 0x23, 0xf8] },
  { text: 'rdmsr', bytes: [0x0f, 0x32] },
  { text: 'wrmsr', bytes: [0x0f, 0x30] },
  { text: 'rdpmc', bytes: [0x0f, 0x33] },
  { text: 'rdtsc; xor eax, eax; xor edx, edx', bytes: [0x0f, 0x31, 0x31, 0xc0, 0x31, 0xd2] },
  { text: 'cli', bytes: [0xfa] },
  { text: 'sti', bytes: [0xfb] },
  { text: 'stac', bytes: [0x0f, 0x01, 0xcb] },
  { text: 'clac', bytes: [0x0f, 0x01, 0xca] },
  { text: 'swapgs', bytes: [0x0f, 0x01, 0xf8] },
  { text: 'sysret', bytes: [0x0f, 0x07] },
  { text: 'sysexit', bytes: [0x0f, 0x35] },
];

export function privileged(random: Random): Scenario {
  const s = new Scenario(Kind.Protected, 'privilege');
  const level = random.pick([0, 1, 2, 3]);
  // HLT at level 0 would wait for ever.
  const form = random.pick(PRIVILEGED.filter(({ text }) => level > 0 || text !== 'hlt'));
  startProtected(s, { level, flags: (randomFlags(random) & ~Rflags.Nt) | (random.below(4) << 12) });
  s.cr4 = random.u32() & (Cr4.Tsd | Cr4.Pce | Cr4.De);
  if (random.chance(0.3)) s.cr0 |= Cr0.Ts;
  s.registers[0] = BigInt(random.pick([0x11, 0x31, 0x19, 0x80000010, 0x20000011, 0x1_0000_0000 - 1]));
  s.registers[2] = BigInt(DATA);
  s.registers[1] = 0xc0000200n; // no MSR
  s.arena.u32(DATA + 0x60, 0x10007ff);
  s.arena.u32(DATA + 0x64, 0);
  program(s, form.bytes);
  s.name = `${form.text} at level ${level} with cr4 ${s.cr4.toString(16)} eax ${s.registers[0].toString(16)}`;
  return s;
}

const PORT_USES: readonly { readonly text: string; readonly bytes: readonly number[] }[] = [
  { text: 'in al, dx', bytes: [0xec] },
  { text: 'in ax, dx', bytes: [0x66, 0xed] },
  { text: 'in eax, dx', bytes: [0xed] },
  { text: 'out dx, al', bytes: [0xee] },
  { text: 'out dx, eax', bytes: [0xef] },
  { text: 'insb', bytes: [0x6c] },
  { text: 'rep outsw', bytes: [0xf3, 0x66, 0x6f] },
  { text: 'rep insd', bytes: [0xf3, 0x6d] },
];

/** Ports of which none has a device, and the I/O map that allows them or not. */
export function ioPermission(random: Random): Scenario {
  const s = new Scenario(Kind.Protected, 'I/O permission');
  const level = random.pick([1, 3, 3, 3]);
  const iopl = random.below(4);
  const use = random.pick(PORT_USES);
  startProtected(s, { level, flags: iopl << 12 });
  const port = random.pick([0x1e0, 0x1e5, 0x1e6, 0x1e7, 0x390, 0x398, 0x3b7, 0x3b8, 0xfff0]);
  const map = random.pick([0, 0, 0xffffffff, random.u32()]);
  for (let i = IO_MAP + 0x38; i < IO_MAP + 0x40; i += 4) s.arena.u32(TSS + i, map);
  for (let i = IO_MAP + 0x70; i < IO_MAP + 0x74; i += 4) s.arena.u32(TSS + i, map);
  if (random.chance(0.2)) s.arena.u16(TSS + 0x66, random.pick([0, 0x67, 0x80, 0xfe, 0xff, 0x100, 0xffff]));
  if (random.chance(0.2)) {
    const limit = random.pick([0x67, 0x66, 0x65, 0xc3, 0xc4, 0xc5, 0x67]);
    const type = random.chance(0.8) ? 0x89 : 0x81;
    s.arena.setDescriptor(FREE + 0x10, { type, base: TSS, limit, flags: 0 });
    s.tr = FREE + 0x10;
  }
  s.registers[1] = 2n;
  s.registers[2] = BigInt(port);
  s.registers[6] = s.registers[7] = BigInt(DATA);
  s.ds = s.es = dataSelector(level);
  program(s, use.bytes, CODE);
  s.name = `${use.text} at level ${level} with IOPL ${iopl}, port ${port.toString(16)} map ${map.toString(16)}`;
  return s;
}
