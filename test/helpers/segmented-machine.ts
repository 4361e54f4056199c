/**
 * A processor with descriptor tables, for tests of segmentation, interrupts and tasks: code is given as bytes,
 * descriptors by what they mean.
 */
import { Cr0, Efer, Cr4, SegAttr } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import type { Stop } from '../../assembly/abi/stop.js';
import type { Core } from '../../src/core/core.js';
import { Engine, type EngineOptions } from '../../src/engine/engine.js';

const MEMORY_BYTES = 1 << 20;
const PAGE = 4096;
const JUMP_TO_SELF = 'eb fe';

/** Where things are. Code and stacks are far from the tables, so that nothing overwrites anything by accident. */
export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS = 0x3000;
export const LDT = 0x4000;
export const CODE = 0x8000;
export const HANDLER = 0x9000;
/** The handler of the fault that a test provokes. */
export const FAULT_HANDLER = 0x9100;
/** Stack tops: of level 0 at the start of a test, of inner levels, of an interrupt stack, of level 3. */
export const STACK = 0x20000;
export const INNER_STACK = 0x22000;
export const IST_STACK = 0x24000;
export const USER_STACK = 0x26000;

/** Selectors of the descriptors that every machine has. */
export const CODE0 = 0x08;
export const DATA0 = 0x10;
export const CODE3 = 0x18 | 3;
export const DATA3 = 0x20 | 3;
export const TSS_SELECTOR = 0x28;
/** The first that tests may use freely (in long mode the TSS takes two entries). */
export const FREE = 0x38;

/** Descriptor types with S and P: flat code and data. */
export const CODE_TYPE = 0x9b;
export const DATA_TYPE = 0x93;
const FLAT = 0xfffff;

export interface DescriptorFields {
  readonly base?: number;
  /** In units of the granularity. */
  readonly limit?: number;
  /** Bits 47:40: P, DPL, S, type. */
  readonly type: number;
  /** Bits 55:52: G, D, L, AVL. */
  readonly flags?: number;
}

export const GRANULAR = 8;
export const BIG = 4;
export const LONG = 2;

/** The 8 bytes of a segment descriptor (APM vol 2 §4.7). */
export function descriptor({
  base = 0,
  limit = FLAT,
  type,
  flags = GRANULAR | BIG,
}: DescriptorFields): bigint {
  const low = BigInt(limit & 0xffff) | (BigInt(base & 0xffffff) << 16n);
  const high = BigInt(type) | (BigInt((limit >>> 16) & 15) << 8n) | (BigInt(flags) << 12n);
  return low | (high << 40n) | (BigInt(base >>> 24) << 56n);
}

/** The low 8 bytes of a gate (APM vol 2 §4.8.4). */
export function gate(selector: number, offset: number, type: number, count = 0): bigint {
  const low = BigInt(offset & 0xffff) | (BigInt(selector) << 16n);
  return low | (BigInt(count) << 32n) | (BigInt(type) << 40n) | (BigInt((offset >>> 16) & 0xffff) << 48n);
}

/** Present gates of DPL 0. */
export const INTERRUPT_GATE = 0x8e;
export const TRAP_GATE = 0x8f;
export const INTERRUPT_GATE_16 = 0x86;
export const TASK_GATE = 0x85;
export const CALL_GATE = 0x8c;
export const CALL_GATE_16 = 0x84;
export const DPL3 = 0x60;

type Options = Omit<EngineOptions, 'memoryBytes'>;

export class SegmentedMachine {
  private constructor(private readonly engine: Engine) {}

  get core(): Core {
    return this.engine.core;
  }

  /** Real mode, CS:IP = 0:CODE, SS:SP = 0:F000h, interrupt vectors at 0. */
  static async real(options: Options = {}): Promise<SegmentedMachine> {
    const machine = new SegmentedMachine(await Engine.create({ memoryBytes: MEMORY_BYTES, ...options }));
    const { core } = machine;
    for (const seg of [Seg.Es, Seg.Cs, Seg.Ss, Seg.Ds, Seg.Fs, Seg.Gs]) {
      core.state.setSegment(seg, { selector: 0, attributes: DATA_TYPE, limit: 0xffff, base: 0n });
    }
    core.state.setBig('rip', BigInt(CODE));
    core.state.setBig('rsp', 0xf000n);
    // An instruction that faults does not retire, so a budget of one runs on: handlers wait where they begin.
    machine.code(HANDLER, JUMP_TO_SELF);
    machine.code(FAULT_HANDLER, JUMP_TO_SELF);
    core.exports.updateMode();
    return machine;
  }

  /** Flat 32-bit protected mode at level 0, with a TSS whose inner stack is INNER_STACK. */
  static async protected(options: Options = {}): Promise<SegmentedMachine> {
    const machine = await SegmentedMachine.real(options);
    machine.core.state.setBig('cr0', BigInt(Cr0.Pe | Cr0.Et));
    machine.writeTables(BIG, 0x8b);
    machine.word(TSS + 4, INNER_STACK);
    machine.word(TSS + 8, DATA0);
    machine.enterLevel(0);
    return machine;
  }

  /** 64-bit mode at level 0: the first 2 MiB mapped to themselves for everybody. */
  static async long(options: Options = {}): Promise<SegmentedMachine> {
    const machine = await SegmentedMachine.real(options);
    const { state } = machine.core;
    machine.quad(0x10000, 0x11007n);
    machine.quad(0x11000, 0x12007n);
    machine.quad(0x12000, 0x87n);
    state.setBig('cr3', 0x10000n);
    state.setBig('cr4', BigInt(Cr4.Pae));
    state.setBig('cr0', BigInt(Cr0.Pe | Cr0.Et) | 0x8000_0000n);
    state.setBig('efer', BigInt(Efer.Lme | Efer.Lma));
    machine.writeTables(LONG, 0x8b);
    machine.quad(TSS + 4, BigInt(INNER_STACK));
    machine.quad(TSS + 0x24, BigInt(IST_STACK));
    machine.enterLevel(0);
    return machine;
  }

  private writeTables(codeSize: number, tssType: number): void {
    const { state } = this.core;
    this.setDescriptor(CODE0, { type: CODE_TYPE, flags: GRANULAR | codeSize });
    this.setDescriptor(DATA0, { type: DATA_TYPE });
    this.setDescriptor(CODE3, { type: CODE_TYPE | DPL3, flags: GRANULAR | codeSize });
    this.setDescriptor(DATA3, { type: DATA_TYPE | DPL3 });
    this.setDescriptor(TSS_SELECTOR, { type: tssType, base: TSS, limit: 0x67, flags: 0 });
    state.setSegment(Seg.Tr, { selector: TSS_SELECTOR, attributes: tssType, limit: 0x67, base: BigInt(TSS) });
    state.setBig('gdtrBase', BigInt(GDT));
    state.set('gdtrLimit', 0xfff);
    state.setBig('idtrBase', BigInt(IDT));
    state.set('idtrLimit', 0xfff);
  }

  /** Puts flat segments of a privilege level into the segment registers. */
  enterLevel(level: 0 | 3): void {
    const { state } = this.core;
    const [code, data] = level === 0 ? [CODE0, DATA0] : [CODE3, DATA3];
    for (const seg of [Seg.Es, Seg.Cs, Seg.Ss, Seg.Ds, Seg.Fs, Seg.Gs]) {
      this.loadSegment(seg, seg === Seg.Cs ? code : data);
    }
    state.set('cpl', level);
    state.setBig('rsp', BigInt(level === 0 ? STACK : USER_STACK));
    this.core.exports.updateMode();
  }

  /** Loads a segment register from the GDT as LGDT and MOV would, without their checks. */
  loadSegment(seg: Seg, selector: number): void {
    const raw = this.getQuad(GDT + (selector & ~7));
    const attributes = Number((raw >> 40n) & 0xffn) | (Number((raw >> 52n) & 15n) << 8);
    const units = Number(raw & 0xffffn) | (Number((raw >> 48n) & 15n) << 16);
    const limit = (attributes & SegAttr.G) !== 0 ? units * PAGE + PAGE - 1 : units;
    const base = ((raw >> 16n) & 0xffffffn) | ((raw >> 56n) << 24n);
    this.core.state.setSegment(seg, { selector, attributes, limit, base });
  }

  setDescriptor(selector: number, fields: DescriptorFields): void {
    this.quad(GDT + (selector & ~7), descriptor(fields));
  }

  /** Fills an IDT entry of 8 bytes. */
  setGate(vector: number, offset: number, type = INTERRUPT_GATE, selector = CODE0): void {
    this.quad(IDT + vector * 8, gate(selector, offset, type));
  }

  /** Fills an IDT entry of 16 bytes. */
  setLongGate(vector: number, offset: number, type = INTERRUPT_GATE, ist = 0, selector = CODE0): void {
    this.quad(IDT + vector * 16, gate(selector, offset, type, ist));
    this.quad(IDT + vector * 16 + 8, 0n);
  }

  /** Writes instruction bytes, given in hexadecimal. */
  code(address: number, hex: string): void {
    this.core.write(address, Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')));
  }

  word(address: number, value: number): void {
    this.core.words.setUint32(address, value, true);
  }

  quad(address: number, value: bigint): void {
    this.core.words.setBigUint64(address, value, true);
  }

  getWord16(address: number): number {
    return this.core.words.getUint16(address, true);
  }

  getWord(address: number): number {
    return this.core.words.getUint32(address, true);
  }

  getQuad(address: number): bigint {
    return this.core.words.getBigUint64(address, true);
  }

  get rip(): number {
    return this.core.state.num('rip');
  }

  get rsp(): number {
    return this.core.state.num('rsp');
  }

  get flags(): number {
    return Number(this.core.exports.rflags());
  }

  set flags(value: number) {
    this.core.exports.setRflags(BigInt(value));
    this.core.exports.updateMode();
  }

  selector(seg: Seg): number {
    return this.core.state.segment(seg).selector;
  }

  /** Runs `instructions` instructions from `rip`; deliveries count as none. */
  run(instructions: number, rip?: number): Stop {
    const { state } = this.core;
    if (rip !== undefined) state.setBig('rip', BigInt(rip));
    state.setNum('deadline', state.num('clock') + instructions);
    return this.engine.run();
  }
}
