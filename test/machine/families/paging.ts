/** Page faults: every protection of every kind of page table, met by programs and by the processor itself. */
import { Cr0, Cr4, Efer } from '../../../assembly/abi/processor-bits.js';
import type { Random } from '../../silicon/random.js';
import {
  CODE,
  DATA,
  DIRECTORY,
  IDT,
  LDT,
  LOW_TABLE,
  PAGE,
  PAGE_BITS,
  PAGE_LARGE,
  PAGE_USER,
  PML4,
  PDPT,
  STACK0,
  STACK3,
  TARGET,
  TSS,
  TSS_SELECTOR,
  LDT_SELECTOR,
  WINDOW,
  WINDOW_TABLE,
} from '../arena.js';
import { Kind, Scenario } from '../scenario.js';
import { program, startLong, startProtected } from '../start.js';

/** Instructions on the operand at EDX (RDX) that work in 32- and 64-bit code. */
const USES = [
  { text: 'mov eax, [edx]', bytes: [0x8b, 0x02] },
  { text: 'mov [edx], eax', bytes: [0x89, 0x02] },
  { text: 'add [edx], eax', bytes: [0x01, 0x02] },
  { text: 'lock add [edx], eax', bytes: [0xf0, 0x01, 0x02] },
  { text: 'cmp [edx], al', bytes: [0x38, 0x02] },
  { text: 'mov [edx], al', bytes: [0x88, 0x02] },
  { text: 'movsd', bytes: [0x89, 0xd7, 0xa5] },
  { text: 'lodsd', bytes: [0x89, 0xd6, 0xad] },
  { text: 'rep stosb', bytes: [0x89, 0xd7, 0xb9, 8, 0, 0, 0, 0xf3, 0xaa] },
  { text: 'push [edx]', bytes: [0xff, 0x32] },
  { text: 'mov esp, edx; push eax', bytes: [0x89, 0xd4, 0x50] },
  { text: 'mov esp, edx; pop eax', bytes: [0x89, 0xd4, 0x58] },
  { text: 'jmp edx', bytes: [0xff, 0xe2] },
  { text: 'call edx', bytes: [0xff, 0xd2] },
  { text: 'cmpxchg [edx], eax', bytes: [0x0f, 0xb1, 0x02] },
  { text: 'verr [edx]', bytes: [0x0f, 0x00, 0x22] },
  { text: 'xchg [edx], eax', bytes: [0x87, 0x02] },
  { text: 'stac; mov eax, [edx]', bytes: [0x0f, 0x01, 0xcb, 0x8b, 0x02] },
] as const;

const NO_EXECUTE = 1n << 63n;
/** Reserved in every format: physical addresses have 48 bits or fewer. */
const RESERVED = 1n << 51n;

enum Format {
  Plain,
  Pae,
  Long,
}

export function paging(random: Random): Scenario {
  const format = random.pick([Format.Plain, Format.Plain, Format.Pae, Format.Long, Format.Long]);
  const s = new Scenario(format === Format.Long ? Kind.Long : Kind.Protected, 'paging');
  const level = random.pick([0, 3, 3]);
  const use = random.pick(USES);
  if (format === Format.Long) startLong(s, { level, flags: random.chance(0.2) ? 0x40000 : 0 });
  else startProtected(s, { level, flags: random.chance(0.2) ? 0x40000 : 0 });
  program(s, use.bytes);
  enable(s, random, format);
  protectOwnPages(s, level, format);
  const what = protectWindow(s, random, format);
  // Whoever jumps to the last byte of a page goes on with the next one.
  s.arena.put(DATA, 0xcd, 0x2f);
  const isCode = use.text.includes('jmp') || use.text.includes('call');
  const page = isCode ? TARGET : random.pick([DATA, DATA, TARGET]);
  const atEnd = random.chance(0.3) ? PAGE - 1 - random.below(3) : random.below(0x100) * 4;
  s.registers[2] = BigInt(WINDOW + page + atEnd);
  s.registers[6] = BigInt(random.chance(0.8) ? DATA : WINDOW + DATA);
  s.name = `${use.text} at level ${level}, ${Format[format]} ${what} ${page.toString(16)}+${atEnd.toString(16)}`;
  return s;
}

/** Turns paging on, with the options of the format. The window is where the directory's index 1 or 2 leads. */
function enable(s: Scenario, random: Random, format: Format): void {
  s.cr0 = (Cr0.Pe | Cr0.Et | Cr0.Pg | (random.chance(0.5) ? Cr0.Wp : 0)) >>> 0;
  if (format === Format.Plain) {
    s.cr3 = DIRECTORY;
    s.cr4 = random.chance(0.7) ? Cr4.Pse : 0;
  } else {
    s.cr4 = Cr4.Pae;
    s.efer = random.chance(0.7) ? Efer.Nxe : 0;
  }
  if (random.chance(0.3)) s.cr4 |= Cr4.Smep;
  if (random.chance(0.3)) s.cr4 |= Cr4.Smap;
  if (random.chance(0.3)) s.cr4 |= Cr4.Pge;
  if (format === Format.Pae) usePaeTables(s);
  if (format === Format.Long) {
    s.cr3 = PML4;
    s.efer |= Efer.Lme;
  }
  // The task that takes double faults runs with the same tables.
  for (const tss of [0x3800, TSS]) if (format !== Format.Long) s.arena.u32(tss + 0x1c, s.cr3);
}

/** The tables of `Kind.Protected` again, with entries of 8 bytes; PDPTEs have no W and U bits. */
function usePaeTables(s: Scenario): void {
  const { arena } = s;
  arena.bytes.fill(0, PML4, WINDOW_TABLE + PAGE);
  const map = (table: number, index: number, entry: number): void =>
    arena.u64(table + 8 * index, BigInt(entry));
  for (let i = 0; i < 0x20; i++) {
    map(LOW_TABLE, i, (i * PAGE) | PAGE_BITS);
    map(WINDOW_TABLE, i, (i * PAGE) | PAGE_BITS);
  }
  for (let i = 0x80; i < 0xa0; i++) map(LOW_TABLE, i, (i * PAGE) | (PAGE_BITS & ~PAGE_USER));
  map(PDPT, 0, DIRECTORY | 1);
  map(DIRECTORY, 0, LOW_TABLE | 0x27);
  map(DIRECTORY, 1, 0x200000 | (PAGE_BITS & ~PAGE_USER) | PAGE_LARGE);
  map(DIRECTORY, 2, WINDOW_TABLE | 0x27);
  s.cr3 = PDPT;
}

/** What SMEP and SMAP would forbid the kernel is for supervisors only; a program at level 3 keeps its own pages. */
function protectOwnPages(s: Scenario, level: number, format: Format): void {
  const own = level === 3 ? [CODE, TARGET, DATA, DATA + PAGE, STACK3 & ~0xfff] : [];
  const bytes = format === Format.Plain ? 4 : 8;
  for (let page = 0; page < 0xe000; page += PAGE) {
    if (own.includes(page)) continue;
    const address = LOW_TABLE + (page / PAGE) * bytes;
    s.arena.u32(address, s.arena.getU32(address) & ~PAGE_USER);
  }
}

/** Random protection for the data and code pages in the window, and sometimes for the tables above them. */
function protectWindow(s: Scenario, random: Random, format: Format): string {
  const pages = [DATA, DATA + PAGE, TARGET].map((page) => page / PAGE);
  const text = pages.map((page) => protectEntry(s, random, format, WINDOW_TABLE, page, page * PAGE));
  const index = format === Format.Plain ? 1 : 2;
  if (random.chance(0.3))
    text.push(`table ${protectEntry(s, random, format, DIRECTORY, index, WINDOW_TABLE)}`);
  else if (random.chance(0.15) && (format !== Format.Plain || (s.cr4 & Cr4.Pse) !== 0)) {
    // A large page over the arena itself.
    text.push(`large ${protectEntry(s, random, format, DIRECTORY, index, PAGE_LARGE)}`);
  }
  return text.join(' ');
}

/** One entry: mostly present, any of W, U, A, D, G; NX and reserved bits where the format has them. */
function protectEntry(
  s: Scenario,
  random: Random,
  format: Format,
  table: number,
  index: number,
  target: number,
): string {
  const bits = (random.u32() & 0x167) | (random.chance(0.85) ? 1 : 0);
  const low = target | (table === DIRECTORY ? bits & ~0x100 : bits);
  if (format === Format.Plain) {
    const reserved = (target & PAGE_LARGE) !== 0 && random.chance(0.2) ? 1 << 21 : 0;
    s.arena.u32(table + 4 * index, low | reserved);
    return (bits | reserved).toString(16);
  }
  const high = (random.chance(0.25) ? NO_EXECUTE : 0n) | (random.chance(0.08) ? RESERVED : 0n);
  s.arena.u64(table + 8 * index, BigInt(low) | high);
  return `${high === 0n ? '' : (high >> 48n).toString(16)}:${bits.toString(16)}`;
}

/** What the processor itself reads and writes lies in the window: tables, TSS, the stack of level 0. */
const OWN_USES = [
  { text: 'mov ds, ax', bytes: [0x8e, 0xd8] },
  { text: 'int 20h', bytes: [0xcd, 0x20] },
  { text: 'lar', bytes: [0x0f, 0x02, 0xc8] },
  { text: 'in al, 0b4h', bytes: [0xe4, 0xb4] },
  { text: 'ud2', bytes: [] },
] as const;

export function ownPages(random: Random): Scenario {
  const isLong = random.chance(0.4);
  const format = isLong ? Format.Long : random.pick([Format.Plain, Format.Pae]);
  const s = new Scenario(isLong ? Kind.Long : Kind.Protected, 'paging of tables');
  const use = random.pick(OWN_USES);
  if (isLong) startLong(s, { level: 3 });
  else startProtected(s, { level: 3 });
  program(s, use.bytes);
  enable(s, random, format);
  protectOwnPages(s, 3, format);
  s.registers[0] = 4n | 3n;
  s.arena.setDescriptor(4, { type: 0xf2 });
  const moved = random.pick(['ldt', 'idt', 'tss', 'stack'] as const);
  const page = moveToWindow(s, moved);
  const entry = protectEntry(s, random, format, WINDOW_TABLE, page / PAGE, page);
  s.name = `${use.text} with ${moved} in the window, ${Format[format]} ${entry}`;
  return s;
}

/** @returns The page of the arena that the window shows at the structure's new address. */
function moveToWindow(s: Scenario, moved: 'ldt' | 'idt' | 'tss' | 'stack'): number {
  const { arena } = s;
  if (moved === 'ldt')
    arena.setDescriptor(LDT_SELECTOR, { type: 0x82, base: WINDOW + LDT, limit: 0x7ff, flags: 0 });
  else if (moved === 'idt') s.idtr = { ...s.idtr, base: WINDOW + IDT };
  else if (moved === 'tss')
    arena.setDescriptor(TSS_SELECTOR, { type: 0x89, base: WINDOW + TSS, limit: 0xff, flags: 0 });
  else arena.u32(TSS + 4, WINDOW + STACK0);
  return { ldt: LDT & ~0xfff, idt: IDT, tss: TSS, stack: STACK0 & ~0xfff }[moved];
}
