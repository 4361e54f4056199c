/**
 * All registers of a guest by name, wherever they are: while the guest is entered the processor has them, after a #VMEXIT the
 * VMCB has those that the world switch moves, and the processor keeps the others (APM vol 2 §15.5.1).
 *
 * What is written takes effect with the guest's next instruction, as if VMRUN had loaded it; a value with which VMRUN would
 * not enter the guest is refused.
 */
import { Cr0, Efer, Rflags } from '../../../assembly/abi/processor-bits.js';
import { Seg } from '../../../assembly/abi/register.js';
import { VirtualInterrupt, VMCB_BYTES, VmcbOffset } from '../../../assembly/abi/vmcb-layout.js';
import { UsageError } from '../../errors.js';
import { findViolations } from '../checks.js';
import type { Processor } from '../processor.js';
import { CleanBit, type SegmentImage, Vmcb, type VmcbSegmentName } from '../vmcb.js';
import { mediaRegisters } from './media-registers.js';
import { CANONICAL, GENERAL_REGISTERS, KEPT, SEGMENTS, SWITCHED } from './places.js';
import { RegisterCamera, type RegisterImage } from './register-image.js';
import { partNames, partOf, type Register, toRegisterValue } from './register.js';

/** RFLAGS bits that exist and are not always zero. */
const RFLAGS_DEFINED = 0x3f_7fd7n;
const SVME = BigInt(Efer.Svme);
const LME = BigInt(Efer.Lme);
const LMA = BigInt(Efer.Lma);
const PG = BigInt(Cr0.Pg);
/** VMCB 090h. */
const NP_ENABLE = 1;
/** Segment attributes as the VMCB packs them: 12 bits. */
const ATTRIBUTES = 0xfff;

/** GDTR or IDTR. */
export interface DescriptorTable {
  readonly base: bigint;
  /** Highest offset. */
  readonly limit: number;
}

export class GuestRegisters {
  readonly #byName: ReadonlyMap<string, Register>;
  /** Where the core puts a picture of the guest that is entered. */
  readonly #image: Vmcb;
  readonly #camera: RegisterCamera;

  /**
   * @param vmcb The guest's. Its FS, GS, LDTR, TR and system-call MSRs have been loaded with VMLOAD.
   * @param onWrite Called after each write.
   */
  constructor(
    private readonly processor: Processor,
    private readonly vmcb: Vmcb,
    private readonly onWrite?: () => void,
  ) {
    const { core } = processor;
    const address = core.exports.GUEST_IMAGE_ADDRESS.value as number;
    this.#image = new Vmcb(new DataView(core.bytes.buffer, address, VMCB_BYTES), 0);
    this.#camera = new RegisterCamera(core);
    this.#byName = new Map([...this.#integerRegisters(), ...mediaRegisters(core)]);
  }

  /** Every name that `get` knows. */
  names(): string[] {
    return [...this.#byName.keys()];
  }

  /** Width of a register in bits. */
  bits(name: string): number {
    return this.#find(name).bits;
  }

  /**
   * The value of a register: rax to r15 and their parts (eax, ax, al, ah, r8d…), rip, rflags, cpl, the selectors (cs…), cr0,
   * cr2, cr3, cr4, cr8, dr0 to dr3, dr6, dr7, efer and other MSRs (star, lstar, cstar, sfmask, kernelGsBase, sysenterCs,
   * sysenterEsp, sysenterEip, pat, tscAux), xcr0, ymm0 to ymm15, xmm0 to xmm15, st0 to st7 (80 bits), mm0 to mm7, mxcsr, fcw,
   * fsw, ftw (the full tag word), fop, fip, fdp, fcs, fds.
   *
   * RFLAGS are the processor's: where KVM single-steps over an IRET, TF and RF are KVM's. EFER is as the guest reads it.
   * Throws a `UsageError` for another name.
   */
  get(name: string): bigint {
    return this.#find(name).get();
  }

  /**
   * Writes a register; a part of one keeps the rest. Throws a `UsageError`, and changes nothing, if the register is not this
   * wide or if VMRUN would refuse the guest with it (APM vol 2 §15.5.1). A selector loads no descriptor: `setSegment` does.
   */
  set(name: string, value: bigint | number): void {
    const register = this.#find(name);
    register.set(toRegisterValue(name, register.bits, value));
    this.onWrite?.();
  }

  /** A segment register with its hidden part: attributes are descriptor bits 47:40 and 55:52, the limit is in bytes. */
  segment(name: VmcbSegmentName): SegmentImage {
    const seg = this.#seg(name);
    return seg > Seg.Ds ? this.processor.core.state.segment(seg) : this.current().segment(name);
  }

  /** Loads a segment register, hidden part and all, without looking at a descriptor table. */
  setSegment(name: VmcbSegmentName, segment: SegmentImage): void {
    const seg = this.#seg(name);
    const { selector, attributes, limit, base } = segment;
    toRegisterValue(`the selector of ${name}`, 16, selector);
    toRegisterValue(`the limit of ${name}`, 32, limit);
    toRegisterValue(`the base of ${name}`, 64, base);
    if ((attributes & ~ATTRIBUTES) !== 0) throw new UsageError(`attributes of ${name} have 12 bits`);
    if (seg <= Seg.Ds) this.#change((state) => state.setSegment(name, segment));
    else {
      const { core } = this.processor;
      core.state.setSegment(seg, { ...segment, base: BigInt.asUintN(64, BigInt.asIntN(48, base)) });
      core.exports.updateMode();
    }
    this.onWrite?.();
  }

  /** GDTR or IDTR. */
  table(name: 'gdtr' | 'idtr'): DescriptorTable {
    const state = this.current();
    return { base: state.get(`${name}Base`), limit: state.get(`${name}Limit`) };
  }

  setTable(name: 'gdtr' | 'idtr', { base, limit }: DescriptorTable): void {
    toRegisterValue(`the limit of ${name}`, 16, limit);
    toRegisterValue(`the base of ${name}`, 64, base);
    this.#change((state) => {
      state.set(`${name}Base`, base);
      state.set(`${name}Limit`, limit);
    });
    this.onWrite?.();
  }

  /**
   * All registers as they are now, hidden parts included, to be held against those of another moment: microseconds.
   *
   * @param into An image of these registers that is no longer needed: it becomes the new one.
   */
  image(into?: RegisterImage): RegisterImage {
    return this.#camera.take(this.current(), this.vmcb, this.#taskPriority(), into);
  }

  /** The state save area as a #VMEXIT would write it now, for reading; only until the next call of a method here. */
  current(): Vmcb {
    if (!this.processor.isGuestEntered) return this.vmcb;
    this.processor.core.exports.storeGuestImage();
    return this.#image;
  }

  #find(name: string): Register {
    const register = this.#byName.get(name);
    if (!register) throw new UsageError(`there is no register ${JSON.stringify(name)}`);
    return register;
  }

  #seg(name: VmcbSegmentName): Seg {
    if (!Object.hasOwn(SEGMENTS, name))
      throw new UsageError(`there is no segment register ${JSON.stringify(name)}`);
    return SEGMENTS[name];
  }

  /** Changes the state save area; back to what it was if the guest could not be entered with it. */
  #change(change: (state: Vmcb) => void): void {
    const state = this.current();
    const isEntered = state === this.#image;
    if (isEntered) state.bytes().set(this.vmcb.bytes().subarray(0, VmcbOffset.Es));
    const before = state.bytes().slice();
    const known = this.#violations(state);
    change(state);
    followPaging(state);
    const broken = this.#violations(state).filter((rule) => !known.includes(rule));
    if (broken.length > 0) {
      state.bytes().set(before);
      throw new UsageError(`VMRUN would not enter a guest like this: ${broken.join('; ')}`);
    }
    if (isEntered) this.processor.core.exports.loadGuestImage();
  }

  #violations(state: Vmcb): string[] {
    const { core, isGuestEntered, words, cr4Bits } = this.processor;
    const hostCr0 = core.state.big(isGuestEntered ? 'hostCr0' : 'cr0');
    return findViolations(state, { isHostPaging: (hostCr0 & PG) !== 0n, cr4Bits, memory: words });
  }

  *#integerRegisters(): Generator<[name: string, register: Register]> {
    const kept = KEPT.map((name): [string, Register] => [name, this.#kept(name)]);
    const whole = new Map<string, Register>([...SWITCHED.map((name) => this.#switched(name)), ...kept]);
    yield* whole;
    for (const name of GENERAL_REGISTERS) {
      // The table has every general register: the two lists above share them out.
      const register = whole.get(name) as Register;
      for (const [part, shift, bits] of partNames(name)) yield [part, partOf(register, shift, bits)];
    }
    yield ['rflags', this.#rflags()];
    yield ['eflags', partOf(this.#rflags(), 0, 32)];
    yield ['efer', this.#efer()];
    yield ['pat', this.#pat()];
    yield ['cpl', this.#cpl()];
    yield ['cr8', this.#cr8()];
    yield ['xcr0', this.#xcr0()];
    for (const name of Object.keys(SEGMENTS) as VmcbSegmentName[]) yield [name, this.#selector(name)];
  }

  #kept(name: (typeof KEPT)[number]): Register {
    const { state } = this.processor.core;
    const set = (value: bigint): void => {
      if (CANONICAL.has(name) && BigInt.asUintN(64, BigInt.asIntN(48, value)) !== value)
        throw new UsageError(`${name} holds canonical addresses only`);
      state.setBig(name, value);
    };
    return { bits: 64, get: () => state.big(name), set };
  }

  #switched(field: (typeof SWITCHED)[number] | 'guestPat'): [string, Register] {
    return [
      field,
      {
        bits: 64,
        get: () => this.current().get(field),
        set: (value) => this.#change((state) => state.set(field, value)),
      },
    ];
  }

  /** A guest without nested paging has the host's (§15.25.8). */
  #pat(): Register {
    const { state } = this.processor.core;
    const [, own] = this.#switched('guestPat');
    const isOwn = (): boolean => (this.vmcb.low('nestedControl') & NP_ENABLE) !== 0;
    return {
      bits: 64,
      get: () => (isOwn() ? own.get() : state.big('pat')),
      set: (value) => (isOwn() ? own.set(value) : state.setBig('pat', value)),
    };
  }

  #rflags(): Register {
    return {
      bits: 64,
      get: () => this.current().get('rflags'),
      set: (value) =>
        this.#change((state) => state.set('rflags', (value & RFLAGS_DEFINED) | BigInt(Rflags.Always1))),
    };
  }

  #efer(): Register {
    return {
      bits: 64,
      get: () => this.current().get('efer') & ~SVME,
      set: (value) => this.#change((state) => state.set('efer', value | SVME)),
    };
  }

  #cpl(): Register {
    return {
      bits: 2,
      get: () => BigInt(this.current().get('cpl')),
      set: (value) => this.#change((state) => state.set('cpl', Number(value))),
    };
  }

  /** In the processor while the guest is entered, in V_TPR otherwise. */
  #taskPriority(): number {
    const { processor, vmcb } = this;
    if (processor.isGuestEntered) return processor.core.state.get('cr8');
    return vmcb.word(VmcbOffset.VirtualInterrupt) & VirtualInterrupt.Tpr;
  }

  #cr8(): Register {
    const { processor, vmcb } = this;
    const { state } = processor.core;
    return {
      bits: 4,
      get: () => BigInt(this.#taskPriority()),
      set: (value) => {
        if (processor.isGuestEntered) return state.set('cr8', Number(value));
        const rest = vmcb.word(VmcbOffset.VirtualInterrupt) & ~VirtualInterrupt.Tpr;
        vmcb.setWord(VmcbOffset.VirtualInterrupt, rest | Number(value));
        vmcb.markDirty(CleanBit.VirtualInterrupt);
      },
    };
  }

  #xcr0(): Register {
    const { core } = this.processor;
    return {
      bits: 64,
      get: () => core.state.big('xcr0'),
      set: (value) => {
        if (core.exports.setXcr0(value) === 0)
          throw new UsageError(`XSETBV would raise #GP(0) for ${value.toString(16)}h`);
      },
    };
  }

  #selector(name: VmcbSegmentName): Register {
    return {
      bits: 16,
      get: () => BigInt(this.segment(name).selector),
      set: (value) => this.setSegment(name, { ...this.segment(name), selector: Number(value) }),
    };
  }
}

/** EFER.LMA follows from LME and PG, as VMRUN has it. */
function followPaging(state: Vmcb): void {
  const efer = state.get('efer');
  const isLong = (efer & LME) !== 0n && (state.get('cr0') & PG) !== 0n;
  const next = isLong ? efer | LMA : efer & ~LMA;
  if (next !== efer) state.set('efer', next);
}
