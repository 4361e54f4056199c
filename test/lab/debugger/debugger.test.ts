/** The debugger: where it stops, forward and backward, and that nothing it does changes what the guest computes. */
import { describe, expect, it } from 'vitest';
import { loadAssembly } from '../../../src/assembly-guest.js';
import { createVm, type CreateVmOptions, DEFAULT_MEMORY_BYTES } from '../../../src/create-vm.js';
import { UsageError } from '../../../src/errors.js';
import { listShippedGuests, loadShippedGuest, readShippedGuest } from '../../../src/guests.js';
import { STRATEGY_NAMES } from '../../../src/hypervisor/nmi/strategies.js';
import { startSchedule } from '../../../src/hypervisor/schedule-spec.js';
import type { Vm } from '../../../src/hypervisor/vm.js';
import { Debugger } from '../../../src/lab/debugger/debugger.js';
import { describeDebugStop } from '../../../src/lab/debugger/stop.js';
import { look } from '../../hypervisor/machine-look.js';

const MEMORY_BYTES = 0x20_0000;

const PROGRAM = `
bits 64
start:
    mov ecx, 100
again:
    inc qword [rel counter]
target:
    call routine
    dec ecx
    jnz again
    mov al, 'x'
    out 0xe9, al
    mov al, 'y'
    out 0xe9, al
ending:
    mov al, 0
    out 0xf4, al
routine:
    add rbx, rcx
    ret
align 8
counter: dq 0
`;

/** Spins with a handler for NMIs. */
const SPIN = `
bits 16
    xor ax, ax
    mov ds, ax
    mov word [8], handler
    mov [10], cs
spin:
    jmp spin
handler:
    iret
`;

async function debug(source = PROGRAM, options: Partial<CreateVmOptions> = {}) {
  const guest = await loadAssembly({ assembly: source }, { memoryBytes: MEMORY_BYTES });
  const vm = await createVm({ ...options, guest, memoryBytes: MEMORY_BYTES });
  const at = (name: string): bigint => guest.symbols.addressOf(name)!;
  const rip = (): bigint => vm.registers.get('rip');
  return { vm, at, rip, debug: new Debugger(vm, { spacing: 50, mostCheckpoints: 6 }) };
}

/** The whole state at every step up to a time. */
async function walk(vm: Vm, debug: Debugger, time: number) {
  const places = [];
  while (vm.time < time) {
    places.push({
      moment: vm.moment,
      rip: vm.registers.get('rip'),
      rax: vm.registers.get('rax'),
      rsp: vm.registers.get('rsp'),
    });
    if ((await debug.step()).kind !== 'step') break;
  }
  return places;
}

const seen = (vm: Vm) => ({
  moment: vm.moment,
  rip: vm.registers.get('rip'),
  rax: vm.registers.get('rax'),
  rsp: vm.registers.get('rsp'),
});

describe('forward', () => {
  it('steps by instructions, over calls, and to addresses', async () => {
    const { debug: debugger_, at, rip, vm } = await debug();
    expect(await debugger_.step(2)).toEqual({ kind: 'step' });
    expect(rip()).toBe(at('target'));
    expect(await debugger_.stepOver()).toEqual({ kind: 'step' });
    expect(rip()).toBe(at('target') + 5n);
    expect(vm.registers.get('rbx')).toBe(100n);
    expect(await debugger_.runTo(at('routine'))).toEqual({ kind: 'breakpoint', address: at('routine') });
    expect(vm.registers.get('rcx')).toBe(99n);
    expect(await debugger_.continue({ maxInstructions: 7 })).toEqual({ kind: 'time' });
    expect(await debugger_.continue({ until: (it) => it.registers.get('rcx') === 50n })).toEqual({
      kind: 'condition',
    });
    expect(await debugger_.continue()).toEqual({ kind: 'over', stop: { kind: 'exit', status: 0 } });
    expect(await debugger_.step()).toMatchObject({ kind: 'over' });
  });

  it('stops at exits, the VMCB showing them', async () => {
    const { debug: debugger_, vm } = await debug();
    const stop = await debugger_.stepToNextExit();
    expect(stop).toMatchObject({ kind: 'exit', cause: 'workload' });
    expect(vm.isInside).toBe(false);
    expect(describeDebugStop(stop)).toMatch(/^#VMEXIT/);
  });

  it('keeps the event loop alive, and is cancelled', async () => {
    const { debug: debugger_, vm } = await debug('bits 64\nspin: jmp spin');
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 60);
    expect(await debugger_.continue({ signal: abort.signal })).toEqual({ kind: 'cancelled' });
    expect(vm.time).toBeGreaterThan(100_000);
    const running = debugger_.continue({ maxInstructions: 5_000_000 });
    await expect(debugger_.step()).rejects.toThrow(UsageError);
    expect(await running).toEqual({ kind: 'time' });
  });

  it('goes to times in both directions, past breakpoints', async () => {
    const { debug: debugger_, vm, at } = await debug();
    debugger_.breakpoints.add(at('routine'));
    expect(await debugger_.goTo(100)).toEqual({ kind: 'time' });
    const there = seen(vm);
    expect(there.moment.time).toBe(100);
    expect(await debugger_.goTo(400)).toEqual({ kind: 'time' });
    expect(await debugger_.goTo(100)).toEqual({ kind: 'time' });
    expect(seen(vm)).toEqual(there);
    expect(await debugger_.goTo(1e9)).toMatchObject({ kind: 'over' });
  });

  it('stops where handlers begin, and at exits, if asked to', async () => {
    const { debug: debugger_, vm, at, rip } = await debug(SPIN, { nmi: 'xen-event-injection' });
    await debugger_.goTo(100);
    debugger_.requestNmi();
    const stops = [];
    while (rip() !== at('handler')) stops.push(await debugger_.continue({ exits: true, deliveries: true }));
    expect(stops.at(-1)).toEqual({ kind: 'delivery' });
    expect(describeDebugStop(stops.at(-1)!)).toBe('a handler is about to run');
    expect(vm.time).toBe(100);
    expect(await debugger_.continue({ exits: true, deliveries: true })).toMatchObject({
      kind: 'exit',
      exit: 'iret',
    });
  });

  it('stops at a breakpoint that is set, and goes past one that is taken away, while it runs', async () => {
    const { debug: debugger_, at } = await debug(SPIN);
    setTimeout(() => debugger_.breakpoints.add(at('spin')), 40);
    expect(await debugger_.continue()).toEqual({ kind: 'breakpoint', address: at('spin') });
    let slices = 0;
    const onSlice = (): void => void slices++;
    debugger_.breakpoints.clear();
    expect(await debugger_.continue({ signal: AbortSignal.timeout(60), onSlice })).toEqual({
      kind: 'cancelled',
    });
    expect(slices).toBeGreaterThan(0);
  });

  it('shows a fault and its handler as steps of their own', async () => {
    const {
      debug: debugger_,
      rip,
      at,
    } = await debug(`
bits 64
start:
    lidt [rel idtr]
    mov rax, handler
    mov [rel idt + 6 * 16], ax
    shr rax, 16
    mov [rel idt + 6 * 16 + 6], ax
fault:
    ud2
handler:
    nop
    hlt
idtr: dw 0x6f
    dq idt
align 16
idt:
    times 6 dq 0, 0
    dw 0, 8, 0x8e00, 0
    dq 0
`);
    await debugger_.runTo(at('fault'));
    await debugger_.step();
    expect(rip()).toBe(at('handler'));
    await debugger_.stepBack();
    expect(rip()).toBe(at('fault'));
  });
});

describe('backward', () => {
  it('steps back through what it stepped through', async () => {
    const { debug: debugger_, vm } = await debug();
    const places = await walk(vm, debugger_, 160);
    for (let i = places.length - 1; i >= 0; i--) {
      expect(await debugger_.stepBack()).toEqual({ kind: 'step' });
      expect(seen(vm)).toEqual(places[i]);
    }
    expect(await debugger_.stepBack()).toMatchObject({ kind: 'history-start' });
  });

  it('runs back to breakpoints, watchpoints, exits, conditions and times', async () => {
    const { debug: debugger_, vm, at, rip } = await debug();
    await debugger_.continue();
    debugger_.breakpoints.add(at('routine'));
    for (let rcx = 1n; rcx <= 3n; rcx++) {
      expect(await debugger_.runBack()).toEqual({ kind: 'breakpoint', address: at('routine') });
      expect([rip(), vm.registers.get('rcx')]).toEqual([at('routine'), rcx]);
    }
    debugger_.breakpoints.clear();
    const watchpoint = { address: at('counter'), bytes: 8, access: 'write' } as const;
    debugger_.watchpoints.push(watchpoint);
    expect(await debugger_.runBack()).toMatchObject({ kind: 'watchpoint', watchpoint, isWrite: true });
    expect(rip()).toBe(at('again'));
    const before = vm.virtual.read(at('counter'), 1).bytes[0]!;
    expect(await debugger_.runBack()).toMatchObject({ kind: 'watchpoint' });
    expect(vm.virtual.read(at('counter'), 1).bytes[0]).toBe(before - 1);
    debugger_.watchpoints.length = 0;
    expect(await debugger_.runBackTo({ condition: (it) => it.registers.get('rcx') === 90n })).toEqual({
      kind: 'condition',
    });
    expect(vm.registers.get('rcx')).toBe(90n);
    expect(await debugger_.runBackTo({ address: at('start') })).toMatchObject({ kind: 'breakpoint' });
    expect(vm.time).toBe(0);
    await debugger_.continue();
    expect(await debugger_.runBackTo({ instruction: 123 })).toEqual({ kind: 'time' });
    expect(vm.time).toBe(123);
    expect(await debugger_.runBackTo({ address: 1n })).toEqual({
      kind: 'history-start',
      reason: 'the debugger was attached here',
    });
  });

  it('goes back from exit to exit', async () => {
    const { debug: debugger_, vm } = await debug();
    const forward = [];
    for (;;) {
      const stop = await debugger_.stepToNextExit();
      if (stop.kind !== 'exit') break;
      forward.push({ stop, ...seen(vm) });
    }
    expect(forward.length).toBeGreaterThan(3);
    for (const place of forward.reverse()) {
      const stop = await debugger_.runBackTo({ exit: true });
      expect({ stop, ...seen(vm) }).toEqual(place);
    }
  });

  it('prints nothing twice', async () => {
    let printed = '';
    const onSerial = (byte: number): void => void (printed += String.fromCharCode(byte));
    const { debug: debugger_, vm } = await debug(PROGRAM, { onSerial });
    await debugger_.continue();
    await debugger_.stepBack(3);
    await debugger_.runBackTo({ instruction: 10 });
    await debugger_.continue();
    expect(printed).toBe('xy');
    expect(vm.run().serialText).toBe('xy');
  });

  it('comes by changes from outside again', async () => {
    const { debug: debugger_, vm, at } = await debug();
    const counter = (): number =>
      new DataView(vm.virtual.read(at('counter'), 8).bytes.buffer).getUint32(0, true);
    await debugger_.step(20);
    vm.registers.set('rbx', 0x1000);
    await debugger_.step(10);
    const after = seen(vm);
    const rbx = vm.registers.get('rbx');
    await debugger_.stepBack(25);
    expect(vm.registers.get('rbx')).toBeLessThan(0x1000n);
    await debugger_.continue({ maxInstructions: after.moment.time - vm.time });
    expect(seen(vm)).toEqual(after);
    expect(vm.registers.get('rbx')).toBe(rbx);
    // A change in the past makes another future.
    await debugger_.stepBack(5);
    vm.virtual.write(at('counter'), Uint8Array.of(200));
    await debugger_.continue();
    expect(counter()).toBeGreaterThan(200);
    await debugger_.runBackTo({ instruction: after.moment.time });
    expect(counter()).toBeGreaterThanOrEqual(200);
  });

  it('tells of another future, and only of that', async () => {
    let printed = '';
    const onSerial = (byte: number): void => void (printed += String.fromCharCode(byte));
    const { debug: debugger_, vm, at } = await debug(PROGRAM, { onSerial });
    await debugger_.runTo(at('ending'));
    expect(printed).toBe('xy');
    await debugger_.runBackTo({ address: at('again') });
    vm.registers.set('rcx', 3n);
    await debugger_.continue();
    expect(printed).toBe('xyxy');
  });

  it('comes again by an NMI that was requested while it ran', async () => {
    const { debug: debugger_, vm, at } = await debug(SPIN);
    setTimeout(() => debugger_.requestNmi(), 30);
    await debugger_.runTo(at('handler'));
    const there = seen(vm);
    await debugger_.goTo(50);
    await debugger_.runTo(at('handler'));
    expect(seen(vm)).toEqual(there);
  });

  it('takes a request on the way back for the moment where it arrives', async () => {
    const { debug: debugger_, vm, at } = await debug(SPIN);
    await debugger_.continue({ maxInstructions: 200_000 });
    const arrived = debugger_.runBackTo({ condition: (it) => it.time === 50 });
    debugger_.requestNmi();
    await arrived;
    await debugger_.runTo(at('handler'));
    expect(vm.time).toBe(50);
  });

  it('begins anew when somebody else has run the machine, and says so', async () => {
    const { debug: debugger_, vm } = await debug();
    await debugger_.step(5);
    vm.run({ maxInstructions: 5 });
    expect(await debugger_.stepBack(3)).toEqual({
      kind: 'history-start',
      reason: 'the machine was run or restored without the debugger',
    });
  });

  it('keeps few checkpoints', async () => {
    const { debug: debugger_, vm } = await debug('bits 64\nspin: inc rax\njmp spin');
    for (let i = 0; i < 300; i++) await debugger_.continue({ maxInstructions: 50 });
    expect(debugger_.checkpointCount).toBeLessThanOrEqual(7);
    await debugger_.runBackTo({ instruction: 77 });
    expect(vm.registers.get('rax')).toBe(39n);
  });
});

describe.each(STRATEGY_NAMES)('under %s', (nmi) => {
  it(
    'a debugged run ends as a straight one, and every step can be taken back',
    { timeout: 60_000 },
    async () => {
      const shipped = (await listShippedGuests()).find((guest) => guest.name === 'nmi-storm')!;
      const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), DEFAULT_MEMORY_BYTES);
      const options = { guest, nmi, nmiSchedule: startSchedule({ kind: 'every', period: 61, from: 970 }) };
      const straight = await createVm(options);
      straight.run({ maxInstructions: 1500 });
      straight.settle();
      const vm = await createVm(options);
      const debugger_ = new Debugger(vm, { spacing: 200 });
      await debugger_.continue({ maxInstructions: 950 });
      const places = await walk(vm, debugger_, 1500);
      expect(look(vm)).toEqual(look(straight));
      for (let i = places.length - 1; i >= 0; i -= 37) {
        await debugger_.stepBack(i === places.length - 1 ? 1 : 37);
        expect(seen(vm)).toEqual(places[i]);
      }
      await debugger_.continue({ maxInstructions: 1500 - vm.time });
      expect(look(vm)).toEqual(look(straight));
    },
  );
});
