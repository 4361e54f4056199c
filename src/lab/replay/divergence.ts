/** Where two runs part: found by halves, from a moment at which they agree to one at which they do not. */
import { createDisassembler } from '../../create-vm.js';
import type { Vm } from '../../hypervisor/vm.js';
import type { Place, Player } from './player.js';
import { CHECKED_REGISTERS, type RecordedEvent, type StateCheck } from './recording.js';

const PAGE = 4096;

/** All that two machines can differ in but memory, as far as registers go. */
const COMPARED_REGISTERS: readonly string[] = [
  ...CHECKED_REGISTERS,
  ...['cr0', 'cr2', 'cr3', 'cr4', 'cr8', 'efer', 'dr6', 'dr7', 'cs', 'ss', 'ds', 'es', 'fs', 'gs'],
  ...['mxcsr', 'fcw', 'fsw', 'ftw'],
  ...Array.from({ length: 16 }, (_, i) => `ymm${i}`),
  ...Array.from({ length: 8 }, (_, i) => `st${i}`),
];

export interface DifferingRegister {
  readonly name: string;
  readonly expected: bigint;
  readonly found: bigint;
}

/** What is known about the first difference. */
export interface Divergence {
  /** The last time, in instructions, at which both were in the same state, and the first at which they were not. */
  readonly agreedAt: number;
  readonly differsAt: number;
  /**
   * `tiers`: compiled and interpreted code do different things, a defect in vmexit. `runs`: two recordings, or their events, differ.
   * `recording`: whatever tier replays it does something else than what was recorded; the recording has been changed, or
   * another version of vmexit made it.
   */
  readonly between: 'tiers' | 'runs' | 'recording';
  /** The instruction that was next at `agreedAt`: the first that differs, if one instruction lies between the two times. */
  readonly instruction: { readonly rip: bigint; readonly text: string } | null;
  /** The event at `agreedAt`, if there is one: between two events nothing but the guest's own doing can differ. */
  readonly event: RecordedEvent | null;
  /** At `differsAt`, but for those in which both agree. */
  readonly registers: readonly DifferingRegister[];
  /** Guest-physical addresses of pages that differ at `differsAt`, where that can be known. */
  readonly pages: readonly number[];
}

/**
 * The first instruction after which two machines differ. At `low` they are in the same state, at `high` they are not.
 *
 * @param expected Is right, if one of them is.
 */
export async function findParting(
  expected: Player,
  found: Player,
  low: number,
  high: number,
  between: 'tiers' | 'runs',
): Promise<Divergence> {
  const players = [expected, found];
  let agreed = low;
  let differs = high;
  let marks = players.map((player) => player.mark());
  while (differs - agreed > 1) {
    const middle = Math.floor((agreed + differs) / 2);
    for (const player of players) player.runTo(middle);
    if (expected.vm.stateHash() === found.vm.stateHash()) {
      agreed = middle;
      for (const { checkpoint } of marks) checkpoint.release();
      marks = players.map((player) => player.mark());
    } else {
      differs = middle;
      players.forEach((player, i) => player.returnTo(marks[i]!));
    }
  }
  const instruction = await instructionAt(expected.vm);
  const event = found.runToEvent(agreed + 1);
  for (const player of players) player.runTo(differs);
  const pages = differingPages(players, marks);
  const registers = compareRegisters(COMPARED_REGISTERS, registersOf(expected.vm), registersOf(found.vm));
  for (const { checkpoint } of marks) checkpoint.release();
  return { agreedAt: agreed, differsAt: differs, between, event, instruction, registers, pages };
}

/** What a check of a recording and a machine at its time differ in. */
export async function describeCheck(
  { time, registers }: StateCheck,
  agreed: Player,
  found: readonly bigint[],
  event: RecordedEvent | null = null,
): Promise<Divergence> {
  return {
    agreedAt: agreed.vm.time,
    differsAt: time,
    between: 'recording',
    event,
    instruction: await instructionAt(agreed.vm),
    registers: compareRegisters(CHECKED_REGISTERS, registers, found),
    pages: [],
  };
}

/** The instruction that is next; null where there is no code. */
export async function instructionAt(vm: Vm): Promise<Divergence['instruction']> {
  const rip = vm.registers.get('rip');
  const { bytes, bits } = vm.codeAt(rip);
  if (bytes.length === 0) return null;
  return { rip, text: (await createDisassembler()).format(bytes, bits, rip).text };
}

function registersOf(vm: Vm): bigint[] {
  return COMPARED_REGISTERS.map((name) => vm.registers.get(name));
}

function compareRegisters(
  names: readonly string[],
  expected: readonly bigint[],
  found: readonly bigint[],
): DifferingRegister[] {
  return names
    .map((name, i) => ({ name, expected: expected[i]!, found: found[i]! }))
    .filter(({ expected: one, found: other }) => one !== other);
}

/** Both machines were the same at their places, so only what has changed since can differ. */
function differingPages(players: readonly Player[], places: readonly Place[]): number[] {
  const changed = players.flatMap(({ vm }, i) => vm.pagesChangedSince(places[i]!.checkpoint));
  const pages = [...new Set(changed)].sort((a, b) => a - b);
  return pages.filter((gpa) => {
    const [one, other] = players.map(({ vm }) => vm.memory.read(gpa, PAGE));
    return one!.some((byte, i) => byte !== other![i]);
  });
}
