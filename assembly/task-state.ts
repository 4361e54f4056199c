/** The dynamic fields of a TSS, in both sizes (APM vol 2 §12.2.3, §12.2.4). */
import { Seg } from './abi/register';
import { systemLinear, SystemType } from './descriptor';
import { isAborted } from './fault';
import { readSystem, writeSystem } from './memory';
import { attributes, base, cpu, selector } from './state';

export const TSS16_BYTES: u32 = 0x2c;
export const TSS32_BYTES: u32 = 0x68;

/** A task as its TSS describes it; the fields from `eip` on are in the order of both TSS formats. */
@unmanaged
export class TaskImage {
  cr3: u32;
  eip: u32;
  eflags: u32;
  eax: u32;
  ecx: u32;
  edx: u32;
  ebx: u32;
  esp: u32;
  ebp: u32;
  esi: u32;
  edi: u32;
  es: u32;
  cs: u32;
  ss: u32;
  ds: u32;
  fs: u32;
  gs: u32;
  ldtr: u32;
  trap: u32;
}

const IMAGE = memory.data(offsetof<TaskImage>(), 8);

/** Offsets of CR3, of the first saved field, and of the debug trap bit. */
const TSS32_CR3: u32 = 0x1c;
const TSS32_EIP: u32 = 0x20;
const TSS32_TRAP: u32 = 0x64;
const TSS16_IP: u32 = 0x0e;
/** A 16-bit TSS has ES, CS, SS, DS and then the LDT selector, but no FS and GS. */
const TSS16_LDTR: u32 = 0x2a;

/** EIP, EFLAGS, eight registers and the selectors: what a task switch saves, in fields. */
const PLAIN_FIELDS: u32 = 10;
const SELECTORS32: u32 = 6;
const SELECTORS16: u32 = 4;

/** The task that `readTaskImage` read last. */
export function taskImage(): TaskImage {
  return changetype<TaskImage>(IMAGE);
}

/** Offset of the first byte that a switch away from a task writes. */
export function savedFrom(is32: bool): u32 {
  return is32 ? TSS32_EIP : TSS16_IP;
}

/** How many bytes it writes. */
export function savedBytes(is32: bool): u32 {
  return is32 ? (PLAIN_FIELDS + SELECTORS32) << 2 : (PLAIN_FIELDS + SELECTORS16) << 1;
}

/** Reads a task, up to the first fault. */
export function readTaskImage(tss: u64, is32: bool): void {
  const image = taskImage();
  if (is32) readTask32(tss, image);
  else readTask16(tss, image);
}

function readTask32(tss: u64, image: TaskImage): void {
  image.cr3 = readSystem<u32>(systemLinear(tss + TSS32_CR3));
  if (isAborted()) return;
  // EIP to the LDT selector are consecutive doublewords.
  for (let i: u32 = 0; i < PLAIN_FIELDS + SELECTORS32 + 1; i++) {
    const field = readSystem<u32>(systemLinear(tss + TSS32_EIP + (i << 2)));
    if (isAborted()) return;
    setField(i, i < PLAIN_FIELDS ? field : field & 0xffff);
  }
  image.trap = <u32>readSystem<u16>(systemLinear(tss + TSS32_TRAP));
}

/** The upper halves of registers are not defined in a 16-bit task; silicon fills them with ones. */
function readTask16(tss: u64, image: TaskImage): void {
  for (let i: u32 = 0; i < PLAIN_FIELDS + SELECTORS16; i++) {
    const field = <u32>readSystem<u16>(systemLinear(tss + TSS16_IP + (i << 1)));
    if (isAborted()) return;
    const isRegister = i >= 2 && i < PLAIN_FIELDS;
    setField(i, isRegister ? field | 0xffff0000 : field);
  }
  image.fs = 0;
  image.gs = 0;
  image.ldtr = <u32>readSystem<u16>(systemLinear(tss + TSS16_LDTR));
  image.trap = 0;
}

function setField(index: u32, value: u32): void {
  store<u32>(IMAGE + (index << 2), value, offsetof<TaskImage>('eip'));
}

/** Writes the running task to its TSS. The caller has probed it. */
export function saveOutgoingTask(returnRip: u64, flags: u32): void {
  const is32 = (attributes(Seg.Tr) & SystemType.Bits32) != 0;
  saveField(is32, 0, <u32>returnRip);
  saveField(is32, 1, flags);
  saveGeneralRegisters(is32);
  saveField(is32, 10, selector(Seg.Es));
  saveField(is32, 11, selector(Seg.Cs));
  saveField(is32, 12, selector(Seg.Ss));
  saveField(is32, 13, selector(Seg.Ds));
  if (!is32) return;
  saveField(is32, 14, selector(Seg.Fs));
  saveField(is32, 15, selector(Seg.Gs));
}

function saveGeneralRegisters(is32: bool): void {
  const state = cpu();
  saveField(is32, 2, <u32>state.rax);
  saveField(is32, 3, <u32>state.rcx);
  saveField(is32, 4, <u32>state.rdx);
  saveField(is32, 5, <u32>state.rbx);
  saveField(is32, 6, <u32>state.rsp);
  saveField(is32, 7, <u32>state.rbp);
  saveField(is32, 8, <u32>state.rsi);
  saveField(is32, 9, <u32>state.rdi);
}

/** Writes saved field `index`; a selector's upper half in a 32-bit TSS keeps what is there. */
function saveField(is32: bool, index: u32, value: u32): void {
  const tss = base(Seg.Tr);
  if (!is32) writeSystem<u16>(systemLinear(tss + TSS16_IP + (index << 1)), <u16>value);
  else if (index >= PLAIN_FIELDS) writeSystem<u16>(systemLinear(tss + TSS32_EIP + (index << 2)), <u16>value);
  else writeSystem<u32>(systemLinear(tss + TSS32_EIP + (index << 2)), value);
}
