/** vmexit: an x86 processor with AMD-V, and hypervisors that drive it. The public API, re-exported. */

// A virtual machine that does what you mean.
export {
  createDisassembler,
  createVm,
  type CreateVmOptions,
  DEFAULT_MEMORY_BYTES,
  DEFAULT_STRATEGY,
  restoreVm,
  type RestoreVmOptions,
} from './create-vm.js';
export type { Vm } from './hypervisor/vm.js';
export type { NmiRequestOptions, RunOptions, SettleOptions } from './hypervisor/vm-options.js';
export type { AddressRange, Checkpoint } from './hypervisor/checkpoint.js';
export type { MachineIdentity, VmSnapshot } from './hypervisor/vm-snapshot.js';
export { MOST_SERIAL_BYTES } from './hypervisor/console.js';
export { compareMoments, type Moment } from './hypervisor/moment.js';
export type { ExitRecord, Trap, Traps } from './hypervisor/traps.js';
export type { NmiState } from './hypervisor/nmi-state.js';
export type {
  MissingMemory,
  MissingReason,
  VirtualMemory,
  VirtualRead,
} from './hypervisor/virtual-memory.js';
export type { CodeBits } from './hypervisor/code-size.js';
export type { GuestMemory } from './hypervisor/guest-memory.js';
export { describeStop, isResumable, type RunResult, type StopReason } from './hypervisor/run-result.js';
export type { ExitCause, ExitCount, NmiReport } from './hypervisor/ledger.js';
export type { TraceEvent, TraceListener } from './hypervisor/trace.js';
export {
  type CustomStrategy,
  isStrategyName,
  STRATEGIES,
  STRATEGY_NAMES,
  type StrategyName,
} from './hypervisor/nmi/strategies.js';
export { type DeliveryHost, NmiDelivery, type SavedDelivery } from './hypervisor/nmi/delivery.js';
export {
  atInstructions,
  everyInstructions,
  type NmiSchedule,
  parseSchedule,
  randomInstructions,
  type RandomSchedule,
} from './hypervisor/nmi-schedule.js';

// Processor models.
export {
  CPU_MODELS,
  type CpuModel,
  cpuModel,
  type CpuName,
  type CpuOption,
  DEFAULT_CPU,
  UnknownCpuError,
} from './decode/cpu-models.js';
export type { Feature, Features } from './decode/features.js';
export type { Disassembler, Disassembly } from './decode/disassemble.js';

// Where the WebAssembly binaries come from.
export { type BinaryName, type BinarySource, useBinaries } from './core/compiled-asset.js';

// Guests.
export { type AssembledGuest, assembleGuest, type AssemblySource, loadAssembly } from './assembly-guest.js';
export { loadGuest, type LoadOptions } from './loader/detect.js';
export type { Bits, DescriptorTableEntry, GuestEntry, SegmentEntry, SegmentName } from './loader/entry.js';
export { LoadError, type LoadErrorCode } from './loader/errors.js';
export type { GuestFormat, LoadedGuest, Piece } from './loader/image.js';
export { type GuestSymbol, type SymbolMatch, SymbolTable } from './loader/symbols.js';
export {
  findShippedGuest,
  fixturesUrl,
  listShippedGuests,
  loadShippedGuest,
  matchShippedGuest,
  readShippedGuest,
  type ShippedGuest,
  UnknownGuestError,
} from './guests.js';

// Comparing deliveries.
export {
  compare,
  type CompareOptions,
  type Comparison,
  type DeliveryRun,
  type ExitTally,
  type Progress,
  type StopRecord,
  summarize,
} from './lab/compare.js';
export {
  type DescribedSchedule,
  describeSchedule,
  type ScheduleSpec,
  startingAt,
  startSchedule,
} from './hypervisor/schedule-spec.js';

// Snapshots as files.
export { openSnapshot, readSnapshot, writeSnapshot } from './lab/snapshot/snapshot-file.js';
export { SnapshotError, type SnapshotErrorCode } from './lab/snapshot/snapshot-error.js';

// Bare silicon: write your own hypervisor.
export { Processor, type ProcessorOptions, type RunOptions as ProcessorRunOptions } from './svm/processor.js';
export type { ProcessorStop, RunResult as ProcessorResult } from './svm/guest-run.js';
export type { NmiOrigin, ProcessorListener } from './svm/processor-listener.js';
export type { ProcessorTrap, ProcessorTraps, Watchpoint } from './svm/traps.js';
export {
  CleanBit,
  type ReadonlyVmcb,
  type SegmentImage,
  Vmcb,
  type VmcbFieldName,
  type VmcbSegmentName,
  type VmcbValue,
} from './svm/vmcb.js';
export { type DescriptorTable, GuestRegisters } from './svm/guest-registers/guest-registers.js';
export type { RegisterChange, RegisterImage } from './svm/guest-registers/register-image.js';
export type { IoioExit, NestedPageFaultExit, TaskSwitchExit, VmExit } from './svm/exit.js';
export { exitName, intercept, type InterceptName, isIntercepted, removeIntercept } from './svm/intercepts.js';
export {
  type EventImage,
  injectEvent,
  injectNmi,
  interruptedEvent,
  isInjectionPending,
} from './svm/event-injection.js';
export {
  enableVirtualNmi,
  isNmiMasked,
  isNmiPending,
  requestNmi,
  V_NMI,
  V_NMI_ENABLE,
  V_NMI_MASK,
} from './svm/vnmi.js';
export {
  cancelInterrupt,
  maskInterruptsVirtually,
  requestInterrupt,
  type VirtualInterruptRequest,
} from './svm/vintr.js';
export { isInShadow, setShadow } from './svm/interrupt-shadow.js';
export { enableVirtualGif, isVirtualGifSet } from './svm/gif.js';
export { IoPermissionMap, type MsrAccess, MsrPermissionMap } from './svm/permission-maps.js';
export { type NestedMapping, NestedPageTables, type NestedPermissions } from './svm/nested-paging.js';
export { ExitCode } from '../assembly/abi/exit-code.js';
export { EventType, Vector } from '../assembly/abi/vector.js';

export { HostError, InvariantError, MemoryRangeError, UsageError, VmexitError } from './errors.js';
