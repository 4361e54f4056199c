/** Puts a virtual machine together: pages, permission maps, nested tables, devices, and the guest in its memory. */
import { DebugConsole } from '../devices/debug-console.js';
import { ExitPort } from '../devices/exit-port.js';
import { Serial } from '../devices/serial.js';
import type { LoadedGuest } from '../loader/image.js';
import { NestedPageTables } from '../svm/nested-paging.js';
import { IOPM_BYTES, IoPermissionMap, MSRPM_BYTES, MsrPermissionMap } from '../svm/permission-maps.js';
import type { Processor } from '../svm/processor.js';
import type { Agenda } from './agenda.js';
import type { Console } from './console.js';
import { fillControlArea, fillStateSaveArea } from './guest-entry.js';
import { GuestMemory } from './guest-memory.js';
import type { MemoryLayout } from './memory-layout.js';
import { fillPermissionMap } from './msr.js';
import type { NmiDelivery } from './nmi/delivery.js';
import type { PagePool } from './page-pool.js';
import { PortBus } from './port-bus.js';
import type { TraceListener } from './trace.js';
import { Vcpu } from './vcpu.js';

/** First port and number of ports. */
const COM1 = [0x3f8, 8] as const;
const DEBUG_CONSOLE = [0xe9, 1] as const;
const EXIT_PORT = [0xf4, 4] as const;

export interface MachineParts {
  readonly processor: Processor;
  readonly layout: MemoryLayout;
  /** Null: nothing is put into memory, and the state is to come from a snapshot. */
  readonly guest: LoadedGuest | null;
  readonly delivery: NmiDelivery;
  readonly agenda: Agenda;
  readonly console: Console;
  /** What nested page tables are made of. */
  readonly tablePages: PagePool;
  readonly trace: TraceListener | undefined;
}

/** A virtual processor: with a guest, ready for its first VMRUN. */
export function assemble(parts: MachineParts): Vcpu {
  const { processor, layout, guest, delivery, agenda, console, tablePages, trace } = parts;
  const vmcb = processor.vmcb(layout.vmcb);
  const memory = new GuestMemory(processor, layout.ramBytes);
  // No page is mapped yet: the guest's first touch of each maps it.
  const nested = new NestedPageTables(
    processor.words,
    () => tablePages.take(),
    (physical) => {
      processor.core.exports.touchPage(physical);
    },
  );
  const ports = new PortBus();
  const vcpu = new Vcpu(
    {
      vmcb,
      registers: processor.registers,
      host: processor,
      memory,
      nested,
      ports,
      console,
      agenda,
      clock: () => processor.clock,
      saveHiddenState: () => processor.vmsave(vmcb),
      trace,
    },
    delivery,
  );
  attachDevices(vcpu);
  if (guest) boot(vcpu, guest, processor, layout);
  return vcpu;
}

function boot(vcpu: Vcpu, guest: LoadedGuest, processor: Processor, layout: MemoryLayout): void {
  const { vmcb, memory, nested, delivery } = vcpu;
  fillPermissionMaps(processor, layout);
  for (const piece of guest.pieces) memory.write(piece.address, piece.bytes);
  fillControlArea(vmcb, layout, nested.root);
  fillStateSaveArea(vmcb, processor, guest.entry);
  delivery.initialize();
  // FS, GS, LDTR and TR stay in the processor from here on: this hypervisor uses none of them.
  processor.vmload(vmcb);
}

function attachDevices(vcpu: Vcpu): void {
  const print = (byte: number): void => vcpu.console.put(byte);
  vcpu.ports.attach(...COM1, new Serial(print));
  vcpu.ports.attach(...DEBUG_CONSOLE, new DebugConsole(print));
  vcpu.ports.attach(
    ...EXIT_PORT,
    new ExitPort((status) => {
      vcpu.exitStatus = status;
    }),
  );
}

function fillPermissionMaps(processor: Processor, { iopm, msrpm }: MemoryLayout): void {
  new IoPermissionMap(processor.memory.subarray(iopm, iopm + IOPM_BYTES)).interceptAll();
  fillPermissionMap(new MsrPermissionMap(processor.memory.subarray(msrpm, msrpm + MSRPM_BYTES)));
}
