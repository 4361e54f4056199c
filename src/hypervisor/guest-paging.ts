/**
 * The guest's own page tables, walked by the hypervisor for an instruction that it emulates, and for display
 * (APM vol 2 §5.2 to §5.5). Legacy paging with 4 MiB pages, PAE, and 4-level.
 */
import { Cr0, Cr4, Efer, PageFault, Rflags } from '../../assembly/abi/processor-bits.js';
import type { Vmcb } from '../svm/vmcb.js';
import type { GuestMemory } from './guest-memory.js';

/** What an emulated instruction wants to do with the byte. Looking, as a debugger does, leaves no trace. */
export type GuestAccess = 'read' | 'write' | 'look';

/** Guest-physical address of the byte, or the error code of the #PF to raise. */
export type Translation = { readonly gpa: number } | { readonly fault: number };

/** Page-table entry bits (APM vol 2 §5.4.1). */
const P = 0x1n;
const W = 0x2n;
const U = 0x4n;
const A = 0x20n;
const D = 0x40n;
const LARGE = 0x80n;
/** Bits 51:12: the address in an 8-byte entry. */
const ADDRESS = 0x000f_ffff_ffff_f000n;

interface Level {
  /** Position of the index field in the linear address, and its mask. */
  readonly shift: bigint;
  readonly mask: bigint;
  readonly hasLargePages: boolean;
  /** A PDPE of PAE paging has no W, U and A bits (§5.2.4). */
  readonly hasRights: boolean;
}

const level = (shift: bigint, mask: bigint, hasLargePages = false, hasRights = true): Level => ({
  shift,
  mask,
  hasLargePages,
  hasRights,
});

const FOUR_LEVEL = [
  level(39n, 0x1ffn),
  level(30n, 0x1ffn, true),
  level(21n, 0x1ffn, true),
  level(12n, 0x1ffn),
];
const PAE = [level(30n, 3n, false, false), level(21n, 0x1ffn, true), level(12n, 0x1ffn)];
const LEGACY = [level(22n, 0x3ffn), level(12n, 0x3ffn)];
const LEGACY_PSE = [level(22n, 0x3ffn, true), level(12n, 0x3ffn)];

/** Translates `linear` with the guest's CR0, CR3, CR4, EFER and CPL as the VMCB has them. */
export function translate(memory: GuestMemory, vmcb: Vmcb, linear: bigint, access: GuestAccess): Translation {
  const cr0 = vmcb.low('cr0');
  if ((cr0 & Cr0.Pg) === 0) return { gpa: Number(linear & 0xffff_ffffn) };
  const walk = new Walk(memory, vmcb, access);
  return walk.run(linear);
}

class Walk {
  private readonly levels: readonly Level[];
  private readonly entryBytes: 4 | 8;
  private readonly isUser: boolean;
  private writable = true;
  private user = true;

  constructor(
    private readonly memory: GuestMemory,
    private readonly vmcb: Vmcb,
    private readonly access: GuestAccess,
  ) {
    const cr4 = vmcb.low('cr4');
    const isLong = (vmcb.low('efer') & Efer.Lma) !== 0;
    const isPae = (cr4 & Cr4.Pae) !== 0;
    this.levels = isLong ? FOUR_LEVEL : isPae ? PAE : cr4 & Cr4.Pse ? LEGACY_PSE : LEGACY;
    this.entryBytes = isLong || isPae ? 8 : 4;
    this.isUser = vmcb.get('cpl') === 3;
  }

  run(linear: bigint): Translation {
    let table = this.rootTable();
    for (const [depth, at] of this.levels.entries()) {
      const address = table + Number((linear >> at.shift) & at.mask) * this.entryBytes;
      const entry = this.memory.readInteger(address, this.entryBytes);
      if ((entry & P) === 0n) return { fault: this.errorCode(0) };
      if (at.hasRights) {
        this.writable &&= (entry & W) !== 0n;
        this.user &&= (entry & U) !== 0n;
      }
      const isLeaf = depth === this.levels.length - 1 || (at.hasLargePages && (entry & LARGE) !== 0n);
      if (isLeaf && !this.isAllowed()) return { fault: this.errorCode(PageFault.Present) };
      this.mark(address, entry, isLeaf, at.hasRights);
      if (isLeaf) return { gpa: this.leafAddress(entry, linear, at.shift) };
      table = Number(entry & (this.entryBytes === 8 ? ADDRESS : 0xffff_f000n));
    }
    return { fault: this.errorCode(0) };
  }

  private rootTable(): number {
    const cr3 = this.vmcb.get('cr3');
    if (this.levels === PAE) return Number(cr3 & 0xffff_ffe0n);
    return Number(cr3 & (this.entryBytes === 8 ? ADDRESS : 0xffff_f000n));
  }

  private leafAddress(entry: bigint, linear: bigint, shift: bigint): number {
    const offset = linear & ((1n << shift) - 1n);
    const base = entry & (this.entryBytes === 8 ? ADDRESS : 0xffff_f000n) & ~((1n << shift) - 1n);
    // PSE-36: bits 20:13 of a 4 MiB entry are address bits 39:32 (§5.2.3).
    const high = this.entryBytes === 4 && shift === 22n ? ((entry >> 13n) & 0xffn) << 32n : 0n;
    return Number(base | offset | high);
  }

  private isAllowed(): boolean {
    if (this.access === 'look') return true;
    if (this.isUser) return this.user && (this.access === 'read' || this.writable);
    const cr4 = this.vmcb.low('cr4');
    const isSmapOpen = (this.vmcb.low('rflags') & Rflags.Ac) !== 0;
    if (this.user && (cr4 & Cr4.Smap) !== 0 && !isSmapOpen) return false;
    return this.access === 'read' || this.writable || (this.vmcb.low('cr0') & Cr0.Wp) === 0;
  }

  /** Sets A, and D for a write, as the processor would. */
  private mark(address: number, entry: bigint, isLeaf: boolean, hasRights: boolean): void {
    if (this.access === 'look' || !hasRights) return;
    const marked = entry | A | (isLeaf && this.access === 'write' ? D : 0n);
    if (marked === entry) return;
    this.memory.writeInteger(address, this.entryBytes, marked);
  }

  private errorCode(present: number): number {
    return present | (this.access === 'write' ? PageFault.Write : 0) | (this.isUser ? PageFault.User : 0);
  }
}
