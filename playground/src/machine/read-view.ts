/** Reads everything that the page shows of a machine that stands still. */
import type { RunResult, TraceEvent, Vm, VmcbSegmentName } from 'vmexit';
import { SHOWN_FIELDS } from '../panels/vmcb-layout.js';
import type { CodeWindow } from './code-window.js';
import type { GuestSource } from './guest-source.js';
import type { MachineView, NmiTally, SerialView, StackRow, StopView } from './view.js';

const GENERAL = [
  ...['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi'],
  ...['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'],
];
const REGISTERS = [...GENERAL, 'rip', 'rflags', 'cpl', 'cr0', 'cr2', 'cr3', 'cr4', 'efer', 'dr6', 'dr7'];
const SEGMENTS: readonly VmcbSegmentName[] = ['cs', 'ss', 'ds', 'es', 'fs', 'gs', 'ldtr', 'tr'];

const STACK_ROWS = 24;
/** Of the guest's output, at most this much goes to the page at a time. */
const SERIAL_BYTES = 0x1_0000;
/** What the machine keeps of it (`RunResult.serial`). */
const SERIAL_KEPT = 0x10_0000;

export interface ViewSource {
  readonly vm: Vm;
  readonly result: RunResult;
  readonly source: GuestSource;
  readonly code: CodeWindow;
  readonly stop: StopView;
  readonly hasEnded: boolean;
  readonly events: readonly TraceEvent[];
  readonly news: readonly TraceEvent[];
}

export function readView(parts: ViewSource): MachineView {
  const { vm, result, source, code, stop, hasEnded, events, news } = parts;
  const { registers, vmcb } = vm;
  const rip = registers.get('rip');
  const { bits } = vm.codeAt(rip);
  const codeAddress = bits === 64 ? rip : BigInt.asUintN(32, registers.segment('cs').base + rip);
  const { line, place } = source.locate(codeAddress);
  return {
    state: hasEnded ? 'ended' : 'paused',
    stop,
    time: result.time,
    instructions: result.instructions,
    bits,
    registers: Object.fromEntries(REGISTERS.map((name) => [name, registers.get(name)])),
    segments: Object.fromEntries(SEGMENTS.map((name) => [name, registers.segment(name)])),
    codeAddress,
    line,
    place,
    code: code.around(vm, codeAddress, bits),
    stack: readStack(vm, bits, source),
    vmcb: Object.fromEntries(SHOWN_FIELDS.map((field) => [field, BigInt(vmcb.get(field))])),
    isEntered: vm.isInside,
    nmi: vm.nmiState,
    tally: tallyOf(result),
    exits: result.exits,
    serial: tailOf(result.serial),
    events,
    news,
  };
}

function readStack(vm: Vm, bits: 16 | 32 | 64, source: GuestSource): StackRow[] {
  const { registers, virtual } = vm;
  const width = bits / 8;
  const base = bits === 64 ? 0n : registers.segment('ss').base;
  const top = base + BigInt.asUintN(bits, registers.get('rsp'));
  const { bytes } = virtual.read(top, STACK_ROWS * width);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows: StackRow[] = [];
  for (let at = 0; at + width <= bytes.length; at += width) {
    const value =
      width === 8
        ? view.getBigUint64(at, true)
        : BigInt(width === 4 ? view.getUint32(at, true) : view.getUint16(at, true));
    rows.push({ address: top + BigInt(at), value, symbol: source.nameNear(value) });
  }
  return rows;
}

function tallyOf({ nmi }: RunResult): NmiTally {
  const { requested, delivered, merged, lost, pending, maxNesting, latencies } = nmi;
  return { requested, delivered, merged, lost, pending, maxNesting, medianLatency: median(latencies) };
}

/** Of the last few thousand at most: enough for a number that is glanced at. */
const MOST_LATENCIES = 4096;

function median(latencies: readonly number[]): number | null {
  const sorted = latencies.slice(-MOST_LATENCIES).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}

export function tailOf(serial: Uint8Array): SerialView {
  const skipped = Math.max(0, serial.length - SERIAL_BYTES);
  return {
    text: new TextDecoder().decode(serial.subarray(skipped)),
    skipped,
    isCut: serial.length >= SERIAL_KEPT,
  };
}
