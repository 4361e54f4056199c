/** The hypercall interface, called by guests. */
import { describe, expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import type { RunResult } from '../../src/hypervisor/run-result.js';
import type { TraceEvent } from '../../src/hypervisor/trace.js';
import {
  COLD_PAGE,
  dword,
  exit,
  hypercall,
  MEMORY_BYTES,
  NMI_COUNT,
  realModeGuest,
  TOUCH_COLD_PAGE,
} from '../helpers/real-mode-guest.js';

/** out 0F4h, al: ends with the low byte of what the hypercall returned. */
const EXIT_WITH_AL = [0xe6, 0xf4];
/** mov si, address */
const POINT = (address: number): number[] => [0xbe, address & 0xff, address >> 8];
/** mov ecx, count */
const COUNT = (count: number): number[] => [0x66, 0xb9, ...dword(count)];
const FAILED = 0xff;

async function run(main: readonly number[], onTrace?: (event: TraceEvent) => void): Promise<RunResult> {
  const vm = await createVm({ guest: realModeGuest({ main }), memoryBytes: MEMORY_BYTES, onTrace });
  return vm.run({ maxInstructions: 10_000 });
}

describe('print', () => {
  const TEXT = [...'hi\n'].map((c) => c.charCodeAt(0));
  /** mov word [NMI_COUNT], 'hi'; mov byte [NMI_COUNT + 2], 10 */
  const STORE = [
    0xc7,
    0x06,
    NMI_COUNT & 0xff,
    NMI_COUNT >> 8,
    TEXT[0]!,
    TEXT[1]!,
    0xc6,
    0x06,
    (NMI_COUNT + 2) & 0xff,
    NMI_COUNT >> 8,
    10,
  ];

  it('prints ECX bytes at DS:SI and returns 0', async () => {
    const { stop, serialText } = await run([
      ...STORE,
      ...POINT(NMI_COUNT),
      ...COUNT(3),
      ...hypercall(1, 0),
      ...EXIT_WITH_AL,
    ]);
    expect(stop).toEqual({ kind: 'exit', status: 0 });
    expect(serialText).toBe('hi\n');
  });

  it.each([
    ['more than 64 KiB', 0x1_0001],
    ['4 GiB', 0xffff_ffff],
  ])('refuses %s', async (_name, count) => {
    const { stop, serial } = await run([...POINT(0), ...COUNT(count), ...hypercall(1, 0), ...EXIT_WITH_AL]);
    expect(stop).toEqual({ kind: 'exit', status: FAILED });
    expect(serial).toHaveLength(0);
  });

  it("refuses what does not lie in memory, the hypervisor's own pages first of all", async () => {
    // mov ax, 0FFFFh; mov ds, ax: DS:SI reaches beyond 1 MiB, where the VMCB is.
    const beyond = [0xb8, 0xff, 0xff, 0x8e, 0xd8];
    const { stop, serial } = await run([
      ...beyond,
      ...POINT(0x10),
      ...COUNT(16),
      ...hypercall(1, 0),
      ...EXIT_WITH_AL,
    ]);
    expect(stop).toEqual({ kind: 'exit', status: FAILED });
    expect(serial).toHaveLength(0);
  });
});

it('mark: records EBX with its time', async () => {
  const marks: TraceEvent[] = [];
  await run(
    [...hypercall(3, 0x1234_5678), ...exit(0)],
    (event) => event.kind === 'mark' && marks.push(event),
  );
  expect(marks).toEqual([expect.objectContaining({ kind: 'mark', time: 3, value: 0x1234_5678 })]);
});

it('unmap: the page exits once more when it is touched, and keeps its contents', async () => {
  /** mov word [COLD_PAGE], 2a2ah */
  const fill = [0xc7, 0x06, COLD_PAGE & 0xff, COLD_PAGE >> 8, 0x2a, 0x2a];
  const { stop, exits } = await run([
    ...fill,
    ...hypercall(4, COLD_PAGE + 8),
    ...TOUCH_COLD_PAGE,
    ...EXIT_WITH_AL,
  ]);
  expect(stop).toEqual({ kind: 'exit', status: 0x2a });
  // The image's page, the cold page, and the cold page again.
  expect(exits.find(({ name }) => name === 'nested-page-fault')?.count).toBe(3);
});

it('unmap: refuses what is not guest memory', async () => {
  const { stop } = await run([...hypercall(4, MEMORY_BYTES), ...EXIT_WITH_AL]);
  expect(stop).toEqual({ kind: 'exit', status: FAILED });
});

it('an unknown function fails and harms nothing', async () => {
  const { stop } = await run([...hypercall(99, 0), ...EXIT_WITH_AL]);
  expect(stop).toEqual({ kind: 'exit', status: FAILED });
});
