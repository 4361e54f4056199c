/** Replays a recording, and says where it becomes something else. */
import { restoreVm, type RestoreVmOptions } from '../../create-vm.js';
import { isResumable, type RunResult, type StopReason } from '../../hypervisor/run-result.js';
import { describeCheck, type Divergence, findParting, instructionAt } from './divergence.js';
import { type Place, Player } from './player.js';
import type { RecordedEnd, Recording, StateCheck } from './recording.js';
import { checkEnd, checkState } from './state-check.js';

export interface ReplayOptions extends Pick<RestoreVmOptions, 'jit' | 'nmi' | 'onTrace' | 'onSerial'> {
  /** Looked at between checks; the replay rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each check with the machine's time. */
  readonly onCheck?: ((time: number) => void) | undefined;
}

export interface Replay {
  /** What the machine did: all of it, or up to where it was seen to differ. */
  readonly result: RunResult;
  /** Checks that agreed, the start included and the end. */
  readonly checks: number;
  /** The instruction that is next where it ended; null where the guest is over. */
  readonly next: Divergence['instruction'];
  /** Null: every bit is as it was recorded. */
  readonly divergence: Divergence | null;
}

/** Rejects with a `UsageError` if the machine cannot be made again: see `restoreVm`. */
export async function replay(recording: Recording, options: ReplayOptions = {}): Promise<Replay> {
  const player = await playerOf(recording, options);
  let agreed: Place | null = null;
  let checks = 0;
  for (const check of recording.checks) {
    options.signal?.throwIfAborted();
    player.runTo(check.time);
    const found = checkState(player.vm);
    if (found.hash !== check.hash || found.time !== check.time)
      return {
        ...over(player, checks),
        divergence: await explain(recording, options, player, agreed, check),
      };
    agreed?.checkpoint.release();
    agreed = player.mark();
    checks++;
    options.onCheck?.(check.time);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const stop = player.finish();
  const result = { ...player.vm.run({ maxInstructions: 0 }), stop };
  if (isSame(checkEnd(player.vm, result), recording.end))
    return { result, checks: checks + 1, next: await nextOf(player, stop), divergence: null };
  const divergence = await explain(recording, options, player, agreed, recording.end);
  return { result, checks, next: null, divergence };
}

/**
 * The first instruction after which two recordings of the same machine differ; null if they do the same to their ends. Rejects
 * with a `UsageError` if a machine cannot be made again.
 */
export async function compareRecordings(
  expected: Recording,
  found: Recording,
  options: ReplayOptions = {},
): Promise<Divergence | null> {
  const players = await Promise.all(
    [expected, found].map((recording) => playerOf(recording, ownStrategy(recording, options))),
  );
  const [one, other] = players as [Player, Player];
  const start = Math.max(one.vm.time, other.vm.time);
  const end = Math.max(expected.end.time, found.end.time);
  if (one.vm.stateHash() !== other.vm.stateHash())
    return {
      ...(await describeCheck(checkState(one.vm), other, checkState(other.vm).registers)),
      between: 'runs',
    };
  const marks = players.map((player) => player.mark());
  for (const player of players) player.finish();
  if (one.vm.stateHash() === other.vm.stateHash()) return null;
  players.forEach((player, i) => player.returnTo(marks[i]!));
  return findParting(one, other, start, end + 1, 'runs');
}

/** Two recordings may be of two strategies: one of the caller's is for those that name it. */
function ownStrategy({ start }: Recording, { nmi, ...options }: ReplayOptions): ReplayOptions {
  return nmi?.name === start.machine.nmi ? { ...options, nmi } : options;
}

async function playerOf({ start, steps }: Recording, options: ReplayOptions): Promise<Player> {
  return new Player(await restoreVm(start, options), steps);
}

function over({ vm }: Player, checks: number): Omit<Replay, 'divergence'> {
  return { result: vm.run({ maxInstructions: 0 }), checks, next: null };
}

async function nextOf({ vm }: Player, stop: StopReason): Promise<Replay['next']> {
  return isResumable(stop) ? instructionAt(vm) : null;
}

/** The check is the first that does not agree; the one before is at `agreed`. */
async function explain(
  recording: Recording,
  { jit, nmi }: ReplayOptions,
  player: Player,
  agreed: Place | null,
  check: StateCheck,
): Promise<Divergence> {
  const found = checkState(player.vm);
  const tiers = await Promise.all(
    [jit !== false, jit === false].map((it) => playerOf(recording, { jit: it, nmi })),
  );
  const [same, other] = tiers as [Player, Player];
  const start = same.vm.time;
  const mark = other.mark();
  other.runTo(check.time);
  const otherHash = other.vm.stateHash();
  if (otherHash !== found.hash && check.time > start) {
    other.returnTo(mark);
    // The tier that agrees with the recording is right, if one does.
    const isOtherRight = otherHash === check.hash;
    return findParting(isOtherRight ? other : same, isOtherRight ? same : other, start, check.time, 'tiers');
  }
  if (agreed === null) return describeCheck(check, player, found.registers);
  player.returnTo(agreed);
  const event = player.runToEvent(check.time);
  // Without an event there is nothing on the way that the recording could have wrong.
  if (event === null) player.returnTo(agreed);
  return describeCheck(check, player, found.registers, event);
}

/** As JSON has it: the order of fields does not count, that of exits does. */
function isSame(one: RecordedEnd, other: RecordedEnd): boolean {
  return fingerprint(one) === fingerprint(other);
}

function fingerprint({ time, hash, stop, instructions, exits, nmi, printed }: RecordedEnd): string {
  const { requested, delivered, merged, lost, pending, maxNesting } = nmi;
  const counts = [requested, delivered, merged, lost, pending, maxNesting];
  const named = exits.map(({ name, cause, count }) => [name, cause, count]);
  return JSON.stringify([time, hash, stop, instructions, named, counts, printed]);
}
