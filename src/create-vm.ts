/** The composition root: a processor, a guest and a hypervisor put together. */
import { type AssemblySource, isAssemblySource, loadAssembly } from './assembly-guest.js';
import { cpuModel, type CpuName, type CpuOption, DEFAULT_CPU } from './decode/cpu-models.js';
import { compileBinary } from './core/compiled-asset.js';
import { Disassembler } from './decode/disassemble.js';
import { UsageError } from './errors.js';
import { layOut } from './hypervisor/memory-layout.js';
import {
  type CustomStrategy,
  isStrategyName,
  requireStrategy,
  type StrategyName,
} from './hypervisor/nmi/strategies.js';
import type { NmiSchedule } from './hypervisor/nmi-schedule.js';
import type { TraceListener } from './hypervisor/trace.js';
import { startSchedule } from './hypervisor/schedule-spec.js';
import { Vm } from './hypervisor/vm.js';
import type { VmOptions } from './hypervisor/vm-options.js';
import { requireSnapshot, type VmSnapshot } from './hypervisor/vm-snapshot.js';
import { loadGuest } from './loader/detect.js';
import type { Bits } from './loader/entry.js';
import type { GuestFormat, LoadedGuest } from './loader/image.js';
import { Processor } from './svm/processor.js';

/** 16 MiB. */
export const DEFAULT_MEMORY_BYTES = 0x100_0000;
export const DEFAULT_STRATEGY: StrategyName = 'kvm-vnmi';

/** What the callbacks throw comes out of `run` when the step that called them is over; the machine can go on. */
export interface CreateVmOptions {
  /**
   * The bytes of a guest file, of any format; a guest's source in NASM's syntax; or a guest that is loaded already, for the
   * same `memoryBytes`.
   */
  readonly guest: Uint8Array | AssemblySource | LoadedGuest;
  /** How NMIs are delivered: one of `STRATEGIES` by name, or a strategy of the caller's; 'kvm-vnmi' unless given. */
  readonly nmi?: StrategyName | CustomStrategy | undefined;
  /** When NMIs are requested, in instructions; never unless given. See nmi-schedule.ts. */
  readonly nmiSchedule?: NmiSchedule | undefined;
  /** Guest memory, a multiple of 4 KiB from 1 MiB to 2 GiB; 16 MiB unless given. */
  readonly memoryBytes?: number | undefined;
  /** The processor model, which decides what CPUID shows and which instructions exist; the fullest unless given. */
  readonly cpu?: CpuOption | undefined;
  /** Of the random numbers of RDRAND and RDSEED: 0 to 2^64 - 1; 1 unless given. */
  readonly seed?: number | bigint | undefined;
  /** Decided by the content unless given. */
  readonly format?: GuestFormat | undefined;
  /** Flat binaries: code size at entry. */
  readonly bits?: Bits | undefined;
  /** Flat binaries: address of the first byte. */
  readonly load?: number | undefined;
  /** Flat binaries: address of the first instruction. */
  readonly entry?: number | undefined;
  /** Multiboot kernels: their command line. */
  readonly commandLine?: string | undefined;
  /** Whether hot guest code is compiled; it is unless this says false. Results are the same either way. */
  readonly jit?: boolean | undefined;
  /** Told of every exit, injection and NMI event. */
  readonly onTrace?: TraceListener | undefined;
  /** Told of each byte the guest prints. */
  readonly onSerial?: ((byte: number) => void) | undefined;
}

/** Makes a virtual machine whose guest is about to execute its first instruction. */
export async function createVm(options: CreateVmOptions): Promise<Vm> {
  if (typeof options !== 'object' || options === null)
    throw new UsageError(
      "createVm takes an object with at least a guest: createVm({ guest: bytes, nmi: 'kvm-vnmi' })",
    );
  const { memoryBytes = DEFAULT_MEMORY_BYTES, nmi: choice = DEFAULT_STRATEGY, nmiSchedule = [] } = options;
  const nmi = requireStrategy(choice);
  const layout = layOut(memoryBytes);
  const guest = await load(options.guest, memoryBytes, options);
  return build({ ...options, cpu: options.cpu ?? DEFAULT_CPU, layout, guest, nmi, nmiSchedule });
}

/** What a snapshot does not have, because it belongs to whoever runs the machine. */
export type RestoreVmOptions = Pick<CreateVmOptions, 'jit' | 'onTrace' | 'onSerial'> & {
  /** The schedule that the machine was made with; needed if that was neither a list nor described. */
  readonly nmiSchedule?: NmiSchedule | undefined;
  /** The strategy that the machine was made with; needed if that was the caller's own. */
  readonly nmi?: CustomStrategy | undefined;
};

/**
 * Makes a virtual machine that goes on where `vm.snapshot()` was taken, and does what that one did from there on. Throws a
 * `UsageError` if the schedule or the strategy is missing or another one.
 */
export async function restoreVm(snapshot: VmSnapshot, options: RestoreVmOptions = {}): Promise<Vm> {
  requireSnapshot(snapshot);
  const { ramBytes, cpu } = snapshot.machine;
  const vm = await build({
    ...options,
    layout: layOut(ramBytes),
    guest: null,
    nmi: strategyFor(snapshot, options),
    cpu: cpu as CpuName,
    nmiSchedule: scheduleFor(snapshot, options),
  });
  vm.restore(snapshot);
  return vm;
}

function scheduleFor({ schedule }: VmSnapshot, { nmiSchedule }: RestoreVmOptions): NmiSchedule {
  if (nmiSchedule !== undefined) return nmiSchedule;
  if (schedule !== null) return startSchedule(schedule);
  throw new UsageError('the snapshot was made with an NMI schedule of its own: give it as nmiSchedule');
}

function strategyFor({ machine }: VmSnapshot, { nmi }: RestoreVmOptions): CustomStrategy {
  if (nmi !== undefined) return requireStrategy(nmi);
  if (isStrategyName(machine.nmi)) return requireStrategy(machine.nmi);
  throw new UsageError(
    `the snapshot is of a machine with a delivery strategy of its own, ${JSON.stringify(machine.nmi)}: give it as nmi`,
  );
}

type Parts = Pick<CreateVmOptions, 'seed' | 'jit' | 'onTrace' | 'onSerial'> &
  Pick<VmOptions, 'layout' | 'guest' | 'nmi' | 'nmiSchedule'> & { readonly cpu: CpuOption };

async function build({ layout, cpu, seed, jit, ...parts }: Parts): Promise<Vm> {
  const [processor, icedModule] = await Promise.all([
    Processor.create({ memoryBytes: layout.totalBytes, cpu, seed, jit }),
    compileBinary('iced'),
  ]);
  return new Vm({
    processor,
    layout,
    cpu: cpuModel(cpu).name,
    guest: parts.guest,
    nmi: parts.nmi,
    nmiSchedule: parts.nmiSchedule,
    onTrace: parts.onTrace,
    onSerial: parts.onSerial,
    disassemble: (bytes, bits, rip) => Disassembler.of(icedModule).format(bytes, bits, rip).text,
  });
}

/** A disassembler of its own, for traces. */
export async function createDisassembler(): Promise<Disassembler> {
  return Disassembler.of(await compileBinary('iced'));
}

function load(
  guest: CreateVmOptions['guest'],
  memoryBytes: number,
  { format, bits, load: address, entry, commandLine }: CreateVmOptions,
): LoadedGuest | Promise<LoadedGuest> {
  const placement = { memoryBytes, format, bits, load: address, entry, commandLine };
  if (typeof guest !== 'object' || guest === null) return loadGuest(guest, placement);
  if ('pieces' in guest) return guest;
  return isAssemblySource(guest) ? loadAssembly(guest, placement) : loadGuest(guest, placement);
}
