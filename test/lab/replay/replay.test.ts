/** A recording comes out the same, bit for bit, in both tiers; what has been changed in it is found, at its instruction. */
import { describe, expect, it } from 'vitest';
import { createVm, type CreateVmOptions } from '../../../src/create-vm.js';
import { UsageError } from '../../../src/errors.js';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../../src/guests.js';
import { everyInstructions } from '../../../src/hypervisor/nmi-schedule.js';
import { STRATEGY_NAMES, type StrategyName } from '../../../src/hypervisor/nmi/strategies.js';
import { startSchedule } from '../../../src/hypervisor/schedule-spec.js';
import type { Vm } from '../../../src/hypervisor/vm.js';
import { Recorder } from '../../../src/lab/replay/recorder.js';
import { readRecording, writeRecording } from '../../../src/lab/replay/recording-file.js';
import type { RecordedStep, Recording } from '../../../src/lab/replay/recording.js';
import { compareRecordings, replay } from '../../../src/lab/replay/replay.js';
import { Random } from '../../silicon/random.js';

const MEMORY_BYTES = 0x20_0000;

async function machine(name: string, nmi: StrategyName = 'kvm-vnmi'): Promise<Vm> {
  const shipped = await findShippedGuest(name);
  const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), MEMORY_BYTES);
  const { nmiEvery, nmiFrom } = shipped;
  const nmiSchedule = startSchedule(
    nmiEvery === null ? { kind: 'none' } : { kind: 'random', mean: nmiEvery, seed: 9, from: nmiFrom ?? 0 },
  );
  return createVm({ guest, nmi, nmiSchedule, memoryBytes: MEMORY_BYTES });
}

/** Counts in rbx, in a loop of three instructions. */
const COUNTER = `
bits 64
again:  inc rbx
        mov [0x180000 + rbx * 8], rbx
        jmp again
`;

async function counter(): Promise<Recorder> {
  return new Recorder(await createVm({ guest: { assembly: COUNTER }, memoryBytes: MEMORY_BYTES }));
}

describe.each(['nmi-storm', 'nmi-iret-fault', 'nmi-hlt', 'nmi-count-16'])('%s', (name) => {
  it.each(STRATEGY_NAMES)('under %s', async (nmi) => {
    const recorder = new Recorder(await machine(name, nmi));
    recorder.run({ maxInstructions: 700 });
    recorder.requestNmi({ atInstruction: 3333 });
    recorder.run({ maxInstructions: 4000 });
    recorder.requestNmi();
    recorder.setRegister('r12', 7n);
    recorder.writeMemory(0x1f_0000, Uint8Array.of(1, 2, 3));
    const result = recorder.run({ maxInstructions: 20_000 });
    const recording = recorder.recording();
    expect(recording.end.stop).toBe(result.stop.kind);
    const read = await readRecording(await writeRecording(recording));
    for (const jit of [true, false]) {
      const replayed = await replay(read, { jit });
      expect(replayed.divergence).toBeNull();
      expect(replayed.checks).toBe(recording.checks.length + 1);
      expect(replayed.result).toEqual(result);
    }
  });
});

it('records a run to its end, in slices, and what is next to it does not matter', async () => {
  const recorder = new Recorder(await machine('nmi-count-64'), { checkEvery: 333 });
  const whole = await recorder.runAsync();
  const other = new Recorder(await machine('nmi-count-64'));
  const random = new Random(5);
  while (other.run({ maxInstructions: 1 + random.below(3000) }).stop.kind === 'budget') void 0;
  expect(other.recording().end).toEqual(recorder.recording().end);
  const { result, divergence } = await replay(recorder.recording());
  expect([result, divergence]).toEqual([whole, null]);
});

it('keeps a bounded number of checks', async () => {
  const recorder = await counter();
  recorder.run({ maxInstructions: 30_000 });
  const first = recorder.recording().checks.length;
  expect(first).toBe(31);
  recorder.run({ maxInstructions: 970_000 });
  const { checks } = recorder.recording();
  expect(checks.length).toBeLessThanOrEqual(256);
  expect(checks.length).toBeGreaterThan(100);
});

/** A recording in which somebody has changed something. */
function altered(recording: Recording, change: (steps: RecordedStep[]) => void): Recording {
  const steps = structuredClone(recording.steps) as RecordedStep[];
  change(steps);
  return { ...recording, steps };
}

it('finds the first instruction that differs between two recordings', async () => {
  const recorder = await counter();
  recorder.run({ maxInstructions: 3001 });
  recorder.writeMemory(0x10_0000 + 0x1000, Uint8Array.of(5));
  recorder.run({ maxInstructions: 2000 });
  recorder.setRegister('rcx', 0n);
  recorder.run({ maxInstructions: 5000 });
  const recording = recorder.recording();
  expect(await compareRecordings(recording, recording)).toBeNull();
  const other = altered(recording, (steps) => (steps[3] = { kind: 'register', name: 'rbx', value: 40_000n }));
  const divergence = await compareRecordings(recording, other);
  // After 5,001 instructions rbx becomes another; the one that runs then is "inc rbx".
  expect(divergence).toMatchObject({ agreedAt: 5001, differsAt: 5002, between: 'runs' });
  expect(divergence?.instruction).toMatchObject({ text: 'inc rbx' });
  expect(divergence?.registers).toEqual([{ name: 'rbx', expected: 1668n, found: 40_001n }]);
  expect(divergence?.pages).toEqual([]);
});

it('replays events between the last check and the end, and compares recordings that have several', async () => {
  const [recording, other] = await Promise.all(
    [7n, 8n].map(async (value) => {
      const recorder = await counter();
      recorder.setRegister('r12', 1n);
      recorder.setRegister('r13', value);
      recorder.setRegister('r14', 1n);
      recorder.run({ maxInstructions: 10 });
      return recorder.recording();
    }),
  );
  if (!recording || !other) throw new Error('two recordings');
  expect((await replay(recording)).divergence).toBeNull();
  expect(await compareRecordings(recording, recording)).toBeNull();
  expect(await compareRecordings(recording, other)).toMatchObject({
    agreedAt: 0,
    registers: [{ name: 'r13', expected: 7n, found: 8n }],
  });
});

it('finds where a replay leaves a recording that was changed', async () => {
  const recorder = await counter();
  recorder.run({ maxInstructions: 3001 });
  recorder.setRegister('rbx', 100n);
  recorder.run({ maxInstructions: 5000 });
  const recording = recorder.recording();
  const other = altered(recording, (steps) => (steps[1] = { kind: 'register', name: 'rbx', value: 101n }));
  const { divergence, checks } = await replay(other);
  expect(checks).toBe(4);
  expect(divergence).toMatchObject({ agreedAt: 3001, differsAt: 4000, between: 'recording' });
  expect(divergence?.event).toEqual({ kind: 'register', name: 'rbx', value: 101n });
  expect(divergence?.registers.map(({ name }) => name)).toEqual(['rbx']);
  expect(divergence?.instruction?.text).toBe('mov [rbx*8+180000h],rbx'); // the second of three
  const start = { ...recording, steps: [], end: { ...recording.end, printed: 1 } };
  expect((await replay(start)).divergence).toMatchObject({ agreedAt: 0, differsAt: 1000 });
  const end = { ...recording, end: { ...recording.end, printed: 1 } };
  expect((await replay(end)).divergence).toMatchObject({ differsAt: 8001, registers: [] });
});

it('notices when somebody else changes the machine', async () => {
  const vm = await machine('nmi-count-64');
  const recorder = new Recorder(vm);
  recorder.run({ maxInstructions: 100 });
  vm.registers.set('rbx', 5n);
  expect(() => recorder.run()).toThrow(UsageError);
  expect(() => recorder.recording()).toThrow(/somebody else/);
});

it('refuses checks at no distance', async () => {
  const vm = await createVm({ guest: Uint8Array.of(0xeb, 0xfe), bits: 64 });
  expect(() => new Recorder(vm, { checkEvery: 0 })).toThrow(/checkEvery/);
});

describe('what nobody could ask for again', () => {
  async function storm(
    options: Partial<CreateVmOptions>,
    nmi: StrategyName = 'xen-event-injection',
  ): Promise<Vm> {
    const shipped = await findShippedGuest('nmi-storm');
    const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), MEMORY_BYTES);
    return createVm({ guest, nmi, memoryBytes: MEMORY_BYTES, ...options });
  }

  /** It comes out the same from a file, in both tiers. */
  async function expectSame(recorder: Recorder): Promise<Recording> {
    const recording = await readRecording(await writeRecording(recorder.recording()));
    for (const jit of [true, false]) expect((await replay(recording, { jit })).divergence).toBeNull();
    return recording;
  }

  it.each(STRATEGY_NAMES)('is recorded as it came: a generator, under %s', async (nmi) => {
    const recorder = new Recorder(await storm({ nmiSchedule: everyInstructions(777) }, nmi));
    expect(recorder.run({ maxInstructions: 9000 }).nmi.requested).toBe(11);
    await expectSame(recorder);
  });

  it('is recorded from the middle of a generator on, and to its end', async () => {
    const vm = await storm({ nmiSchedule: everyInstructions(777, 9) });
    vm.run({ maxInstructions: 2600 });
    const recorder = new Recorder(vm);
    recorder.run({ maxInstructions: 1000 });
    await expectSame(recorder);
    recorder.run({ maxInstructions: 4000 });
    const { start } = await expectSame(recorder);
    expect(start.schedule).toEqual({ kind: 'at', counts: [0, 0, 0, 3108, 3885, 4662, 5439, 6216, 6993] });
    const late = new Recorder(vm);
    late.run({ maxInstructions: 1000 });
    await expectSame(late);
  });

  it('is recorded as it came: requests of callbacks', async () => {
    const random = new Random(11);
    const recorders: Recorder[] = [];
    const ask = (): void => {
      const [recorder] = recorders;
      if (vm.time > 1000 && random.chance(0.1))
        recorder?.requestNmi({ atInstruction: vm.time + 1 + random.below(300) });
    };
    const vm = await storm({ onTrace: ask, onSerial: ask, nmiSchedule: everyInstructions(800) });
    recorders.push(new Recorder(vm, { checkEvery: 250 }));
    const [recorder] = recorders;
    const { nmi } = recorder!.run({ maxInstructions: 8000 });
    expect(nmi.requested).toBeGreaterThan(20);
    await expectSame(recorder!);
  });

  it('is refused where its order would be lost, or the recorder not told', async () => {
    const recorders: Recorder[] = [];
    const atOnce = await storm({ nmiSchedule: [1200], onTrace: () => recorders[0]?.requestNmi() });
    recorders.push(new Recorder(atOnce));
    expect(() => recorders[0]?.run({ maxInstructions: 2000 })).toThrow(
      /later instruction, not for one at once/,
    );
    const behind = await storm({
      nmiSchedule: [1200],
      onTrace: ({ kind }) => kind === 'nmi-return' && behind.requestNmi(),
    });
    const recorder = new Recorder(behind);
    expect(() => recorder.run({ maxInstructions: 2000 })).toThrow(/only the recorder may/);
    expect(() => recorder.recording()).toThrow(/somebody else has changed/);
  });
});

it('detects whatever happens to a file, or it is harmless', { timeout: 60_000 }, async () => {
  const recorder = await counter();
  recorder.requestNmi({ atInstruction: 2 });
  recorder.run({ maxInstructions: 1500 });
  const file = await writeRecording(recorder.recording());
  const good = await readRecording(file);
  const random = new Random(20261122);
  for (let i = 0; i < 1000; i++) {
    const isCut = random.chance(0.2);
    const bad = isCut ? file.slice(0, random.below(file.length)) : file.slice();
    if (!isCut) bad[random.below(bad.length)]! ^= 1 << random.below(8);
    const outcome = await readRecording(bad).catch((error: unknown) => (error as { code?: string }).code);
    if (typeof outcome === 'string')
      expect(outcome).toMatch(/^(NOT_A_SNAPSHOT|SNAPSHOT_(VERSION|TRUNCATED|DAMAGED))$/);
    else expect(outcome).toEqual(good);
  }
});
