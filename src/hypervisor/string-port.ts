/**
 * INS and OUTS, emulated: the one port instruction whose exit needs guest memory (APM vol 2 §15.10.2, vol 3).
 *
 * A repeated one is done in bounded bursts. Between bursts RIP stays and the guest exits again, so a guest with a
 * count of four billion can be interrupted, as on silicon. A #DB comes after each element (§13.1.3).
 */
import { Rflags, SegAttr } from '../../assembly/abi/processor-bits.js';
import { Seg } from '../../assembly/abi/register.js';
import { Vector } from '../../assembly/abi/vector.js';
import type { IoioExit } from '../svm/exit.js';
import type { VmcbSegmentName } from '../svm/vmcb.js';
import { matchData, matchPort } from './breakpoints.js';
import { translate } from './guest-paging.js';
import type { Vcpu } from './vcpu.js';

const BURST = 1024n;
/** By `Seg`. */
const SEGMENT_NAMES: readonly VmcbSegmentName[] = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];

export function emulateStringPort(vcpu: Vcpu, exit: IoioExit): void {
  const { registers } = vcpu;
  const mask = (1n << BigInt(exit.addressBits)) - 1n;
  const pointer = exit.isInput ? 'rdi' : 'rsi';
  const isDown = (vcpu.delivery.guestFlags() & Rflags.Df) !== 0;
  const stride = BigInt(isDown ? -exit.bytes : exit.bytes);
  const total = exit.isRepeated ? registers.get('rcx') & mask : 1n;
  const most = vcpu.isStepping ? 1n : BURST;
  const burst = total < most ? total : most;
  let breakpoints = 0;
  let done = 0n;
  while (done < burst && breakpoints === 0 && vcpu.exitStatus === null) {
    const offset = registers.get(pointer) & mask;
    if (!transfer(vcpu, exit, offset)) break;
    breakpoints = matchPort(vcpu, exit) | matchMemory(vcpu, exit, offset);
    registers.set(pointer, merge(registers.get(pointer), registers.get(pointer) + stride, exit.addressBits));
    done++;
  }
  if (exit.isRepeated) registers.set('rcx', merge(registers.get('rcx'), total - done, exit.addressBits));
  if (done === total) return vcpu.completeInstruction(exit.nextRip, breakpoints);
  vcpu.emulated += Number(done);
  if (breakpoints !== 0 || done === burst) vcpu.trap(breakpoints);
}

/** The breakpoints that the element in memory hits, which `transfer` has found to be within its segment. */
function matchMemory(vcpu: Vcpu, exit: IoioExit, offset: bigint): number {
  const linear = linearAddress(vcpu, exit, offset);
  if (linear === null) return 0;
  vcpu.onAccess?.(linear, exit.bytes, exit.isInput);
  return matchData(vcpu, linear, exit.bytes, exit.isInput);
}

/** One element. False if it faulted: the exception is queued. */
function transfer(vcpu: Vcpu, exit: IoioExit, offset: bigint): boolean {
  const gpas: number[] = [];
  for (let i = 0n; i < exit.bytes; i++) {
    const linear = linearAddress(vcpu, exit, offset + i);
    if (linear === null) {
      vcpu.raise(exit.segment === Seg.Ss && !exit.isInput ? Vector.Ss : Vector.Gp, 0);
      return false;
    }
    const found = translate(vcpu.memory, vcpu.vmcb, linear, exit.isInput ? 'write' : 'read');
    if ('fault' in found) {
      vcpu.raisePageFault(linear, found.fault);
      return false;
    }
    gpas.push(found.gpa);
  }
  if (exit.isInput) {
    const value = BigInt(vcpu.ports.read(exit.port, exit.bytes));
    gpas.forEach((gpa, i) => vcpu.memory.writeInteger(gpa, 1, (value >> BigInt(8 * i)) & 0xffn));
  } else {
    const value = gpas.reduceRight((sum, gpa) => (sum << 8n) | vcpu.memory.readInteger(gpa, 1), 0n);
    vcpu.ports.write(exit.port, exit.bytes, Number(value));
  }
  return true;
}

/** Null where segmentation refuses the byte (APM vol 2 §4.5, §4.12). INS always uses ES. */
function linearAddress(vcpu: Vcpu, exit: IoioExit, offset: bigint): bigint | null {
  const seg = exit.isInput ? Seg.Es : exit.segment;
  if (seg === Seg.Fs || seg === Seg.Gs) vcpu.saveHiddenState();
  const { attributes, limit, base } = vcpu.vmcb.segment(SEGMENT_NAMES[seg] ?? 'ds');
  if (vcpu.is64Bit()) {
    const linear = BigInt.asUintN(64, (seg === Seg.Fs || seg === Seg.Gs ? base : 0n) + offset);
    return BigInt.asUintN(64, BigInt.asIntN(48, linear)) === linear ? linear : null;
  }
  if ((attributes & SegAttr.P) === 0) return null;
  if (exit.isInput && (attributes & SegAttr.WritableOrReadable) === 0) return null;
  const isExpandDown =
    (attributes & (SegAttr.Code | SegAttr.ExpandDownOrConforming)) === SegAttr.ExpandDownOrConforming;
  const isInside = offset <= BigInt(limit);
  if (isInside === isExpandDown) return null;
  return BigInt.asUintN(32, base + offset);
}

/** What an instruction with this address size leaves in a 64-bit register. */
function merge(before: bigint, value: bigint, bits: 16 | 32 | 64): bigint {
  if (bits === 16) return (before & ~0xffffn) | BigInt.asUintN(16, value);
  return BigInt.asUintN(bits, value);
}
