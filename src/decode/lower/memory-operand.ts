/**
 * The memory operand of an instruction: from effective address to linear address (APM vol 2 §1.2, §4.5).
 *
 * Where segments cannot matter, the access itself computes the address. Elsewhere the offset is computed first and
 * a segmentation micro-op makes the linear address of it, in `Reg.Address`.
 */
import { Reg, Seg } from '../../../assembly/abi/register.js';
import { SEGMENT_ALIGNMENT_SHIFT, Uop } from '../../../assembly/abi/uop.js';
import { VectorAlignment } from '../../../assembly/abi/vector-register.js';
import { Width } from '../../../assembly/abi/width.js';
import type { CodeMode } from '../code-mode.js';
import type { Instruction } from '../instruction.js';
import type { UopWriter } from '../uop-writer.js';

/** Distance from a `Load8`, `LoadRmw8` or `Store8` to the first member of its `Wrap` form. */
const WRAP = Uop.LoadWrap8 - Uop.Load8;
/** The segment's place in byte n of an access. */
const SEGMENT_SHIFT = 4;

export class MemoryOperand {
  /** Address = base + (index << scale) + displacement, as the access micro-ops take it. */
  base = 0;
  index = 0;
  scale = 0;
  low = 0;
  high = 0;
  /** Width of the effective address. */
  width = Width.Qword;
  segment: Seg = Seg.Ds;
  private wrap = 0;

  constructor(
    private readonly uops: UopWriter,
    private readonly instruction: Instruction,
    private readonly mode: CodeMode,
  ) {}

  /** Takes base, index, scale, displacement and segment from the instruction. */
  fetch(): void {
    const { instruction } = this;
    this.base = instruction.memoryBase;
    this.index = instruction.memoryIndex;
    this.scale = instruction.memoryScale;
    this.width = instruction.addressWidth;
    this.low = instruction.displacementLow;
    this.high = this.width === Width.Qword ? instruction.displacementHigh : this.low >> 31;
    const prefix = instruction.segmentPrefix;
    const isPrefixIgnored = prefix < 0 || (this.mode.is64Bit && prefix < Seg.Fs);
    const byDefault = instruction.isStackRelative ? Seg.Ss : Seg.Ds;
    this.segment = isPrefixIgnored ? byDefault : (prefix as Seg);
    this.wrap = 0;
  }

  /**
   * Emits what the address of an access of `bytes` bytes needs. After it, `load`, `loadForWrite` and `store` may
   * access any part of those bytes; `alignment` is what the access of a vector will demand.
   */
  resolve(bytes: number, isWrite: boolean, alignment = VectorAlignment.None): void {
    this.fetch();
    this.linearize(bytes, isWrite, alignment);
  }

  /** As `resolve`, for base, index and displacement that the caller has changed after `fetch`. */
  linearize(bytes: number, isWrite: boolean, alignment = VectorAlignment.None): void {
    if (this.mode.is64Bit) this.linearize64();
    else if (!this.isChecked(isWrite)) this.linearizeFlat();
    else this.linearizeSegmented(bytes, isWrite, alignment);
  }

  /**
   * After `resolve`: moves the linear address to `Reg.Address`. For operations that change `changed` registers before
   * they store, and for core functions that access the operand themselves.
   */
  pin(changed?: readonly number[]): void {
    if (changed !== undefined && !changed.includes(this.base) && !changed.includes(this.index)) return;
    const { base, index, scale, low, high } = this;
    const lea = this.wrap === 0 ? Uop.Lea64 : Uop.Lea32;
    this.uops.emit(lea, Reg.Address, base, index, scale, low, high);
    this.setAddress(Reg.Zero);
  }

  /** After `resolve`: whether the linear address is in `Reg.Address`; if not, it is the effective address. */
  settle(): boolean {
    if (this.base === Reg.Address && this.index === Reg.Zero) return true;
    if (!this.mode.is64Bit || this.segment < Seg.Fs) return false;
    this.pin();
    return true;
  }

  load(register: number, width: number, delta = 0): void {
    this.access(Uop.Load8 + width, register, delta);
  }

  /** T0 ← the offset of that width, T1 ← the selector behind it. */
  loadFarPointer(width: number): void {
    this.loadPair(width, Width.Word);
  }

  /**
   * T0 ← an operand of one width, T1 ← one of another width behind it. Two accesses, as on silicon: every fault of the
   * first comes before the check of the second, whose effective address wraps by itself.
   */
  loadPair(width: number, secondWidth: number): void {
    this.resolve(1 << width, false);
    this.load(Reg.T0, width);
    this.fetch();
    this.advance(1 << width);
    this.linearize(1 << secondWidth, false);
    this.load(Reg.T1, secondWidth);
  }

  /** A load that faults if the operand cannot be written. */
  loadForWrite(register: number, width: number, delta = 0): void {
    this.access(Uop.LoadRmw8 + width, register, delta);
  }

  store(register: number, width: number, delta = 0): void {
    this.access(Uop.Store8 + width, register, delta);
  }

  /** Vector register ← memory; `alignment` as the micro-op has it. */
  loadVector(register: number, width: number, alignment: VectorAlignment): void {
    this.accessVector(Uop.LoadVector8 + width, register, alignment);
  }

  storeVector(register: number, width: number, alignment: VectorAlignment): void {
    this.accessVector(Uop.StoreVector8 + width, register, alignment);
  }

  /** Vector accesses have no `Wrap` forms. */
  private accessVector(code: number, register: number, alignment: VectorAlignment): void {
    if (this.wrap !== 0) this.pin();
    const n = this.scale | alignment | (this.segment << SEGMENT_SHIFT);
    this.uops.emit(code, register, this.base, this.index, n, this.low, this.high);
  }

  /** `Reg.Address` ← effective address, truncated to its width. */
  computeOffset(): void {
    const { base, index, scale, low, high } = this;
    this.uops.emit(Uop.Lea16 + this.width - 1, Reg.Address, base, index, scale, low, high);
  }

  /** `Reg.Address` ← effective address, for a core function that checks `segment` itself. */
  computeSegmentOffset(): void {
    this.fetch();
    this.computeOffset();
  }

  /** As `computeSegmentOffset`, for what one register points to. */
  computeSegmentOffsetOf(register: number, width: Width): void {
    this.fetch();
    this.setOffset(register);
    this.width = width;
    this.computeOffset();
  }

  /** `Reg.Address` ← linear address of the operand, without a check. */
  computeUncheckedLinear(): void {
    this.fetch();
    this.computeUnchecked();
  }

  /** Makes the operand's effective address the value of `register`, truncated to the address size where it is used. */
  setOffset(register: number): void {
    this.base = register;
    this.index = Reg.Zero;
    this.scale = 0;
    this.low = 0;
    this.high = 0;
  }

  private computeUnchecked(): void {
    this.computeOffset();
    const { is64Bit } = this.mode;
    if (is64Bit && this.segment < Seg.Fs) return;
    const lea = is64Bit ? Uop.Lea64 : Uop.Lea32;
    this.uops.emit(lea, Reg.Address, Reg.Address, segmentBase(this.segment));
  }

  private access(code: number, register: number, delta: number): void {
    const { low, high } = this;
    const n = this.scale | (this.segment << SEGMENT_SHIFT);
    this.advance(delta);
    this.uops.emit(code + this.wrap, register, this.base, this.index, n, this.low, this.high);
    this.low = low;
    this.high = high;
  }

  /** Moves the effective address on. */
  private advance(bytes: number): void {
    const carry = (this.low >>> 0) + bytes > 0xffffffff ? 1 : 0;
    this.low = (this.low + bytes) | 0;
    this.high = (this.high + carry) | 0;
  }

  /** FS and GS have a base (APM vol 2 §4.5.3); it takes the place of an index if that is free. */
  private linearize64(): void {
    const isBased = this.segment >= Seg.Fs;
    if (!isBased) {
      if (this.width === Width.Dword) this.wrap = WRAP;
      return;
    }
    if (this.width === Width.Qword && this.index === Reg.Zero) {
      this.index = segmentBase(this.segment);
      this.scale = 0;
      return;
    }
    this.computeOffset();
    this.setAddress(segmentBase(this.segment));
  }

  /**
   * After `fetch`: whether `linearize` emits a check of the segment. Not for ES, SS and DS of flat mode, and CS for reads: base
   * 0, limit 4 GiB, and open to the access.
   */
  isChecked(isWrite: boolean): boolean {
    if (this.mode.is64Bit) return false;
    if (!this.mode.isFlat || this.segment >= Seg.Fs) return true;
    return isWrite && this.segment === Seg.Cs;
  }

  private linearizeFlat(): void {
    if (this.width === Width.Dword) {
      this.wrap = WRAP;
      return;
    }
    this.computeOffset();
    this.setAddress(Reg.Zero);
  }

  private linearizeSegmented(bytes: number, isWrite: boolean, alignment: VectorAlignment): void {
    this.computeOffset();
    const check = isWrite ? Uop.SegmentWrite : Uop.SegmentRead;
    const n = this.segment | (alignment << SEGMENT_ALIGNMENT_SHIFT);
    this.uops.emit(check, Reg.Address, Reg.Address, 0, n, bytes);
    this.setAddress(Reg.Zero);
  }

  private setAddress(index: number): void {
    this.base = Reg.Address;
    this.index = index;
    this.scale = 0;
    this.low = 0;
    this.high = 0;
    this.wrap = 0;
  }
}

/** The register that holds a segment's base. */
function segmentBase(segment: Seg): number {
  return Reg.EsBase + segment * 8;
}
