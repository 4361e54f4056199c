/** The loop: why a run stops, what a budget means, when a request arrives, and that slicing changes nothing. */
import { describe, expect, it } from 'vitest';
import { createVm, type CreateVmOptions } from '../../src/create-vm.js';
import { UsageError } from '../../src/errors.js';
import { everyInstructions } from '../../src/hypervisor/nmi-schedule.js';
import { STRATEGY_NAMES, type StrategyName } from '../../src/hypervisor/nmi/strategies.js';
import { describeStop, type StopReason } from '../../src/hypervisor/run-result.js';
import type { TraceEvent } from '../../src/hypervisor/trace.js';
import type { Vm } from '../../src/hypervisor/vm.js';
import type { VmOptions } from '../../src/hypervisor/vm-options.js';
import { MSRPM_BYTES, MsrPermissionMap } from '../../src/svm/permission-maps.js';
import type { Processor } from '../../src/svm/processor.js';
import {
  CLI,
  CODE,
  COUNT_NMI,
  dword,
  exit,
  HLT,
  hypercall,
  IRET,
  MEMORY_BYTES,
  nops,
  type RealModeGuest,
  realModeGuest,
  spin,
  STI,
  UNEXPECTED,
  WARM_STACK,
} from '../helpers/real-mode-guest.js';

function vmOf(guest: RealModeGuest, options: Partial<CreateVmOptions> = {}): Promise<Vm> {
  return createVm({ memoryBytes: MEMORY_BYTES, ...options, guest: realModeGuest(guest) });
}

/** jmp $ */
const FOREVER = [0xeb, 0xfe];

const DEBUGCTL = 0x1d9;
/** mov ecx, DEBUGCTL; mov eax, 1 (LBR); xor edx, edx; wrmsr */
const TRACE_BRANCHES = [
  ...[0x66, 0xb9, ...dword(DEBUGCTL)],
  ...[0x66, 0xb8, ...dword(1)],
  ...[0x66, 0x31, 0xd2, 0x0f, 0x30],
];

/** Lets writes of DEBUGCTL through to the processor, which has no branch tracing: what it cannot do stops by name. */
function passDebugCtl(vm: Vm): void {
  const { processor, options } = vm as unknown as { processor: Processor; options: VmOptions };
  const { msrpm } = options.layout;
  const map = new MsrPermissionMap(processor.memory.subarray(msrpm, msrpm + MSRPM_BYTES));
  map.allow(DEBUGCTL, 'write');
}

describe('a run stops', () => {
  /** mov ax, 0FFFFh; mov ds, ax: DS:0010h is the first byte beyond 1 MiB. */
  const SET_DS_FFFF = [0xb8, 0xff, 0xff, 0x8e, 0xd8];
  /** lidt [IDTR_AT]: limit 0, base 0, from the image's zeros. */
  const EMPTY_IDT = [0x0f, 0x01, 0x1e, 0x00, 0x09];

  // prettier-ignore
  it.each<readonly [string, readonly number[], object]>([
    ['with the status of the exit port',          exit(7),                             { kind: 'exit', status: 7 }],
    ['with the status of hypercall 0',            hypercall(0, 9),                     { kind: 'exit', status: 9 }],
    ['when HLT has nothing to wait for',          [...CLI, ...HLT],                    { kind: 'halted', rip: BigInt(CODE + 1) }],
    ['on a triple fault',                         [...EMPTY_IDT, 0xcc],                { kind: 'triple-fault' }],
    ['on an exception the guest reports',         [0x0f, 0x0b],                        { kind: 'exit', status: UNEXPECTED + 6 }],
    ['where there is no memory',                  [...SET_DS_FFFF, 0xa1, 0x10, 0x00],  { kind: 'no-memory', gpa: MEMORY_BYTES, access: 'read', rip: BigInt(CODE + 5) }],
    ['when the budget is spent',                  FOREVER,                             { kind: 'budget' }],
  ])('%s', async (_why, main, stop) => {
    const vm = await vmOf({ main });
    const result = vm.run({ maxInstructions: 1000 });
    expect(result.stop).toEqual(stop);
    expect(describeStop(result.stop)).not.toMatch(/\n|undefined/);
  });

  it('at an instruction that is not implemented', async () => {
    const vm = await vmOf({ main: TRACE_BRANCHES });
    passDebugCtl(vm);
    expect(vm.run({ maxInstructions: 1000 }).stop).toEqual({
      kind: 'unimplemented',
      rip: BigInt(CODE + TRACE_BRANCHES.length - 2),
      bytes: expect.stringMatching(/^0f 30/),
      text: 'wrmsr',
    });
  });

  it('for good: running on gives the same reason', async () => {
    const vm = await vmOf({ main: exit(3) });
    expect(vm.run().stop).toEqual({ kind: 'exit', status: 3 });
    expect(vm.run()).toEqual(vm.run());
  });
});

describe('a budget', () => {
  it('is exact, and running on continues', async () => {
    const vm = await vmOf({ main: FOREVER });
    expect(vm.run({ maxInstructions: 100 })).toMatchObject({ stop: { kind: 'budget' }, instructions: 100 });
    expect(vm.run({ maxInstructions: 1n })).toMatchObject({ stop: { kind: 'budget' }, instructions: 101 });
  });

  it('counts what the hypervisor emulates: a guest of nothing but CPUID ends', async () => {
    const CPUID = [0x0f, 0xa2];
    const vm = await vmOf({ main: [...CPUID, ...CPUID, ...CPUID, ...FOREVER] });
    expect(vm.run({ maxInstructions: 2 })).toMatchObject({ stop: { kind: 'budget' }, instructions: 2 });
  });

  it.each([-1, 1.5, Number.NaN])('of %d is refused', async (maxInstructions) => {
    const vm = await vmOf({ main: FOREVER });
    expect(() => vm.run({ maxInstructions })).toThrow(UsageError);
  });
});

it.each(STRATEGY_NAMES)('%s: one instruction at a time is the same as all at once', async (nmi) => {
  const guest: RealModeGuest = {
    main: [...WARM_STACK, ...STI, ...spin(60), ...exit(0)],
    nmi: [...COUNT_NMI, ...nops(6), ...IRET],
  };
  const trace = async (step: number): Promise<readonly TraceEvent[]> => {
    const events: TraceEvent[] = [];
    const nmiSchedule = [20, 22, 25, 25, 60, 61];
    const vm = await vmOf(guest, { nmi, nmiSchedule, onTrace: (event) => events.push(event) });
    let stop: StopReason;
    do stop = vm.run({ maxInstructions: step }).stop;
    while (stop.kind === 'budget');
    expect(stop).toEqual({ kind: 'exit', status: 0 });
    return events;
  };
  expect(await trace(1)).toEqual(await trace(1000));
});

describe('a request', () => {
  const guest: RealModeGuest = { main: [...WARM_STACK, ...spin(100), ...exit(0)] };
  const BOTH: readonly StrategyName[] = ['kvm-event-injection', 'xen-vnmi'];

  it.each(BOTH)('from the API reaches a paused guest at once (%s)', async (nmi) => {
    const vm = await vmOf(guest, { nmi });
    vm.run({ maxInstructions: 50 });
    vm.requestNmi();
    vm.requestNmi({ atInstruction: 60n });
    vm.requestNmi({ atInstruction: 10 }); // in the past: now, and merged with the first or second of two at once
    const { nmi: nmis, stop } = vm.run();
    expect(stop).toEqual({ kind: 'exit', status: 0 });
    expect(nmis.requested).toBe(3);
    expect(nmis.delivered + nmis.merged).toBe(3);
    expect(nmis.latencies[0]).toBe(0);
  });

  it('from the guest comes after as many instructions as it says', async () => {
    const deliveries: number[] = [];
    const vm = await vmOf(
      { main: [...WARM_STACK, ...hypercall(2, 5), ...nops(20), ...exit(0)] },
      { onTrace: (event) => event.kind === 'nmi-deliver' && deliveries.push(event.time) },
    );
    vm.run();
    expect(deliveries).toEqual([2 + 3 + 5]);
  });

  it('beyond the end of the run is never made', async () => {
    const vm = await vmOf(guest, { nmiSchedule: [50, 100_000] });
    expect(vm.run().nmi).toMatchObject({ requested: 1, delivered: 1 });
  });

  it.each(STRATEGY_NAMES)('delivered before the processor gives up stays delivered (%s)', async (nmi) => {
    const vm = await vmOf({ ...guest, nmi: TRACE_BRANCHES }, { nmi, nmiSchedule: [20] });
    passDebugCtl(vm);
    const result = vm.run({ maxInstructions: 500 });
    expect(result.stop.kind).toBe('unimplemented');
    expect(result.nmi).toMatchObject({ requested: 1, delivered: 1, pending: 0, lost: 0 });
  });

  it('that still waits when the run ends is pending', async () => {
    // The handler never returns: the second NMI waits behind it for ever.
    const vm = await vmOf({ ...guest, nmi: FOREVER }, { nmi: 'kvm-vnmi', nmiSchedule: [20, 30] });
    expect(vm.run({ maxInstructions: 500 }).nmi).toMatchObject({
      requested: 2,
      delivered: 1,
      pending: 1,
      lost: 0,
    });
  });

  it.each(STRATEGY_NAMES)('whose delivery shuts the guest down is lost, not forgotten (%s)', async (nmi) => {
    const EMPTY_IDT = [0x0f, 0x01, 0x1e, 0x00, 0x09];
    const vm = await vmOf({ main: [...WARM_STACK, ...EMPTY_IDT, ...FOREVER] }, { nmi, nmiSchedule: [20] });
    const result = vm.run({ maxInstructions: 500 });
    expect(result.stop).toEqual({ kind: 'triple-fault' });
    expect(result.nmi).toMatchObject({ requested: 1, delivered: 0, lost: 1, pending: 0 });
    expect(Object.keys(result.nmi.lossReasons)).toEqual([expect.stringMatching(/shut down/)]);
  });
});

describe('HLT', () => {
  const SLEEPER: RealModeGuest = { main: [...WARM_STACK, ...HLT, ...exit(0)] };

  it('sleeps until the next request: time passes, instructions do not', async () => {
    const vm = await vmOf(SLEEPER, { nmiSchedule: [1_000_000] });
    const result = vm.run();
    expect(result.stop).toEqual({ kind: 'exit', status: 0 });
    expect(result.time).toBeGreaterThan(1_000_000);
    expect(result.instructions).toBe(3 + 2 + 2);
    expect(result.nmi.latencies).toEqual([0]);
  });

  it('costs budget while it sleeps', async () => {
    const vm = await vmOf(SLEEPER, { nmiSchedule: [1_000_000] });
    expect(vm.run({ maxInstructions: 1000 })).toMatchObject({ stop: { kind: 'budget' }, time: 1000 });
    expect(vm.run().stop).toEqual({ kind: 'exit', status: 0 });
  });

  it.each(STRATEGY_NAMES.filter((name) => name !== 'naive-event-injection'))(
    'inside an NMI handler is not woken by an NMI (%s)',
    async (nmi) => {
      const vm = await vmOf({ ...SLEEPER, nmi: HLT }, { nmi, nmiSchedule: [100, 200, 300] });
      const result = vm.run();
      expect(result.stop.kind).toBe('halted');
      expect(result.nmi).toMatchObject({ requested: 3, delivered: 1, merged: 1, pending: 1 });
    },
  );

  it('never hangs a caller who gave a budget, however many NMIs come', async () => {
    const vm = await vmOf({ ...SLEEPER, nmi: HLT }, { nmiSchedule: everyInstructions(10) });
    expect(vm.run({ maxInstructions: 10_000 }).stop).toEqual({ kind: 'budget' });
  });
});

describe('runAsync', () => {
  it('gives what run gives', async () => {
    const guest: RealModeGuest = { main: [...WARM_STACK, ...spin(60), ...exit(0)] };
    const sync = (await vmOf(guest, { nmiSchedule: [50] })).run();
    const vm = await vmOf(guest, { nmiSchedule: [50] });
    expect(await vm.runAsync()).toEqual(sync);
  });

  it('lets the caller cancel, and go on', async () => {
    const vm = await vmOf({ main: FOREVER });
    const controller = new AbortController();
    const running = vm.runAsync({ signal: controller.signal });
    setTimeout(() => controller.abort(), 1);
    const { stop, instructions } = await running;
    expect(stop).toEqual({ kind: 'cancelled' });
    expect(vm.run({ maxInstructions: 10 })).toMatchObject({
      stop: { kind: 'budget' },
      instructions: instructions + 10,
    });
  });
});

describe('createVm', () => {
  it('refuses an unknown strategy with the list', async () => {
    await expect(vmOf({ main: FOREVER }, { nmi: 'hyper-v' as StrategyName })).rejects.toThrow(
      /"hyper-v".*naive-event-injection, .*kvm-vnmi/,
    );
  });

  it.each([0, 4096, 0x10_0001, 2 ** 31 + 4096])('refuses %i bytes of memory', async (memoryBytes) => {
    const guest = realModeGuest({ main: FOREVER });
    await expect(createVm({ guest, memoryBytes })).rejects.toThrow(UsageError);
  });
});

describe('a callback', () => {
  const KINDS = ['nmi-request', 'inject', 'nmi-deliver', 'exit'] as const;
  const cases = KINDS.flatMap((kind) => STRATEGY_NAMES.map((nmi) => [kind, nmi] as const));
  const guest = { main: [...spin(400), ...exit(0)] };

  it.each(cases)('that throws on %s under %s leaves the machine as it was', async (kind, nmi) => {
    const options = { nmi, nmiSchedule: [100, 120, 122, 300] };
    const calm = (await vmOf(guest, options)).run();
    let calls = 0;
    const onTrace = (event: TraceEvent): void => {
      if (event.kind === kind && calls++ % 2 === 0) throw new Error('mine');
    };
    const vm = await vmOf(guest, { ...options, onTrace });
    let thrown = 0;
    const result = (() => {
      for (;;) {
        try {
          return vm.run();
        } catch (error) {
          expect(error).toEqual(new Error('mine'));
          thrown++;
        }
      }
    })();
    expect(thrown).toBeGreaterThan(0);
    expect(result).toEqual(calm);
  });

  it('that throws on a printed byte gets each byte once', async () => {
    const printed: number[] = [];
    const onSerial = (byte: number): void => {
      printed.push(byte);
      if (printed.length === 1) throw new Error('mine');
    };
    const OUT_E9 = [0xb0, 0x41, 0xe6, 0xe9]; // mov al, 'A'; out 0E9h, al
    const vm = await vmOf({ main: [...OUT_E9, ...OUT_E9, ...exit(0)] }, { onSerial });
    expect(() => vm.run()).toThrow('mine');
    expect(vm.run().serialText).toBe('AA');
    expect(printed).toEqual([0x41, 0x41]);
  });

  it('may not run its own machine', async () => {
    const vm = await vmOf(guest, { nmiSchedule: [100], onTrace: () => void vm.run() });
    expect(() => vm.run()).toThrow(UsageError);
  });

  it.each(STRATEGY_NAMES)(
    'requests an NMI at its time under %s, though no exit comes before',
    async (nmi) => {
      let isAsked = false;
      const onTrace = (event: TraceEvent): void => {
        if (event.kind !== 'nmi-deliver' || isAsked) return;
        isAsked = true;
        vm.requestNmi({ atInstruction: event.time + 50 });
      };
      const vm = await vmOf(
        { ...guest, main: [...WARM_STACK, ...spin(4000), ...exit(0)] },
        { nmi, nmiSchedule: [100], onTrace },
      );
      const { nmi: report } = vm.run();
      expect(report.delivered).toBe(2);
      expect(report.latencies[1]).toBeLessThan(10);
    },
  );
});
