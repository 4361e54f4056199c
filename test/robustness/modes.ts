/** The modes in which code is tried, and how a processor is put into one: directly, as a VMRUN would. */
import { Cr0, Cr4, Efer, Rflags, SegAttr, Xcr0 } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import type { Core } from '../../src/core/core.js';
import type { Bits } from '../silicon/record.js';
import type { Random } from '../silicon/random.js';
import { CODE, GDT, IDT, LDT, LEGACY_DIRECTORY, PAE_POINTERS, PML4, Selector, TSS } from './layout.js';

export interface Mode {
  readonly name: string;
  /** Code size. */
  readonly bits: Bits;
  readonly kind: 'real' | 'v86' | 'protected' | 'long';
  readonly cpl: 0 | 3;
}

export const MODES: readonly Mode[] = [
  { name: 'real', bits: 16, kind: 'real', cpl: 0 },
  { name: 'v86', bits: 16, kind: 'v86', cpl: 3 },
  { name: 'protected-16', bits: 16, kind: 'protected', cpl: 0 },
  { name: 'protected-16-user', bits: 16, kind: 'protected', cpl: 3 },
  { name: 'protected-32', bits: 32, kind: 'protected', cpl: 0 },
  { name: 'protected-32-user', bits: 32, kind: 'protected', cpl: 3 },
  { name: 'compatibility-16', bits: 16, kind: 'long', cpl: 0 },
  { name: 'compatibility-16-user', bits: 16, kind: 'long', cpl: 3 },
  { name: 'compatibility-32', bits: 32, kind: 'long', cpl: 0 },
  { name: 'compatibility-32-user', bits: 32, kind: 'long', cpl: 3 },
  { name: 'long', bits: 64, kind: 'long', cpl: 0 },
  { name: 'long-user', bits: 64, kind: 'long', cpl: 3 },
];

const PRESENT_SEGMENT = SegAttr.P | SegAttr.S | SegAttr.Accessed | SegAttr.WritableOrReadable;
const FLAT = 0xffff_ffff;
const SEGMENT_16 = 0xffff;
const LDT_BYTES = 0x400;
const GDT_BYTES = 0x1000;
const TSS_LIMIT = 0xfff;
const LDT_TYPE = 2;
const BUSY_TSS_32 = 11;
const DATA_SEGMENTS = [Seg.Es, Seg.Ss, Seg.Ds, Seg.Fs, Seg.Gs];

/** Puts a processor that was just reset into `mode`. RIP, the general registers and RFLAGS but VM are left to the caller. */
export function enterMode(core: Core, mode: Mode, random: Random): void {
  const { state, exports } = core;
  const hasPaging = mode.kind === 'long' || (mode.kind !== 'real' && random.chance(0.6));
  const hasPae = mode.kind === 'long' || random.chance(0.5);
  state.setBig('cr0', controlRegister0(mode, hasPaging, random));
  state.setNum('cr3', mode.kind === 'long' ? PML4 : hasPae ? PAE_POINTERS : LEGACY_DIRECTORY);
  state.setNum('cr4', controlRegister4(hasPae, random));
  const long = Efer.Lme | Efer.Lma;
  state.setNum('efer', Efer.Sce | (hasPae ? Efer.Nxe : 0) | (mode.kind === 'long' ? long : 0));
  state.setNum('xcr0', random.chance(0.9) ? Xcr0.X87 | Xcr0.Sse | Xcr0.Avx : Xcr0.X87);
  state.set('cpl', mode.cpl);
  exports.setRflags(mode.kind === 'v86' ? BigInt(Rflags.Vm) : 0n);
  loadSegments(core, mode, random);
  loadTables(core, mode);
  exports.updateMode();
}

function controlRegister0(mode: Mode, hasPaging: boolean, random: Random): bigint {
  let bits: number = Cr0.Mp | Cr0.Et | Cr0.Ne;
  if (mode.kind !== 'real') bits |= Cr0.Pe;
  if (random.chance(0.3)) bits |= Cr0.Am;
  if (random.chance(0.5)) bits |= Cr0.Wp;
  if (random.chance(0.05)) bits |= Cr0.Ts;
  if (random.chance(0.05)) bits |= Cr0.Em;
  return BigInt(bits) | (hasPaging ? BigInt(Cr0.Pg >>> 0) : 0n);
}

function controlRegister4(hasPae: boolean, random: Random): number {
  let bits: number = Cr4.Osfxsr | Cr4.Osxmmexcpt | Cr4.Osxsave | (hasPae ? Cr4.Pae : 0);
  for (const bit of [Cr4.Vme, Cr4.Pvi, Cr4.Tsd, Cr4.De, Cr4.Pse, Cr4.Pge, Cr4.Umip, Cr4.Fsgsbase])
    if (random.chance(0.4)) bits |= bit;
  return bits;
}

function loadSegments({ state }: Core, mode: Mode, random: Random): void {
  const isFlat = mode.bits === 64 || (mode.bits === 32 && random.chance(0.8));
  const limit = mode.bits === 16 ? SEGMENT_16 : isFlat ? FLAT : random.pick([MEDIUM_LIMIT, FLAT]);
  const base = BigInt(mode.bits === 16 || !isFlat ? CODE : 0);
  const attributes = PRESENT_SEGMENT | (mode.cpl << 5);
  const isBig = mode.bits !== 16;
  const data = attributes | (isBig ? SegAttr.Db | SegAttr.G : 0);
  const size = mode.bits === 64 ? SegAttr.L : isBig ? SegAttr.Db : 0;
  const selectors = selectorsOf(mode);
  for (const seg of DATA_SEGMENTS)
    state.setSegment(seg, { selector: selectors.data, attributes: data, limit, base });
  const code = attributes | SegAttr.Code | size | (isBig ? SegAttr.G : 0);
  state.setSegment(Seg.Cs, { selector: selectors.code, attributes: code, limit, base });
}

/** A limit that accesses of the code under test reach. */
const MEDIUM_LIMIT = 0x1_ffff;

function selectorsOf({ kind, bits, cpl }: Mode): { code: number; data: number } {
  if (kind === 'real' || kind === 'v86') return { code: CODE >> 4, data: CODE >> 4 };
  const data = cpl === 3 ? Selector.UserData : Selector.Data;
  if (bits === 64) return { code: cpl === 3 ? Selector.UserCode64 : Selector.Code64, data };
  if (bits === 32) return { code: cpl === 3 ? Selector.UserCode32 : Selector.Code32, data };
  return { code: cpl === 3 ? Selector.UserCode16 : Selector.Code16, data };
}

function loadTables({ state }: Core, { kind }: Mode): void {
  state.setNum('gdtrBase', GDT);
  state.set('gdtrLimit', GDT_BYTES - 1);
  state.setNum('idtrBase', kind === 'real' ? 0 : IDT);
  state.set('idtrLimit', kind === 'real' ? 0x3ff : GDT_BYTES - 1);
  const table = { selector: Selector.Ldt, limit: LDT_BYTES - 1, base: BigInt(LDT) };
  state.setSegment(Seg.Ldtr, { ...table, attributes: SegAttr.P | LDT_TYPE });
  const task = { selector: Selector.Tss, limit: TSS_LIMIT, base: BigInt(TSS) };
  state.setSegment(Seg.Tr, { ...task, attributes: SegAttr.P | BUSY_TSS_32 });
}
