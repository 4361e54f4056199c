/** The composition root: a processor, a guest and a hypervisor put together. */
import type { CpuOption } from './decode/cpu-models.js';
import { icedUrl } from './binaries.js';
import { compileAsset } from './core/compiled-asset.js';
import { Disassembler } from './decode/disassemble.js';
import { UsageError } from './errors.js';
import { layOut } from './hypervisor/memory-layout.js';
import { isStrategyName, STRATEGY_NAMES, type StrategyName } from './hypervisor/nmi/strategies.js';
import type { NmiSchedule } from './hypervisor/nmi-schedule.js';
import type { TraceListener } from './hypervisor/trace.js';
import { Vm } from './hypervisor/vm.js';
import { loadGuest } from './loader/detect.js';
import type { Bits } from './loader/entry.js';
import type { GuestFormat, LoadedGuest } from './loader/image.js';
import { Processor } from './svm/processor.js';

/** 16 MiB. */
export const DEFAULT_MEMORY_BYTES = 0x100_0000;
export const DEFAULT_STRATEGY: StrategyName = 'kvm-vnmi';

/** What the callbacks throw comes out of `run` when the step that called them is over; the machine can go on. */
export interface CreateVmOptions {
  /** The bytes of a guest file, of any format; or a guest that is loaded already, for the same `memoryBytes`. */
  readonly guest: Uint8Array | LoadedGuest;
  /** How NMIs are delivered; 'kvm-vnmi' unless given. */
  readonly nmi?: StrategyName | undefined;
  /** When NMIs are requested, in instructions; never unless given. See nmi-schedule.ts. */
  readonly nmiSchedule?: NmiSchedule | undefined;
  /** Guest memory, a multiple of 4 KiB from 1 MiB to 1 GiB; 16 MiB unless given. */
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
  const { memoryBytes = DEFAULT_MEMORY_BYTES, nmi = DEFAULT_STRATEGY, nmiSchedule = [] } = options;
  if (!isStrategyName(nmi))
    throw new UsageError(
      `unknown delivery strategy ${JSON.stringify(nmi)}: there are ${STRATEGY_NAMES.join(', ')}`,
    );
  const layout = layOut(memoryBytes);
  const guest = isLoaded(options.guest) ? options.guest : load(options.guest, memoryBytes, options);
  const [processor, icedModule] = await Promise.all([
    Processor.create({
      memoryBytes: layout.totalBytes,
      cpu: options.cpu,
      seed: options.seed,
      jit: options.jit,
    }),
    compileAsset(icedUrl()),
  ]);
  return new Vm({
    processor,
    layout,
    guest,
    nmi,
    nmiSchedule,
    onTrace: options.onTrace,
    onSerial: options.onSerial,
    disassemble: (bytes, bits, rip) => Disassembler.of(icedModule).format(bytes, bits, rip).text,
  });
}

/** A disassembler of its own, for traces. */
export async function createDisassembler(): Promise<Disassembler> {
  return Disassembler.of(await compileAsset(icedUrl()));
}

function isLoaded(guest: Uint8Array | LoadedGuest): guest is LoadedGuest {
  return typeof guest === 'object' && guest !== null && 'pieces' in guest;
}

function load(bytes: Uint8Array, memoryBytes: number, options: CreateVmOptions): LoadedGuest {
  const { format, bits, load: address, entry, commandLine } = options;
  return loadGuest(bytes, { memoryBytes, format, bits, load: address, entry, commandLine });
}
