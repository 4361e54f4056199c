/** Virtual-8086 mode with and without its extensions, and the virtual interrupt flag of protected mode (APM vol 2 §8.10). */
import { Cr4, Rflags } from '../../../assembly/abi/processor-bits.js';
import type { Random } from '../../silicon/random.js';
import {
  CODE,
  DATA,
  INTERRUPT_GATE,
  IO_MAP,
  KALIAS,
  REDIRECTION_MAP,
  STUB_BYTES,
  TARGET,
  TSS,
} from '../arena.js';
import { Kind, Scenario } from '../scenario.js';
import { program, startProtected, startV86, word } from '../start.js';

/** No device answers at this port in any of the machines. */
const FREE_PORT = 0xb4;

interface Form {
  readonly text: string;
  readonly bytes: readonly number[];
}

/** Instructions that are special in virtual-8086 mode. DS is at DATA, SS:SP has an interrupt frame to TARGET. */
const FORMS: readonly Form[] = [
  { text: 'cli', bytes: [0xfa] },
  { text: 'sti', bytes: [0xfb] },
  { text: 'pushf', bytes: [0x9c] },
  { text: 'pushfd', bytes: [0x66, 0x9c] },
  { text: 'popf', bytes: [0x9d] },
  { text: 'popfd', bytes: [0x66, 0x9d] },
  { text: 'iret', bytes: [0xcf] },
  { text: 'iretd', bytes: [0x66, 0xcf] },
  { text: 'int 20h', bytes: [0xcd, 0x20] },
  { text: 'int 21h', bytes: [0xcd, 0x21] },
  { text: 'int 0ffh', bytes: [0xcd, 0xff] },
  { text: 'int 0dh', bytes: [0xcd, 0x0d] },
  { text: 'int3', bytes: [0xcc] },
  { text: 'int1', bytes: [0xf1] },
  { text: 'add al, 7fh; into', bytes: [0xb0, 0x7f, 0x04, 0x7f, 0xce] },
  { text: 'hlt', bytes: [0xf4] },
  { text: 'in al, 0b4h', bytes: [0xe4, 0xb4] },
  { text: 'out 0b4h, ax', bytes: [0xe7, 0xb4] },
  { text: 'in al, dx', bytes: [0xec] },
  { text: 'outsb', bytes: [0x6e] },
  { text: 'lgdt', bytes: [0x0f, 0x01, 0x16, 0, 0] },
  { text: 'sgdt', bytes: [0x0f, 0x01, 0x06, 0, 0] },
  { text: 'smsw ax', bytes: [0x0f, 0x01, 0xe0] },
  { text: 'lmsw ax', bytes: [0x0f, 0x01, 0xf0] },
  { text: 'mov eax, cr0', bytes: [0x0f, 0x20, 0xc0] },
  { text: 'mov eax, dr7', bytes: [0x0f, 0x21, 0xf8] },
  { text: 'clts', bytes: [0x0f, 0x06] },
  { text: 'arpl', bytes: [0x63, 0xc1] },
  { text: 'lar', bytes: [0x0f, 0x02, 0xc1] },
  { text: 'str ax', bytes: [0x0f, 0x00, 0xc8] },
  { text: 'sysenter', bytes: [0x0f, 0x34] },
  { text: 'mov ax, [0ffffh]', bytes: [0xa1, 0xff, 0xff] },
  { text: 'mov eax, [0fffdh]', bytes: [0x66, 0xa1, 0xfd, 0xff] },
  { text: 'mov [10000h], eax', bytes: [0x66, 0x67, 0xa3, 0, 0, 1, 0] },
  { text: 'mov ss, ax; pushf', bytes: [0x8e, 0xd0, 0x9c] },
  { text: 'push es; pop ds', bytes: [0x06, 0x1f] },
  { text: 'lds', bytes: [0xc5, 0x06, 0, 0] },
  { text: 'call far', bytes: [0x9a, 0, 0, ...word(TARGET >> 4)] },
  { text: 'jmp far 32', bytes: [0x66, 0xea, 0, 0, 1, 0, ...word(TARGET >> 4)] },
  { text: 'retf', bytes: [0xcb] },
  { text: 'rdtsc', bytes: [0x0f, 0x31, 0x66, 0x31, 0xc0, 0x66, 0x31, 0xd2] },
  { text: 'ud2', bytes: [0x0f, 0x0b] },
  { text: 'xor ax, ax; div al', bytes: [0x31, 0xc0, 0xf6, 0xf0] },
];

/** Where an interrupt that is redirected comes to: a program that does INT3. */
const V86_HANDLER = TARGET >> 4;
const HANDLER_BYTES = [0x90, 0xcc] as const;
const FRAME_FLAGS = 0x7fd5;

export function virtual8086(random: Random): Scenario {
  const s = new Scenario(Kind.Protected, 'v86');
  const form = random.pick(FORMS);
  const iopl = random.pick([0, 3, 3, 1]);
  if (random.chance(0.6)) s.cr4 = Cr4.Vme;
  const virtual = random.u32() & (Rflags.Vif | (random.chance(0.3) ? Rflags.Vip : 0));
  const flags = (random.u32() & 0x44cd5) | (random.u32() & Rflags.If) | (iopl << 12) | virtual;
  const sp = random.chance(0.9) ? 0xaf00 : random.pick([0, 1, 2, 4, 6, 0xfffe, 0xffff, 0xfffa]);
  startV86(s, { flags: flags & ~Rflags.Nt, rsp: sp }, { ds: DATA >> 4, es: random.u32() & 0x7ff });
  setUpFrame(s, random, 0xaf00);
  setUpVectors(s, random);
  s.registers[0] = BigInt(random.u32());
  s.registers[2] = BigInt(random.pick([FREE_PORT, FREE_PORT + 1, 0x3b0]));
  program(s, form.bytes, CODE);
  s.name = `${form.text} with IOPL ${iopl}${s.cr4 ? ' VME' : ''} flags ${flags.toString(16)} sp ${sp.toString(16)}`;
  return s;
}

/** What POPF, IRET and RETF find. */
function setUpFrame(s: Scenario, random: Random, sp: number): void {
  const flags = random.u32() & (random.chance(0.8) ? FRAME_FLAGS & ~0x100 : FRAME_FLAGS);
  if (random.chance(0.5)) [0, V86_HANDLER, flags].forEach((value, i) => s.arena.u16(sp + 2 * i, value));
  else
    [0, V86_HANDLER, flags | (random.u32() & 0x3f0000)].forEach((value, i) => s.arena.u32(sp + 4 * i, value));
}

/** The program's own vectors, the redirection map and the I/O map, gates of the monitor. */
function setUpVectors(s: Scenario, random: Random): void {
  s.arena.put(TARGET, ...HANDLER_BYTES);
  for (const vector of [0, 1, 3, 4, 13, 0x20, 0x21, 0xff]) {
    s.arena.u16(4 * vector, 0);
    s.arena.u16(4 * vector + 2, V86_HANDLER);
  }
  for (let i = 0; i < 32; i += 4)
    s.arena.u32(TSS + REDIRECTION_MAP + i, random.pick([0, 0xffffffff, random.u32()]));
  s.arena.u8(TSS + IO_MAP + (FREE_PORT >> 3), random.pick([0, 0x10, 0x20, 0x30]));
  if (random.chance(0.1)) s.arena.u16(TSS + 0x66, random.pick([0x20, 0x68, 0xff, 0x11f, 0xffff]));
  if (random.chance(0.3)) {
    const dpl = random.pick([0, 3]) << 5;
    const type = random.chance(0.5) ? INTERRUPT_GATE : 0x87;
    const offset = 0x1000 + STUB_BYTES * 0x20;
    s.arena.setGate(0x20, { type: type | dpl, selector: KALIAS, offset });
  }
}

/** CLI, STI, PUSHF, POPF and IRET at level 3 of protected mode, with CR4.PVI and without. */
const FLAG_FORMS: readonly Form[] = FORMS.slice(0, 8).map(({ text, bytes }) => ({
  text,
  // Operand sizes are the other way round in 32-bit code.
  bytes:
    bytes[0] === 0x66 ? bytes.slice(1) : bytes.length === 1 && bytes[0]! >= 0xfa ? bytes : [0x66, ...bytes],
}));

export function virtualInterrupts(random: Random): Scenario {
  const s = new Scenario(Kind.Protected, 'virtual interrupts');
  const form = random.pick(FLAG_FORMS);
  const level = random.pick([3, 3, 1, 0]);
  const iopl = random.below(4);
  s.cr4 = random.pick([Cr4.Pvi, Cr4.Pvi, 0, Cr4.Vme]);
  const virtual = random.u32() & (Rflags.Vif | (random.chance(0.3) ? Rflags.Vip : 0));
  const flags = (random.u32() & 0xcd5) | (iopl << 12) | virtual;
  const rsp = 0xaf00;
  startProtected(s, { level, flags, rsp });
  const isPop = form.text.startsWith('popf');
  const image = (random.u32() & 0x3f7fd5 & ~0x24100) | 2;
  const cs = [0x08, 0x39, 0x4a, 0x5b][level]!;
  const words = isPop ? [image] : [TARGET, cs, image];
  words.forEach((value, i) => {
    if (form.bytes[0] === 0x66) s.arena.u16(rsp + 2 * i, value);
    else s.arena.u32(rsp + 4 * i, value);
  });
  program(s, form.bytes);
  s.name = `${form.text} at level ${level} with IOPL ${iopl} cr4 ${s.cr4} flags ${flags.toString(16)}`;
  return s;
}
