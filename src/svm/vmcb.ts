/**
 * The virtual machine control block: a page of physical memory and the names of its fields (APM vol 2 App. B).
 *
 * VMRUN samples it and #VMEXIT writes it; while the guest runs, nobody reads it (§15.5.1).
 */
import { VMCB_BYTES, VmcbOffset, VmcbSegment } from '../../assembly/abi/vmcb-layout.js';
import { UsageError } from '../errors.js';

/** VMCB clean bits (APM vol 2 §15.15): which group of fields software promises not to have changed. */
export enum CleanBit {
  Intercepts = 0,
  PermissionMaps = 1,
  Asid = 2,
  VirtualInterrupt = 3,
  NestedPaging = 4,
  ControlRegisters = 5,
  DebugRegisters = 6,
  DescriptorTables = 7,
  Segments = 8,
  Cr2 = 9,
  LastBranch = 10,
  Avic = 11,
  Cet = 12,
}

type Width = 8 | 16 | 32 | 64;
type Field = readonly [offset: number, bits: Width, cleanBit: CleanBit | null];

const { Selector, Attributes, Limit, Base } = VmcbSegment;

/** One row per field; a row is all there is to know about it. */
// prettier-ignore
export const VMCB_FIELDS = {
  interceptCr:             [VmcbOffset.InterceptCr,             32, CleanBit.Intercepts],
  interceptDr:             [VmcbOffset.InterceptDr,             32, CleanBit.Intercepts],
  interceptExceptions:     [VmcbOffset.InterceptExceptions,     32, CleanBit.Intercepts],
  intercept3:              [VmcbOffset.Intercept3,              32, CleanBit.Intercepts],
  intercept4:              [VmcbOffset.Intercept4,              32, CleanBit.Intercepts],
  intercept5:              [VmcbOffset.Intercept5,              32, CleanBit.Intercepts],
  pauseFilterThreshold:    [VmcbOffset.PauseFilterThreshold,    16, CleanBit.Intercepts],
  pauseFilterCount:        [VmcbOffset.PauseFilterCount,        16, CleanBit.Intercepts],
  iopmBase:                [VmcbOffset.IopmBase,                64, CleanBit.PermissionMaps],
  msrpmBase:               [VmcbOffset.MsrpmBase,               64, CleanBit.PermissionMaps],
  tscOffset:               [VmcbOffset.TscOffset,               64, CleanBit.Intercepts],
  guestAsid:               [VmcbOffset.GuestAsid,               32, CleanBit.Asid],
  tlbControl:              [VmcbOffset.TlbControl,               8, null],
  virtualInterrupt:        [VmcbOffset.VirtualInterrupt,        64, CleanBit.VirtualInterrupt],
  interruptShadow:         [VmcbOffset.InterruptShadow,         64, null],
  exitCode:                [VmcbOffset.ExitCode,                64, null],
  exitInfo1:               [VmcbOffset.ExitInfo1,               64, null],
  exitInfo2:               [VmcbOffset.ExitInfo2,               64, null],
  exitIntInfo:             [VmcbOffset.ExitIntInfo,             64, null],
  nestedControl:           [VmcbOffset.NestedControl,           64, CleanBit.NestedPaging],
  avicApicBar:             [VmcbOffset.AvicApicBar,             64, CleanBit.Avic],
  ghcbGpa:                 [VmcbOffset.GhcbGpa,                 64, null],
  eventInjection:          [VmcbOffset.EventInjection,          64, null],
  nestedCr3:               [VmcbOffset.NestedCr3,               64, CleanBit.NestedPaging],
  virtualizationEnable:    [VmcbOffset.VirtualizationEnable,    64, CleanBit.LastBranch],
  clean:                   [VmcbOffset.Clean,                   32, null],
  nextRip:                 [VmcbOffset.NextRip,                 64, null],
  instructionBytesFetched: [VmcbOffset.InstructionBytesFetched,  8, null],
  avicBackingPage:         [VmcbOffset.AvicBackingPage,         64, CleanBit.Avic],
  avicLogicalTable:        [VmcbOffset.AvicLogicalTable,        64, CleanBit.Avic],
  avicPhysicalTable:       [VmcbOffset.AvicPhysicalTable,       64, CleanBit.Avic],
  vmsaPointer:             [VmcbOffset.VmsaPointer,             64, null],
  vmgexitRax:              [VmcbOffset.VmgexitRax,              64, null],
  vmgexitCpl:              [VmcbOffset.VmgexitCpl,               8, null],
  busLockThreshold:        [VmcbOffset.BusLockThreshold,        16, null],
  updateIrr:               [VmcbOffset.UpdateIrr,                8, null],
  allowedSevFeatures:      [VmcbOffset.AllowedSevFeatures,      64, null],
  guestSevFeatures:        [VmcbOffset.GuestSevFeatures,        64, null],

  esSelector:   [VmcbOffset.Es + Selector,   16, CleanBit.Segments],
  esAttributes: [VmcbOffset.Es + Attributes, 16, CleanBit.Segments],
  esLimit:      [VmcbOffset.Es + Limit,      32, CleanBit.Segments],
  esBase:       [VmcbOffset.Es + Base,       64, CleanBit.Segments],
  csSelector:   [VmcbOffset.Cs + Selector,   16, CleanBit.Segments],
  csAttributes: [VmcbOffset.Cs + Attributes, 16, CleanBit.Segments],
  csLimit:      [VmcbOffset.Cs + Limit,      32, CleanBit.Segments],
  csBase:       [VmcbOffset.Cs + Base,       64, CleanBit.Segments],
  ssSelector:   [VmcbOffset.Ss + Selector,   16, CleanBit.Segments],
  ssAttributes: [VmcbOffset.Ss + Attributes, 16, CleanBit.Segments],
  ssLimit:      [VmcbOffset.Ss + Limit,      32, CleanBit.Segments],
  ssBase:       [VmcbOffset.Ss + Base,       64, CleanBit.Segments],
  dsSelector:   [VmcbOffset.Ds + Selector,   16, CleanBit.Segments],
  dsAttributes: [VmcbOffset.Ds + Attributes, 16, CleanBit.Segments],
  dsLimit:      [VmcbOffset.Ds + Limit,      32, CleanBit.Segments],
  dsBase:       [VmcbOffset.Ds + Base,       64, CleanBit.Segments],
  gdtrLimit:    [VmcbOffset.Gdtr + Limit,    32, CleanBit.DescriptorTables],
  gdtrBase:     [VmcbOffset.Gdtr + Base,     64, CleanBit.DescriptorTables],
  idtrLimit:    [VmcbOffset.Idtr + Limit,    32, CleanBit.DescriptorTables],
  idtrBase:     [VmcbOffset.Idtr + Base,     64, CleanBit.DescriptorTables],

  // Moved by VMLOAD and VMSAVE, not by VMRUN (APM vol 2 §15.5.2).
  fsSelector:     [VmcbOffset.Fs + Selector,     16, null],
  fsAttributes:   [VmcbOffset.Fs + Attributes,   16, null],
  fsLimit:        [VmcbOffset.Fs + Limit,        32, null],
  fsBase:         [VmcbOffset.Fs + Base,         64, null],
  gsSelector:     [VmcbOffset.Gs + Selector,     16, null],
  gsAttributes:   [VmcbOffset.Gs + Attributes,   16, null],
  gsLimit:        [VmcbOffset.Gs + Limit,        32, null],
  gsBase:         [VmcbOffset.Gs + Base,         64, null],
  ldtrSelector:   [VmcbOffset.Ldtr + Selector,   16, null],
  ldtrAttributes: [VmcbOffset.Ldtr + Attributes, 16, null],
  ldtrLimit:      [VmcbOffset.Ldtr + Limit,      32, null],
  ldtrBase:       [VmcbOffset.Ldtr + Base,       64, null],
  trSelector:     [VmcbOffset.Tr + Selector,     16, null],
  trAttributes:   [VmcbOffset.Tr + Attributes,   16, null],
  trLimit:        [VmcbOffset.Tr + Limit,        32, null],
  trBase:         [VmcbOffset.Tr + Base,         64, null],
  star:           [VmcbOffset.Star,              64, null],
  lstar:          [VmcbOffset.Lstar,             64, null],
  cstar:          [VmcbOffset.Cstar,             64, null],
  sfmask:         [VmcbOffset.Sfmask,            64, null],
  kernelGsBase:   [VmcbOffset.KernelGsBase,      64, null],
  sysenterCs:     [VmcbOffset.SysenterCs,        64, null],
  sysenterEsp:    [VmcbOffset.SysenterEsp,       64, null],
  sysenterEip:    [VmcbOffset.SysenterEip,       64, null],

  cpl:                [VmcbOffset.Cpl,                  8, CleanBit.Segments],
  efer:               [VmcbOffset.Efer,                64, CleanBit.ControlRegisters],
  cr4:                [VmcbOffset.Cr4,                 64, CleanBit.ControlRegisters],
  cr3:                [VmcbOffset.Cr3,                 64, CleanBit.ControlRegisters],
  cr0:                [VmcbOffset.Cr0,                 64, CleanBit.ControlRegisters],
  dr7:                [VmcbOffset.Dr7,                 64, CleanBit.DebugRegisters],
  dr6:                [VmcbOffset.Dr6,                 64, CleanBit.DebugRegisters],
  rflags:             [VmcbOffset.Rflags,              64, null],
  rip:                [VmcbOffset.Rip,                 64, null],
  instructionsRetired:[VmcbOffset.InstructionsRetired, 64, null],
  perfGlobalStatus:   [VmcbOffset.PerfGlobalStatus,    64, null],
  perfGlobalControl:  [VmcbOffset.PerfGlobalControl,   64, null],
  rsp:                [VmcbOffset.Rsp,                 64, null],
  supervisorCet:      [VmcbOffset.SupervisorCet,       64, CleanBit.Cet],
  ssp:                [VmcbOffset.Ssp,                 64, CleanBit.Cet],
  interruptSspTable:  [VmcbOffset.InterruptSspTable,   64, CleanBit.Cet],
  rax:                [VmcbOffset.Rax,                 64, null],
  cr2:                [VmcbOffset.Cr2,                 64, CleanBit.Cr2],
  guestPat:           [VmcbOffset.GuestPat,            64, CleanBit.NestedPaging],
  debugControl:       [VmcbOffset.DebugControl,        64, CleanBit.LastBranch],
  lastBranchFrom:     [VmcbOffset.LastBranchFrom,      64, CleanBit.LastBranch],
  lastBranchTo:       [VmcbOffset.LastBranchTo,        64, CleanBit.LastBranch],
  lastExceptionFrom:  [VmcbOffset.LastExceptionFrom,   64, CleanBit.LastBranch],
  lastExceptionTo:    [VmcbOffset.LastExceptionTo,     64, CleanBit.LastBranch],
  debugExtendedControl:[VmcbOffset.DebugExtendedControl, 64, CleanBit.LastBranch],
  speculationControl: [VmcbOffset.SpeculationControl,  64, null],
  lastBranchSelect:   [VmcbOffset.LastBranchSelect,    64, CleanBit.LastBranch],
} as const satisfies Record<string, Field>;

export type VmcbFieldName = keyof typeof VMCB_FIELDS;
/** A 64-bit field is a bigint, a narrower one a number. */
export type VmcbValue<K extends VmcbFieldName> = (typeof VMCB_FIELDS)[K][1] extends 64 ? bigint : number;

/** Name prefixes of the segment registers whose four fields follow one pattern. */
export type VmcbSegmentName = 'es' | 'cs' | 'ss' | 'ds' | 'fs' | 'gs' | 'ldtr' | 'tr';

/** A segment register as the VMCB holds it: attributes are descriptor bits 47:40 and 55:52. */
export interface SegmentImage {
  readonly selector: number;
  readonly attributes: number;
  readonly limit: number;
  readonly base: bigint;
}

const TWO_32 = 0x1_0000_0000;

/** What looking at a VMCB needs. */
export type ReadonlyVmcb = Pick<
  Vmcb,
  'get' | 'getNumber' | 'low' | 'word' | 'segment' | 'instructionBytes' | 'physical'
>;

/** A typed window on a VMCB in physical memory. Holds no state of its own. */
export class Vmcb {
  /** @param physical System-physical address of the page; a multiple of 4096. */
  constructor(
    private readonly page: DataView,
    readonly physical: number,
  ) {
    if (physical % VMCB_BYTES !== 0)
      throw new UsageError(`a VMCB is at a multiple of 1000h, not at ${physical.toString(16)}h`);
  }

  get<K extends VmcbFieldName>(name: K): VmcbValue<K> {
    const [offset, bits] = fieldOf(name);
    return read(this.page, offset, bits) as VmcbValue<K>;
  }

  /** Writes a field, and tells the processor that its cached copy is stale. */
  set<K extends VmcbFieldName>(name: K, value: VmcbValue<K>): void {
    const [offset, bits, cleanBit] = fieldOf(name);
    write(this.page, offset, bits, value);
    if (cleanBit !== null) this.markDirty(cleanBit);
  }

  /** A field as a number: exact below 2^53. */
  getNumber(name: VmcbFieldName): number {
    const [offset, bits] = fieldOf(name);
    if (bits !== 64) return read(this.page, offset, bits) as number;
    return this.word(offset) + this.word(offset + 4) * TWO_32;
  }

  /** Writes a field from a number that is not negative and below 2^53. */
  setNumber(name: VmcbFieldName, value: number): void {
    const [offset, bits, cleanBit] = fieldOf(name);
    if (bits === 64) {
      // A store of 32 bits takes the value modulo 2^32, without its fraction.
      this.setWord(offset, value);
      this.setWord(offset + 4, value / TWO_32);
    } else write(this.page, offset, bits, value);
    if (cleanBit !== null) this.markDirty(cleanBit);
  }

  /** Bits 31:0 of a 64-bit field: what most fields use, without a bigint. */
  low(name: VmcbFieldName): number {
    return this.word(fieldOf(name)[0]);
  }

  /** Writes bits 31:0 of a 64-bit field and keeps the rest. */
  setLow(name: VmcbFieldName, value: number): void {
    const [offset, , cleanBit] = fieldOf(name);
    this.setWord(offset, value);
    if (cleanBit !== null) this.markDirty(cleanBit);
  }

  setSegment(name: VmcbSegmentName, image: SegmentImage): void {
    this.set(`${name}Selector`, image.selector);
    this.set(`${name}Attributes`, image.attributes);
    this.set(`${name}Limit`, image.limit);
    this.set(`${name}Base`, image.base);
  }

  segment(name: VmcbSegmentName): SegmentImage {
    return {
      selector: this.get(`${name}Selector`),
      attributes: this.get(`${name}Attributes`),
      limit: this.get(`${name}Limit`),
      base: this.get(`${name}Base`),
    };
  }

  /** The guest instruction bytes that a data-side page fault left (APM vol 2 §15.8.4). */
  instructionBytes(): Uint8Array {
    const count = this.get('instructionBytesFetched') & 0xf;
    const start = this.page.byteOffset + VmcbOffset.InstructionBytes;
    return new Uint8Array(this.page.buffer, start, count).slice();
  }

  /** The whole page, as the processor sees it: writing knows no clean bits. */
  bytes(): Uint8Array {
    return new Uint8Array(this.page.buffer, this.page.byteOffset, VMCB_BYTES);
  }

  /** The 32-bit word at a `VmcbOffset`: the processor's own access, which knows no clean bits. */
  word(offset: number): number {
    return this.page.getUint32(offset, true);
  }

  setWord(offset: number, value: number): void {
    this.page.setUint32(offset, value, true);
  }

  /** Withdraws the promise that a group of fields is unchanged. */
  markDirty(bit: CleanBit): void {
    this.setWord(VmcbOffset.Clean, this.word(VmcbOffset.Clean) & ~(1 << bit));
  }
}

/** Callers without types get an error that names the mistake. */
function fieldOf<K extends VmcbFieldName>(name: K): (typeof VMCB_FIELDS)[K] {
  const field: (typeof VMCB_FIELDS)[K] | undefined = VMCB_FIELDS[name];
  if (field === undefined) throw new UsageError(`a VMCB has no field ${JSON.stringify(name)}`);
  return field;
}

function read(page: DataView, offset: number, bits: Width): number | bigint {
  switch (bits) {
    case 8:
      return page.getUint8(offset);
    case 16:
      return page.getUint16(offset, true);
    case 32:
      return page.getUint32(offset, true);
    case 64:
      return page.getBigUint64(offset, true);
  }
}

function write(page: DataView, offset: number, bits: Width, value: number | bigint): void {
  switch (bits) {
    case 8:
      return page.setUint8(offset, Number(value));
    case 16:
      return page.setUint16(offset, Number(value), true);
    case 32:
      return page.setUint32(offset, Number(value), true);
    case 64:
      return page.setBigUint64(offset, BigInt(value), true);
  }
}
