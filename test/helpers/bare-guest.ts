/**
 * The smallest guest: a processor, a VMCB that VMRUN accepts, and code bytes; no hypervisor.
 *
 * Physical memory: guest code and data below 64 KiB are the same bytes for guest and host (no nested paging unless a
 * test turns it on); VMCB, permission maps and tables lie above.
 */
import { Processor, type ProcessorOptions } from '../../src/svm/processor.js';
import { enableVirtualNmi } from '../../src/svm/vnmi.js';
import { intercept } from '../../src/svm/intercepts.js';
import { IOPM_BYTES, MSRPM_BYTES } from '../../src/svm/permission-maps.js';
import { REGISTER_NAMES } from '../../src/svm/registers.js';
import type { SegmentImage, Vmcb } from '../../src/svm/vmcb.js';

export const CODE = 0x1000;
export const STACK = 0x8000;
/** Where `handler` puts the code of interrupt handlers: one every 256 bytes. */
export const HANDLERS = 0x2000;
/** IDT of 64-bit guests. The interrupt vector table of 16-bit guests is at 0. */
export const IDT = 0x4000;
export const GDT = 0x5000;
/** Page tables of 64-bit guests: three pages, the first GiB mapped to itself. */
export const PAGE_TABLES = 0x10000;
export const VMCB_ADDRESS = 0x20000;
export const IOPM = 0x21000;
export const MSRPM = 0x24000;
/** From here on memory is free for nested page tables. */
export const FREE = 0x40000;
export const MEMORY_BYTES = 1 << 20;

export const CODE_SELECTOR = 0x08;
export const DATA_SELECTOR = 0x10;
/** Code and data for CPL 3, RPL included. */
export const USER_CODE_SELECTOR = 0x1b;
export const USER_DATA_SELECTOR = 0x23;

const EFER_SVME = 0x1000n;
const EFER_LONG = 0x500n;
const CR0_REAL = 0x10n;
const CR0_LONG = 0x8000_0011n;
const CR4_PAE = 0x20n;
const DR6_RESET = 0xffff_0ff0n;
const DR7_RESET = 0x400n;
/** Power-up PAT (APM vol 2 §7.8.2). */
const PAT_RESET = 0x0007_0406_0007_0406n;
const CODE16: SegmentImage = { selector: 0, attributes: 0x9b, limit: 0xffff, base: 0n };
const DATA16: SegmentImage = { selector: 0, attributes: 0x93, limit: 0xffff, base: 0n };
const CODE64: SegmentImage = { selector: CODE_SELECTOR, attributes: 0xa9b, limit: 0xffff_ffff, base: 0n };
const DATA64: SegmentImage = { selector: DATA_SELECTOR, attributes: 0xc93, limit: 0xffff_ffff, base: 0n };
const LDT: SegmentImage = { selector: 0, attributes: 0x82, limit: 0xffff, base: 0n };
const TSS: SegmentImage = { selector: 0, attributes: 0x8b, limit: 0x67, base: 0n };
/** GDT of 64-bit guests: null, code, data, user code, user data. */
const GDT_ENTRIES = [0n, 0x00af9b000000ffffn, 0x00cf93000000ffffn, 0x00affb000000ffffn, 0x00cff3000000ffffn];
const CR0_PROTECTED = 0x11n;
/** GDT of 32-bit guests: null, code, data, two unused, a 32-bit TSS at 6000h. */
const PROTECTED_GDT = [0n, 0x00cf9b000000ffffn, 0x00cf93000000ffffn, 0n, 0n, 0x0000890060000067n];
const INTERRUPT_GATE_64 = 0x8e00;

export class BareGuest {
  readonly vmcb: Vmcb;

  private constructor(readonly processor: Processor) {
    this.vmcb = processor.vmcb(VMCB_ADDRESS);
  }

  static async create(cpu?: ProcessorOptions['cpu']): Promise<BareGuest> {
    return new BareGuest(await Processor.create({ memoryBytes: MEMORY_BYTES, cpu }));
  }

  /** A guest in real mode: code at 0:1000h, stack at 0:8000h, interrupts off. VMMCALL exits. */
  real(code: ArrayLike<number>): this {
    this.#reset();
    this.#setUpCommon(code);
    this.vmcb.set('efer', EFER_SVME);
    this.vmcb.set('cr0', CR0_REAL);
    this.vmcb.setSegment('cs', CODE16);
    for (const name of ['es', 'ss', 'ds', 'fs', 'gs'] as const) this.vmcb.setSegment(name, DATA16);
    this.vmcb.set('idtrLimit', 0x3ff);
    this.processor.vmload(this.vmcb);
    return this;
  }

  /** A guest in 32-bit protected mode at CPL 0, flat, without paging; selector 28h is an available TSS. */
  protected(code: ArrayLike<number>): this {
    this.#reset();
    this.#setUpCommon(code);
    PROTECTED_GDT.forEach((entry, i) => this.processor.words.setBigUint64(GDT + 8 * i, entry, true));
    this.vmcb.set('efer', EFER_SVME);
    this.vmcb.set('cr0', CR0_PROTECTED);
    this.vmcb.setSegment('cs', { ...CODE64, attributes: 0xc9b });
    for (const name of ['es', 'ss', 'ds', 'fs', 'gs'] as const) this.vmcb.setSegment(name, DATA64);
    this.vmcb.set('gdtrBase', BigInt(GDT));
    this.vmcb.set('gdtrLimit', 8 * PROTECTED_GDT.length - 1);
    this.vmcb.set('idtrBase', BigInt(IDT));
    this.vmcb.set('idtrLimit', 0x7ff);
    this.processor.vmload(this.vmcb);
    return this;
  }

  /** A guest in 64-bit mode at CPL 0: the first GiB mapped to itself, GDT and an IDT without gates. */
  long(code: ArrayLike<number>): this {
    this.#reset();
    this.#setUpCommon(code);
    this.#writePageTables();
    GDT_ENTRIES.forEach((entry, i) => this.processor.words.setBigUint64(GDT + 8 * i, entry, true));
    this.vmcb.set('efer', EFER_SVME | EFER_LONG);
    this.vmcb.set('cr0', CR0_LONG);
    this.vmcb.set('cr3', BigInt(PAGE_TABLES));
    this.vmcb.set('cr4', CR4_PAE);
    this.vmcb.setSegment('cs', CODE64);
    for (const name of ['es', 'ss', 'ds', 'fs', 'gs'] as const) this.vmcb.setSegment(name, DATA64);
    this.vmcb.set('gdtrBase', BigInt(GDT));
    this.vmcb.set('gdtrLimit', 8 * GDT_ENTRIES.length - 1);
    this.vmcb.set('idtrBase', BigInt(IDT));
    this.vmcb.set('idtrLimit', 0xfff);
    this.processor.vmload(this.vmcb);
    return this;
  }

  /** Virtual NMIs on, with the intercept that they require. */
  virtualNmi(): this {
    intercept(this.vmcb, 'nmi');
    enableVirtualNmi(this.vmcb);
    return this;
  }

  /** Puts a handler's code into memory and points the vector at it. */
  handler(vector: number, code: ArrayLike<number>): this {
    const address = handlerAddress(vector);
    this.processor.write(address, Uint8Array.from(code));
    if (this.isLong) this.gate(vector, address);
    else this.processor.words.setUint32(4 * vector, address, true);
    return this;
  }

  /** An interrupt gate in the IDT of a 64-bit guest. */
  gate(vector: number, address: number, attributes = INTERRUPT_GATE_64): void {
    const entry = IDT + 16 * vector;
    const { words } = this.processor;
    words.setUint16(entry, address & 0xffff, true);
    words.setUint16(entry + 2, CODE_SELECTOR, true);
    words.setUint16(entry + 4, attributes, true);
    words.setUint16(entry + 6, address >>> 16, true);
    words.setBigUint64(entry + 8, 0n, true);
  }

  get isLong(): boolean {
    return (this.vmcb.get('efer') & EFER_LONG) !== 0n;
  }

  get rip(): number {
    return this.vmcb.getNumber('rip');
  }

  /** The stack of the guest, from its top: words of 2 or 8 bytes. */
  stack(count: number): number[] {
    const { words } = this.processor;
    const rsp = this.vmcb.getNumber('rsp');
    return Array.from({ length: count }, (_, i) =>
      this.isLong ? Number(words.getBigUint64(rsp + 8 * i, true)) : words.getUint16(rsp + 2 * i, true),
    );
  }

  #reset(): void {
    if (this.processor.isGuestEntered) this.processor.leave();
    this.processor.core.exports.dropAllCode();
    this.processor.memory.fill(0);
    this.processor.acknowledgeNmi();
    this.processor.cancelInterrupts();
    this.processor.core.state.set('nmiMask', 0);
    for (const name of REGISTER_NAMES) this.processor.registers.set(name, 0n);
    this.processor.setHostInterruptFlag(true);
    this.vmcb.set('tlbControl', 1);
  }

  #setUpCommon(code: ArrayLike<number>): void {
    const { processor, vmcb } = this;
    processor.write(CODE, Uint8Array.from(code));
    processor.memory.fill(0xff, IOPM, IOPM + IOPM_BYTES);
    processor.memory.fill(0xff, MSRPM, MSRPM + MSRPM_BYTES);
    vmcb.set('iopmBase', BigInt(IOPM));
    vmcb.set('msrpmBase', BigInt(MSRPM));
    vmcb.set('guestAsid', 1);
    vmcb.set('tlbControl', 1);
    intercept(vmcb, 'vmrun', 'vmmcall', 'shutdown');
    vmcb.set('dr6', DR6_RESET);
    vmcb.set('dr7', DR7_RESET);
    vmcb.set('guestPat', PAT_RESET);
    vmcb.set('rflags', 2n);
    vmcb.set('rip', BigInt(CODE));
    vmcb.set('rsp', BigInt(STACK));
    vmcb.setSegment('ldtr', LDT);
    vmcb.setSegment('tr', TSS);
  }

  #writePageTables(): void {
    const { words } = this.processor;
    words.setBigUint64(PAGE_TABLES, BigInt(PAGE_TABLES + 0x1007), true);
    words.setBigUint64(PAGE_TABLES + 0x1000, BigInt(PAGE_TABLES + 0x2007), true);
    for (let i = 0; i < 512; i++)
      words.setBigUint64(PAGE_TABLES + 0x2000 + 8 * i, BigInt(i * 0x200000) | 0xe7n, true);
  }
}

/** Address of the code that `handler` puts there for a vector. */
export function handlerAddress(vector: number): number {
  return HANDLERS + 0x100 * (vector & 0x1f);
}
