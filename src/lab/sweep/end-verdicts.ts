/**
 * Runs on to the guest's end where the program was not as in the baseline after the handler: what counts is how it ends.
 *
 * A difference that is the same at many boundaries, say a counter that nobody declared, is run to the end a few times only, if it
 * did the same harm each time.
 */
import type { StopReason } from '../../hypervisor/run-result.js';
import { type AddressRange, toRanges } from './address-ranges.js';
import { type Baseline, isSameEnd, isSameOutput, memoryAtEnd } from './baseline.js';
import { captureState, StateComparison } from './machine-state.js';
import type { EndDifference, StateDifference } from './observation.js';
import type { SweepMachine } from './sweep-machine.js';

/** The same difference does harm so many times, and never none: taken for granted from then on. */
const ENOUGH = 3;
/** An NMI may lengthen the run by this much and no more. */
const LIMIT_FACTOR = 2;
const LIMIT_INSTRUCTIONS = 1_000_000;

/** Instructions after which a guest is looked at that may be in an endless loop, and the longest such loop. */
const LOOK_AFTER = 2000;
const LONGEST_LOOP = 16;

const NOTHING: StateDifference = { registers: [], memory: [], isAwake: false };

/** How a difference has ended so far in this unit. */
interface Verdicts {
  harmful: number;
  harmless: number;
  /** The latest that did harm. */
  difference: EndDifference | null;
}

export class EndVerdicts {
  private readonly known = new Map<string, Verdicts>();

  constructor(
    private readonly machine: SweepMachine,
    private readonly baseline: Baseline,
  ) {}

  forget(): void {
    this.known.clear();
  }

  /** The guest has ended before the program was back. */
  ofEnd(): EndDifference | null {
    const { stop, serialText } = this.machine.vm.run();
    return this.compare(NOTHING, stop, serialText, []);
  }

  /** @param restart Puts the machine to the beginning of the probe. */
  judge(state: StateDifference, restart: () => void): EndDifference | null {
    const known = this.verdictsOn(signatureOf(state));
    const isSure = known.harmful >= ENOUGH && known.harmless === 0;
    if (isSure && known.difference !== null) return { ...known.difference, state, isAssumed: true };
    restart();
    const { machine, baseline } = this;
    const limit = baseline.time * LIMIT_FACTOR + LIMIT_INSTRUCTIONS;
    let end = machine.vm.run({ maxInstructions: LOOK_AFTER });
    if (end.stop.kind === 'budget' && !this.isLooping()) end = machine.vm.run({ maxInstructions: limit });
    const { stop, serialText } = end;
    const difference = this.compare(state, stop, serialText, this.lasting(state.memory));
    if (difference === null) known.harmless++;
    else Object.assign(known, { harmful: known.harmful + 1, difference });
    return difference;
  }

  private verdictsOn(signature: string): Verdicts {
    const verdicts = this.known.get(signature) ?? { harmful: 0, harmless: 0, difference: null };
    this.known.set(signature, verdicts);
    return verdicts;
  }

  /** The guest is where it was a few instructions ago, and nothing will ever get it out: a ruined frame often ends so. */
  private isLooping(): boolean {
    const { vm } = this.machine;
    if (vm.nmiState.nextRequest !== null) return false;
    const point = vm.checkpoint();
    const before = captureState(vm, point);
    let isLooping = false;
    for (let period = 1; period <= LONGEST_LOOP && !isLooping; period++) {
      vm.run({ maxInstructions: 1 });
      isLooping = new StateComparison(before, captureState(vm, point), point).difference([]) === null;
    }
    point.release();
    return isLooping;
  }

  /** Of these ranges, what is not as at the baseline's end. The machine is at the probe's. */
  private lasting(ranges: readonly AddressRange[]): AddressRange[] {
    const { machine, baseline } = this;
    const found = ranges.map(({ start, end }) => machine.vm.memory.read(start, end - start));
    const expected = memoryAtEnd(baseline, ranges);
    return toRanges(
      ranges.flatMap(({ start }, i) =>
        [...(found[i] ?? [])].flatMap((byte, j) => (byte === expected[i]?.[j] ? [] : [start + j])),
      ),
    );
  }

  private compare(
    state: StateDifference,
    stop: StopReason,
    output: string,
    memory: readonly AddressRange[],
  ): EndDifference | null {
    const { baseline } = this;
    const isEnd = isSameEnd(baseline.stop, stop);
    const isOutput = isSameOutput(baseline, output);
    if (isEnd && isOutput && memory.length === 0) return null;
    return {
      state,
      stop: isEnd ? null : { expected: baseline.stop, found: stop },
      output: isOutput ? null : { expected: baseline.output, found: output },
      memory,
      isAssumed: false,
    };
  }
}

function signatureOf({ registers, memory, isAwake }: StateDifference): string {
  const names = registers.map(({ name }) => name).join();
  const ranges = memory.map(({ start, end }) => `${start}-${end}`).join();
  return `${names} ${ranges} ${isAwake}`;
}
