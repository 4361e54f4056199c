/** Real mode: segments of 64 KiB, the interrupt vector table and its limit, and what does not exist there. */
import type { Random } from '../../silicon/random.js';
import { CODE, DATA, TARGET } from '../arena.js';
import { Kind, Scenario } from '../scenario.js';
import { program, startReal, word } from '../start.js';
import { randomFlags } from './interrupts.js';

const FORMS: readonly { readonly text: string; readonly bytes: readonly number[] }[] = [
  { text: 'int 20h', bytes: [0xcd, 0x20] },
  { text: 'int 0ffh', bytes: [0xcd, 0xff] },
  { text: 'int3', bytes: [0xcc] },
  { text: 'int1', bytes: [0xf1] },
  { text: 'xor ax, ax; div al', bytes: [0x31, 0xc0, 0xf6, 0xf0] },
  { text: 'mov al, 7fh; add al, al; into', bytes: [0xb0, 0x7f, 0x00, 0xc0, 0xce] },
  { text: 'bound ax, [0]', bytes: [0x62, 0x06, 0, 0] },
  { text: 'mov ax, [0ffffh]', bytes: [0xa1, 0xff, 0xff] },
  { text: 'mov eax, [0fffdh]', bytes: [0x66, 0xa1, 0xfd, 0xff] },
  { text: 'mov [10000h], al', bytes: [0x67, 0xa2, 0, 0, 1, 0] },
  { text: 'mov ss:[bp], ax', bytes: [0x89, 0x46, 0x00] },
  { text: 'push ax', bytes: [0x50] },
  { text: 'push eax', bytes: [0x66, 0x50] },
  { text: 'pop ax', bytes: [0x58] },
  { text: 'pusha', bytes: [0x60] },
  { text: 'popa', bytes: [0x61] },
  { text: 'pushf; popf', bytes: [0x9c, 0x9d] },
  { text: 'pushfd; popfd', bytes: [0x66, 0x9c, 0x66, 0x9d] },
  { text: 'popf', bytes: [0x9d] },
  { text: 'popfd', bytes: [0x66, 0x9d] },
  { text: 'iret', bytes: [0xcf] },
  { text: 'iretd', bytes: [0x66, 0xcf] },
  { text: 'retf', bytes: [0xcb] },
  { text: 'retf 4', bytes: [0xca, 4, 0] },
  { text: 'retfd', bytes: [0x66, 0xcb] },
  { text: 'call far', bytes: [0x9a, 0, 0, ...word(TARGET >> 4)] },
  { text: 'call far 32', bytes: [0x66, 0x9a, 0, 0, 0, 0, ...word(TARGET >> 4)] },
  { text: 'jmp far beyond the limit', bytes: [0x66, 0xea, 0, 0, 1, 0, ...word(TARGET >> 4)] },
  { text: 'call far beyond the limit', bytes: [0x66, 0x9a, 0, 0, 1, 0, ...word(TARGET >> 4)] },
  { text: 'jmp near beyond the limit', bytes: [0x66, 0xe9, 0, 0, 1, 0] },
  { text: 'les ax, [0]', bytes: [0xc4, 0x06, 0, 0] },
  { text: 'lss sp, [0]', bytes: [0x0f, 0xb2, 0x26, 0, 0] },
  { text: 'mov ss, bx; nop', bytes: [0x8e, 0xd3, 0x90] },
  { text: 'lldt ax', bytes: [0x0f, 0x00, 0xd0] },
  { text: 'lar', bytes: [0x0f, 0x02, 0xc1] },
  { text: 'arpl', bytes: [0x63, 0xc1] },
  { text: 'sgdt [0]', bytes: [0x0f, 0x01, 0x06, 0, 0] },
  { text: 'lidt [0]; int 20h', bytes: [0x0f, 0x01, 0x1e, 0, 0, 0xcd, 0x20] },
  { text: 'smsw ax', bytes: [0x0f, 0x01, 0xe0] },
  { text: 'mov eax, cr0', bytes: [0x0f, 0x20, 0xc0] },
  { text: 'mov eax, 80000010h; mov cr0, eax', bytes: [0x66, 0xb8, 0x10, 0, 0, 0x80, 0x0f, 0x22, 0xc0] },
  { text: 'mov eax, dr4', bytes: [0x0f, 0x21, 0xe0] },
  { text: 'clts', bytes: [0x0f, 0x06] },
  { text: 'cli; sti; pushf', bytes: [0xfa, 0xfb, 0x9c] },
  { text: 'rep movsb to the end', bytes: [0xb9, 8, 0, 0xbe, 0, 0, 0xbf, 0xfc, 0xff, 0xf3, 0xa4] },
  { text: 'rep stosw to the end', bytes: [0xb9, 4, 0, 0xbf, 0xfb, 0xff, 0xf3, 0xab] },
  { text: 'a32 lodsb', bytes: [0x66, 0xbe, 0, 0, 1, 0, 0x67, 0xac] },
  { text: 'sysenter', bytes: [0x0f, 0x34] },
  { text: 'syscall', bytes: [0x0f, 0x05] },
  { text: 'salc', bytes: [0xd6] },
  { text: 'enter 4, 1', bytes: [0xc8, 4, 0, 1] },
  { text: 'leave', bytes: [0xc9] },
];

/** Well above everything that is in use. */
const STACK_SEGMENT = 0xa00;

export function realMode(random: Random): Scenario {
  const s = new Scenario(Kind.Real, 'real mode');
  const form = random.pick(FORMS);
  const flags = randomFlags(random) & 0xfed5 & (random.chance(0.3) ? 0xffff : ~0x4000);
  const edges = form.text.includes('ret')
    ? [8, 0xc, 0x10, 0xfff8, 0xfffc]
    : [6, 7, 8, 0xa, 0xffff, 0xfff8, 0xfffa];
  const sp = random.chance(0.6) ? 0xaf00 : random.pick(edges);
  // A stack that wraps must not meet the vectors.
  const ss = sp < 0x100 ? STACK_SEGMENT : 0;
  startReal(s, { flags: flags | (random.chance(0.15) ? 0x100 : 0), rsp: sp, ss });
  s.ds = DATA >> 4;
  s.es = DATA >> 4;
  const frame = [0, TARGET >> 4, random.u32() & 0x7ed5, 0x1234, 0x5678];
  frame.forEach((value, i) => s.arena.u16(0xaf00 + 2 * i, value));
  [random.pick([0x3ff, 0x83, 0x82, 0x7f]), 0, 0, random.u32() & 0xffff].forEach((value, i) =>
    s.arena.u16(DATA + 2 * i, value),
  );
  // Returns by way of the last words of the segment come to the target page too.
  for (let i = 0xfff0; i < 0x10000; i += 2) s.arena.u16(i, TARGET >> 4);
  if (ss !== 0) for (let i = 0; i < 0x20; i += 2) s.arena.u16(16 * ss + sp + i, TARGET >> 4);
  if (random.chance(0.2))
    s.idtr = { base: 0, limit: random.pick([0x7f, 0x80, 0x82, 0x83, 0x33, 0x37, 0x3f]) };
  for (const register of [0, 5]) s.registers[register] = BigInt(random.u32());
  s.registers[3] = BigInt(STACK_SEGMENT);
  if (random.chance(0.3)) s.registers[5] = BigInt(random.pick([0xffff, 0xfffe, 0x1_0000]));
  program(s, form.bytes, CODE);
  s.name = `${form.text} with flags ${flags.toString(16)}, sp ${sp.toString(16)}, vectors up to ${s.idtr.limit.toString(16)}`;
  return s;
}
