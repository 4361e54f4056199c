/** Machines in Node's threads, with the built package: they do what machines here do, and say so in the same way. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type * as asmEntry from '../../src/asm/index.js';
import type * as mainEntry from '../../src/index.js';
import type * as workerEntry from '../../src/worker/index.js';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const isBuilt = existsSync(join(DIST, 'worker.js'));
/** 16-bit: jmp $ */
const ENDLESS = Uint8Array.of(0xeb, 0xfe);
/** Prints a line for two NMIs, and ends. */
const COUNTING = 'nmi-count-64';
const SCHEDULE = [10_000, 20_000];

describe.skipIf(!isBuilt)('a machine in a worker (skipped without "npm run build")', () => {
  let main: typeof mainEntry;
  let asm: typeof asmEntry;
  let worker: typeof workerEntry;
  let counting: Uint8Array;
  const made: workerEntry.WorkerVm[] = [];

  /** The built modules, as Node loads them: the classes in them are theirs. */
  const entry = (name: string): Promise<unknown> => import(pathToFileURL(join(DIST, name)).href);

  beforeAll(async () => {
    main = (await entry('index.js')) as typeof mainEntry;
    asm = (await entry('asm.js')) as typeof asmEntry;
    worker = (await entry('worker.js')) as typeof workerEntry;
    counting = await main.readShippedGuest(await main.findShippedGuest(COUNTING));
  });

  afterEach(() => {
    for (const vm of made.splice(0)) vm.dispose();
  });

  async function create(options: workerEntry.WorkerVmOptions): Promise<workerEntry.WorkerVm> {
    const vm = await worker.createVmInWorker(options);
    made.push(vm);
    return vm;
  }

  const flat = (guest: Uint8Array) => create({ guest, format: 'flat', memoryBytes: 0x10_0000 });

  it('runs as a machine here does: result, trace and memory', async () => {
    const expected: unknown[] = [];
    const here = await main.createVm({
      guest: counting,
      nmiSchedule: SCHEDULE,
      onTrace: (event) => expected.push(event),
    });
    const trace: unknown[] = [];
    const there = await create({
      guest: counting,
      nmiSchedule: SCHEDULE,
      onTrace: (event) => trace.push(event),
    });
    expect(await there.run()).toEqual(here.run());
    expect(trace).toEqual(expected);
    expect(await there.time()).toBe(here.time);
    expect(await there.memory.read(0x10_0000, 64)).toEqual(here.memory.read(0x10_0000, 64));
    expect(there.memory.byteLength).toBe(here.memory.byteLength);
  });

  it('starts a described schedule, and loads a guest that is loaded already', async () => {
    const guest = main.loadGuest(counting, { memoryBytes: main.DEFAULT_MEMORY_BYTES });
    const vm = await create({ guest, nmiSchedule: { kind: 'every', period: 10_000, count: 2 } });
    expect((await vm.run()).nmi).toMatchObject({ requested: 2, delivered: 2 });
  });

  it('assembles', async () => {
    const vm = await create({ guest: { assembly: 'mov al, 7\nout 0F4h, al' } });
    expect((await vm.run()).stop).toEqual({ kind: 'exit', status: 7 });
  });

  it('gives what the guest prints as a stream, in time', async () => {
    const vm = await create({ guest: counting, nmiSchedule: SCHEDULE });
    const reader = vm.output.pipeThrough(new TextDecoderStream()).getReader();
    const { serialText } = await vm.run();
    expect((await reader.read()).value).toBe(serialText);
    vm.dispose();
    expect((await reader.read()).done).toBe(true);
  });

  it('requests NMIs', async () => {
    const vm = await create({ guest: counting });
    await vm.requestNmi({ atInstruction: 10_000 });
    await vm.run({ maxInstructions: 15_000 });
    await vm.requestNmi();
    expect((await vm.run()).nmi.delivered).toBe(2);
  });

  it('writes memory, and shows the code there', async () => {
    const vm = await flat(ENDLESS);
    const exit = Uint8Array.of(0xb0, 9, 0xe6, 0xf4); // mov al, 9; out 0F4h, al
    await vm.memory.write(0x7c00, exit);
    expect(await vm.memory.read(0x7c00, 4)).toEqual(exit);
    expect(exit.length).toBe(4); // Copied: the caller's bytes are where they were.
    const { bytes, bits } = await vm.codeAt(0x7c00n);
    expect([...bytes.subarray(0, 4), bits]).toEqual([...exit, 16]);
    expect((await vm.run()).stop).toEqual({ kind: 'exit', status: 9 });
  });

  it('shows and changes registers, and says where NMIs are', async () => {
    const vm = await flat(ENDLESS);
    expect(await vm.registers.get('rip')).toBe(0x7c00n);
    await vm.registers.set('rax', 7);
    expect(await vm.registers.read(['rax', 'al'])).toEqual({ rax: 7n, al: 7n });
    expect(Object.keys(await vm.registers.read()).length).toBeGreaterThan(100);
    await expect(vm.registers.get('raz')).rejects.toBeInstanceOf(main.UsageError);
    const here = await main.createVm({ guest: ENDLESS, format: 'flat' });
    expect(await vm.nmiState()).toEqual(here.nmiState);
    expect((await vm.memory.readVirtual(0x7c00n, 2)).bytes).toEqual(ENDLESS);
  });

  it('is stopped by a signal within a slice, and goes on', async () => {
    const vm = await flat(ENDLESS);
    const controller = new AbortController();
    const slices: number[] = [];
    const onSlice = (time: number) => {
      slices.push(time);
      if (slices.length === 2) controller.abort();
    };
    const result = await vm.run({ signal: controller.signal, onSlice });
    expect(result.stop).toEqual({ kind: 'cancelled' });
    expect(slices.length).toBeLessThan(5);
    expect(slices).toEqual([...slices].sort((a, b) => a - b));
    expect((await vm.run({ signal: AbortSignal.abort() })).time).toBe(result.time);
    expect((await vm.run({ maxInstructions: 10 })).time).toBe(result.time + 10);
  });

  it('is data that goes between workers and here', async () => {
    const vm = await create({ guest: counting, nmiSchedule: SCHEDULE });
    await vm.run({ maxInstructions: 15_000 });
    const booted = await vm.snapshot();
    const expected = await vm.run();
    await vm.restore(booted);
    expect(await vm.run()).toEqual(expected);
    expect((await main.restoreVm(booted)).run()).toEqual(expected);
    const other = await worker.restoreVmInWorker(booted);
    made.push(other);
    expect(await other.run()).toEqual(expected);
  });

  it('throws what a machine here throws: class, code and fields', async () => {
    const vm = await flat(ENDLESS);
    const range = await vm.memory.read(0x10_0000, 4).catch((error: unknown) => error);
    expect(range).toBeInstanceOf(main.MemoryRangeError);
    expect(range).toMatchObject({ code: 'MEMORY_RANGE', address: 0x10_0000, bytes: 4 });
    const source = await create({ guest: { assembly: 'nop\nfoo bar' } }).catch((error: unknown) => error);
    expect(source).toBeInstanceOf(asm.AssemblyError);
    expect(source).toMatchObject({
      code: 'ASSEMBLY',
      diagnostics: [{ line: 2, code: 'UNKNOWN_INSTRUCTION' }],
    });
    const empty = await create({ guest: new Uint8Array() }).catch((error: unknown) => error);
    expect(empty).toBeInstanceOf(main.LoadError);
    expect(empty).toMatchObject({ code: 'EMPTY_FILE' });
    await expect(vm.run({ maxInstructions: -1 })).rejects.toBeInstanceOf(main.UsageError);
    const files = () => 'nop';
    await expect(create({ guest: { assembly: '%include "a"', files } })).rejects.toThrow('cannot be sent');
  });

  it('runs one run at a time', async () => {
    const vm = await flat(ENDLESS);
    const controller = new AbortController();
    const first = vm.run({ signal: controller.signal });
    await expect(vm.run()).rejects.toThrow('the machine is running');
    await expect(vm.restore(await vm.snapshot())).rejects.toThrow('the machine is running');
    controller.abort();
    expect((await first).stop.kind).toBe('cancelled');
  });

  it('is gone when it is disposed of, in the middle of a run too', async () => {
    const vm = await flat(ENDLESS);
    const running = vm.run();
    await vm.time();
    vm.dispose();
    await expect(running).rejects.toBeInstanceOf(worker.WorkerGoneError);
    await expect(vm.time()).rejects.toMatchObject({ code: 'WORKER_GONE' });
  });

  it('says that its script is not there', async () => {
    const workerUrl = new URL('no-such-file.js', pathToFileURL(DIST));
    await expect(create({ guest: ENDLESS, workerUrl })).rejects.toMatchObject({
      code: 'WORKER_GONE',
      message: expect.stringContaining('no-such-file.js') as string,
    });
  });

  afterAll(() => {
    expect(made).toEqual([]);
  });
});
