/** Breakpoints of every kind, GD, RF, and TF through every kind of transfer (APM vol 2 §13.1, §8.5). */
import { Cr4, Rflags } from '../../../assembly/abi/processor-bits.js';
import type { Random } from '../../silicon/random.js';
import { CODE, codeSelector, DATA, dataSelector, TARGET } from '../arena.js';
import { Kind, Scenario } from '../scenario.js';
import { dword, program, stackOf, startProtected, word } from '../start.js';

const TF = Rflags.Tf;

/** Programs whose every instruction is worth a breakpoint or a step. EDX is DATA, ECX is 3. */
const PROGRAMS: readonly { readonly text: string; readonly bytes: readonly number[] }[] = [
  { text: 'nop; nop', bytes: [0x90, 0x90] },
  { text: 'mov eax, [edx]; nop', bytes: [0x8b, 0x02, 0x90] },
  { text: 'mov [edx], eax; nop', bytes: [0x89, 0x02, 0x90] },
  { text: 'add [edx], al; nop', bytes: [0x00, 0x02, 0x90] },
  { text: 'rep stosb; nop', bytes: [0x89, 0xd7, 0xf3, 0xaa, 0x90] },
  { text: 'rep movsd; nop', bytes: [0x89, 0xd7, 0x8d, 0x72, 0x40, 0xf3, 0xa5, 0x90] },
  { text: 'mov ss, bx; mov eax, [edx]; nop', bytes: [0x8e, 0xd3, 0x8b, 0x02, 0x90] },
  { text: 'mov eax, [edx] at SS load', bytes: [0x8e, 0x53, 0x40, 0x90, 0x90] },
  { text: 'mov ss, bx; int 20h', bytes: [0x8e, 0xd3, 0xcd, 0x20] },
  { text: 'mov ss, bx; mov ss, bx; nop', bytes: [0x8e, 0xd3, 0x8e, 0xd3, 0x90] },
  { text: 'push ebx; pop ss; nop; nop', bytes: [0x53, 0x17, 0x90, 0x90] },
  { text: 'sti; nop; nop', bytes: [0xfb, 0x90, 0x90] },
  { text: 'pushf; popf; nop; nop', bytes: [0x9c, 0x9d, 0x90, 0x90] },
  {
    text: 'pushf; or [esp], 100h; popf; nop; nop',
    bytes: [0x9c, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0x90, 0x90],
  },
  {
    text: 'pushf; and [esp], ~100h; popf',
    bytes: [0x9c, 0x81, 0x24, 0x24, 0xff, 0xfe, 0xff, 0xff, 0x9d, 0x90],
  },
  { text: 'int 20h', bytes: [0xcd, 0x20] },
  { text: 'int3', bytes: [0xcc] },
  { text: 'int1', bytes: [0xf1] },
  { text: 'call; nop', bytes: [0xe8, 0, 0, 0, 0, 0x90] },
  { text: 'push; ret', bytes: [0x68, ...dword(TARGET), 0xc3] },
  { text: 'jmp; nop', bytes: [0xeb, 0x00, 0x90] },
  { text: 'loop; nop', bytes: [0xe2, 0xfe, 0x90] },
  { text: 'xor eax, eax; div al', bytes: [0x31, 0xc0, 0xf6, 0xf0] },
  { text: 'mov eax, dr7', bytes: [0x0f, 0x21, 0xf8] },
  { text: 'mov dr7, eax; nop', bytes: [0x0f, 0x23, 0xf8, 0x90] },
  { text: 'mov dr6, eax; mov eax, dr6', bytes: [0x0f, 0x23, 0xf0, 0x0f, 0x21, 0xf0] },
  { text: 'mov eax, dr4', bytes: [0x0f, 0x21, 0xe0] },
  { text: 'in al, 0b4h; nop', bytes: [0xe4, 0xb4, 0x90] },
  { text: 'out 0b4h, al; nop', bytes: [0xe6, 0xb4, 0x90] },
  { text: 'in eax, 0b4h; nop', bytes: [0xe5, 0xb4, 0x90] },
  { text: 'outsb', bytes: [0x66, 0xba, 0xb4, 0x00, 0x89, 0xd6, 0x6e, 0x90] },
  { text: 'rep outsb', bytes: [0x89, 0xd6, 0x66, 0xba, 0xb4, 0x00, 0xf3, 0x6e, 0x90] },
  { text: 'rep insd', bytes: [0x89, 0xd7, 0x66, 0xba, 0xb4, 0x00, 0xf3, 0x6d, 0x90] },
  {
    text: 'cpuid; nop',
    bytes: [0x31, 0xc0, 0x0f, 0xa2, 0x31, 0xc0, 0x31, 0xdb, 0x31, 0xc9, 0x31, 0xd2, 0x90],
  },
  { text: 'lgdt; nop', bytes: [0x0f, 0x01, 0x52, 0x60, 0x90] },
  { text: 'mov eax, cr0; mov cr0, eax; nop', bytes: [0x0f, 0x20, 0xc0, 0x0f, 0x22, 0xc0, 0x90] },
  { text: 'les; nop', bytes: [0xc4, 0x4a, 0x60, 0x90] },
  { text: 'fs mov al, [edx]; enter', bytes: [0x64, 0x8a, 0x02, 0xc8, 4, 0, 0, 0x90] },
  { text: 'iretd', bytes: [0xcf] },
  { text: 'retf', bytes: [0xcb] },
  { text: 'call far', bytes: [0x9a, ...dword(TARGET), ...word(0x5b)] },
];

export function debug(random: Random): Scenario {
  const s = new Scenario(Kind.Protected, 'debug');
  const level = random.pick([0, 0, 3]);
  const chosen = random.pick(PROGRAMS);
  const tf = random.chance(0.5) ? TF : 0;
  const rf = random.chance(0.25) ? Rflags.Rf : 0;
  const iopl = random.chance(0.7) ? Rflags.Iopl : 0;
  startProtected(s, { level, flags: tf | rf | iopl, rsp: stackOf(level) - 0x40 });
  s.registers[1] = 3n;
  s.registers[2] = BigInt(DATA);
  s.registers[3] = BigInt(dataSelector(level));
  prepareOperands(s, random, level);
  program(s, chosen.bytes);
  if (random.chance(0.4)) s.cr4 = Cr4.De;
  const breakpoints = random.chance(0.75) ? setBreakpoints(s, random) : '';
  s.name = `${chosen.text} at level ${level}${tf ? ' TF' : ''}${rf ? ' RF' : ''}${s.cr4 ? ' DE' : ''}${breakpoints}`;
  return s;
}

/** A selector and a far pointer in DATA, a frame on the stack. */
function prepareOperands(s: Scenario, random: Random, level: number): void {
  s.arena.u32(DATA + 0x40, random.u32());
  s.arena.u16(DATA + 0x60, 0x7ff);
  s.arena.u32(DATA + 0x62, 0x1000);
  s.registers[0] = BigInt(random.pick([0x400, 0x402, 0x2400, random.u32()]));
  const top = stackOf(level) - 0x40;
  const flags = 2 | (random.chance(0.5) ? TF : 0) | (random.chance(0.5) ? Rflags.Rf : 0);
  [TARGET, codeSelector(level), flags].forEach((value, i) => s.arena.u32(top + 4 * i, value));
}

/** R/W fields of DR7. Ports can be watched only with CR4.DE. */
const PORT = 2;
const DATA_OR_CODE = [0, 0, 1, 3, 3];
const ANYTHING = [0, 1, PORT, PORT, 3];
const PORTS = [0xb4, 0xb4, 0xb5, 0xb6];

/** Up to four breakpoints at addresses that the program uses. */
function setBreakpoints(s: Scenario, random: Random): string {
  let dr7 = 0x400 | (random.chance(0.15) ? 0x2000 : 0) | (random.chance(0.3) ? 0x300 : 0);
  const addresses = [
    CODE,
    CODE + 1,
    CODE + 2,
    CODE + 3,
    CODE + 5,
    TARGET,
    DATA,
    DATA + 1,
    DATA + 3,
    DATA + 4,
  ];
  for (let i = 0; i < 4; i++) {
    if (random.chance(0.4)) continue;
    const kind = random.pick(s.cr4 === 0 ? DATA_OR_CODE : ANYTHING);
    const length = kind === 0 ? 0 : random.pick([0, 1, 3]);
    s.dr[i] = random.pick(kind === PORT ? PORTS : addresses);
    dr7 |= (random.chance(0.8) ? 1 + random.below(3) : 0) << (2 * i);
    dr7 |= (kind | (length << 2)) << (16 + 4 * i);
  }
  s.dr7 = dr7 >>> 0;
  return ` dr7 ${s.dr7.toString(16)} at ${s.dr.map((address) => address.toString(16)).join(' ')}`;
}
