/**
 * Alignment checks (APM vol 2 §8.2.18): only at level 3, with CR0.AM and EFLAGS.AC; of data, not of what the processor reads
 * for itself (descriptors, the task state, the I/O map) or pushes for a handler at another level.
 *
 * User code by itself is silicon's to judge (test/silicon); this is about the levels, the control bits and the transfers.
 */
import { Cr0, Cr4, Rflags } from '../../../assembly/abi/processor-bits.js';
import { gate } from '../../helpers/segmented-machine.js';
import type { Random } from '../../silicon/random.js';
import {
  CODE16_3,
  codeSelector,
  DATA,
  dataSelector,
  descriptorAddress,
  FREE,
  GDT,
  KCODE,
  KCODE64,
  STUBS32,
  STUBS64,
  TARGET,
} from '../arena.js';
import { Kind, Scenario } from '../scenario.js';
import { dword, program, stackOf, startLong, startProtected, word } from '../start.js';
import { enableLong } from './opcodes.js';

/** Where a copy of the GDT is that does not begin at a multiple of 8. */
const CROOKED_GDT = DATA + 0x1001;
const GDT_BYTES = 0x800;
const CALL_GATE = 0x8c;
const PARAMETERS = 2;
const GATE_SELECTOR = FREE | 3;

interface Form {
  readonly text: string;
  readonly bytes: readonly number[];
}

/** Data at [rDX], or on the stack; the same bytes in 32- and 64-bit code. */
const COMMON: readonly Form[] = [
  { text: 'mov al, [edx]', bytes: [0x8a, 0x02] },
  { text: 'mov ax, [edx]', bytes: [0x66, 0x8b, 0x02] },
  { text: 'mov eax, [edx]', bytes: [0x8b, 0x02] },
  { text: 'mov [edx], ax', bytes: [0x66, 0x89, 0x02] },
  { text: 'mov [edx], eax', bytes: [0x89, 0x02] },
  { text: 'add [edx], eax', bytes: [0x01, 0x02] },
  { text: 'xchg [edx], eax', bytes: [0x87, 0x02] },
  { text: 'lock inc dword [edx]', bytes: [0xf0, 0xff, 0x02] },
  { text: 'bt [edx], eax', bytes: [0x0f, 0xa3, 0x02] },
  { text: 'cmpxchg8b [edx]', bytes: [0x0f, 0xc7, 0x0a] },
  { text: 'fld dword [edx]', bytes: [0xdb, 0xe3, 0xd9, 0x02] },
  { text: 'fld qword [edx]', bytes: [0xdb, 0xe3, 0xdd, 0x02] },
  { text: 'fld tbyte [edx]', bytes: [0xdb, 0xe3, 0xdb, 0x2a] },
  { text: 'fistp word [edx]', bytes: [0xdb, 0xe3, 0xd9, 0xee, 0xdf, 0x1a] },
  { text: 'fnstcw [edx]', bytes: [0xdb, 0xe3, 0xd9, 0x3a] },
  { text: 'fnstenv [edx]', bytes: [0xdb, 0xe3, 0xd9, 0x32] },
  { text: 'movq mm0, [edx]', bytes: [0xdb, 0xe3, 0x0f, 0x6f, 0x02] },
  { text: 'movss xmm0, [edx]', bytes: [0xf3, 0x0f, 0x10, 0x02] },
  { text: 'ldmxcsr [edx]', bytes: [0x0f, 0xae, 0x12] },
  { text: 'movsd', bytes: [0x89, 0xd7, 0x8d, 0x72, 0x41, 0xa5] },
  { text: 'rep stosw', bytes: [0x89, 0xd7, 0x66, 0xf3, 0xab] },
  { text: 'mov fs, [edx]', bytes: [0x8e, 0x22] },
  { text: 'lfs ecx, [edx]', bytes: [0x0f, 0xb4, 0x0a] },
  { text: 'lar eax, [edx]', bytes: [0x0f, 0x02, 0x02] },
  { text: 'verr [edx]', bytes: [0x0f, 0x00, 0x22] },
  { text: 'push; pop', bytes: [0x50, 0x59] },
  { text: 'push word; pop', bytes: [0x66, 0x50, 0x66, 0x59] },
  { text: 'pushf; popf', bytes: [0x9c, 0x9d] },
  { text: 'push fs', bytes: [0x0f, 0xa0] },
  { text: 'enter; leave', bytes: [0xc8, 8, 0, 1, 0xc9] },
  { text: 'call; ret', bytes: [0xe8, 1, 0, 0, 0, 0x90, 0xc3] },
  { text: 'jmp [edx]', bytes: [0xff, 0x22] },
  { text: 'retf', bytes: [0xcb] },
  { text: 'iret', bytes: [0xcf] },
  { text: 'int 20h', bytes: [0xcd, 0x20] },
  { text: 'int3', bytes: [0xcc] },
  { text: 'ud2', bytes: [0x0f, 0x0b] },
  { text: 'in al, 0b4h', bytes: [0xe4, 0xb4] },
  { text: 'in ax, 0b5h', bytes: [0x66, 0xe5, 0xb5] },
  { text: 'prefetch [edx]', bytes: [0x0f, 0x18, 0x0a] },
  { text: 'clflush [edx]', bytes: [0x0f, 0xae, 0x3a] },
];

const LEGACY: readonly Form[] = [
  ...COMMON,
  { text: 'les ecx, [edx]', bytes: [0xc4, 0x0a] },
  { text: 'bound eax, [edx]', bytes: [0x62, 0x02] },
  { text: 'pusha; popa', bytes: [0x60, 0x61] },
  { text: 'arpl [edx], ax', bytes: [0x63, 0x02] },
  { text: 'push es; pop es', bytes: [0x06, 0x07] },
  { text: 'call [gate]', bytes: [0x9a, ...dword(0), ...word(GATE_SELECTOR)] },
  { text: 'call far', bytes: [0x9a, ...dword(TARGET), ...word(codeSelector(3))] },
  { text: 'call far [edx]', bytes: [0xff, 0x1a] },
  { text: 'jmp far [edx]', bytes: [0xff, 0x2a] },
  { text: 'jmp far of 16 bits', bytes: [0xea, ...dword(0), ...word(CODE16_3)] },
];

const WIDE: readonly Form[] = [
  ...COMMON,
  { text: 'mov rax, [rdx]', bytes: [0x48, 0x8b, 0x02] },
  { text: 'mov [rdx], rax', bytes: [0x48, 0x89, 0x02] },
  { text: 'movsq', bytes: [0x48, 0x89, 0xd7, 0x48, 0x8d, 0x72, 0x41, 0x48, 0xa5] },
  { text: 'cmpxchg16b [rdx]', bytes: [0x48, 0x0f, 0xc7, 0x0a] },
  { text: 'iretq', bytes: [0x48, 0xcf] },
  { text: 'retf of 64 bits', bytes: [0x48, 0xcb] },
  { text: 'call far [rdx]', bytes: [0xff, 0x1a] },
  { text: 'syscall', bytes: [0x0f, 0x05] },
];

export function alignment(random: Random): Scenario {
  const isLong = random.chance(0.4);
  const s = new Scenario(isLong ? Kind.Long : Kind.Protected, 'alignment');
  const level = isLong ? random.pick([0, 3, 3, 3]) : random.pick([0, 1, 2, 3, 3, 3, 3]);
  const isChecked = random.chance(0.75);
  const flags = (random.chance(0.8) ? Rflags.Ac : 0) | (random.chance(0.7) ? Rflags.Iopl : 0);
  const rsp = stackOf(level) - 0x40 + random.pick([0, 0, 1, 2, 3, 4, 6]);
  (isLong ? startLong : startProtected)(s, { level, flags, rsp });
  if (isLong) enableLong(s);
  if (isChecked) s.cr0 |= Cr0.Am;
  s.cr4 |= Cr4.Osfxsr;
  const target = DATA + random.pick([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 12]);
  prepareOperands(s, random, level, target, rsp, isLong);
  const chosen = random.pick(isLong ? WIDE : LEGACY);
  program(s, chosen.bytes);
  const table = random.chance(0.3) ? moveDescriptors(s) : '';
  s.name =
    `${chosen.text}, edx ${target.toString(16)}, esp ${rsp.toString(16)} at level ${level}` +
    `${isChecked ? ' AM' : ''}${(flags & Rflags.Ac) !== 0 ? ' AC' : ''}${table}`;
  return s;
}

/** Pointers and a frame that work, and a gate with parameters. */
function prepareOperands(
  s: Scenario,
  random: Random,
  level: number,
  target: number,
  rsp: number,
  isLong: boolean,
): void {
  s.registers[1] = 2n;
  s.registers[2] = BigInt(target);
  const code = isLong ? (level === 0 ? KCODE64 : 0xa3) : codeSelector(level);
  s.arena.u32(target, TARGET);
  s.arena.u16(target + 4, random.chance(0.5) ? code : dataSelector(level));
  const flags = Rflags.Always1 | (random.chance(0.5) ? Rflags.Ac : 0);
  const frame = [TARGET, code, flags, rsp + 0x10, dataSelector(level)];
  if (isLong) frame.forEach((value, i) => s.arena.u64(rsp + 8 * i, BigInt(value)));
  else frame.forEach((value, i) => s.arena.u32(rsp + 4 * i, value));
  const isKernel = random.chance(0.5);
  const selector = isKernel ? KCODE : codeSelector(random.pick([1, 2, 3]));
  const count = random.pick([0, PARAMETERS]);
  s.arena.u64(
    descriptorAddress(GATE_SELECTOR),
    gate(selector, isKernel ? (isLong ? STUBS64 : STUBS32) : TARGET, CALL_GATE | 0x60, count),
  );
}

/** Descriptors are not data: that they lie at odd addresses is nobody's business. */
function moveDescriptors(s: Scenario): string {
  s.arena.bytes.copyWithin(CROOKED_GDT, GDT, GDT + GDT_BYTES);
  s.gdtr = { base: CROOKED_GDT, limit: GDT_BYTES - 1 };
  return ', GDT at an odd address';
}
