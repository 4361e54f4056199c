/**
 * A recording as a file: a snapshot's, with one section more. "RECD" has what happened, and what came of it; whoever knows
 * snapshots only can still go on from its start.
 */
import { fromJson, toJson } from '../snapshot/json.js';
import { damaged, readSections, writeSections } from '../snapshot/sections.js';
import { bigint, constant, listOf, object, oneOf, type Shape, text, wholeNumber } from '../snapshot/shape.js';
import { MOST_BYTES, sectionsOf, snapshotOf } from '../snapshot/snapshot-file.js';
import { SnapshotError } from '../snapshot/snapshot-error.js';
import { CHECKED_REGISTERS, type Recording, type StateCheck } from './recording.js';

const TAG = 'RECD';
/** Of the section: it changes when an older vmexit would misunderstand it. */
const VERSION = 1;

const STOP: Shape = text;
const HASH: Shape = (value) => typeof value === 'string' && /^[0-9a-f]{16}$/.test(value);
const BYTES: Shape = (value) => typeof value === 'string' && /^([0-9a-f]{2})*$/.test(value);
const TIME: Shape = (value) => wholeNumber(value) && (value as number) >= 0;
const REGISTERS: Shape = (value) =>
  listOf(bigint)(value) && (value as []).length === CHECKED_REGISTERS.length;
const CHECK = { time: TIME, hash: HASH, registers: REGISTERS };

const RECORDED: Shape = object({
  version: wholeNumber,
  steps: listOf(
    oneOf(
      object({ kind: constant('run'), until: TIME, stop: STOP }),
      object({ kind: constant('nmi'), at: TIME }),
      object({ kind: constant('memory'), gpa: TIME, bytes: BYTES }),
      object({ kind: constant('register'), name: text, value: bigint }),
    ),
  ),
  checks: listOf(object(CHECK)),
  end: object({
    ...CHECK,
    stop: STOP,
    instructions: wholeNumber,
    exits: listOf(object({ name: text, cause: text, count: wholeNumber })),
    nmi: object({
      requested: wholeNumber,
      delivered: wholeNumber,
      merged: wholeNumber,
      lost: wholeNumber,
      pending: wholeNumber,
      maxNesting: wholeNumber,
    }),
    printed: wholeNumber,
  }),
});

/** The bytes of a file that `readRecording` reads. */
export function writeRecording({ start, ...rest }: Recording): Promise<Uint8Array<ArrayBuffer>> {
  return writeSections(sectionsOf(start).set(TAG, toJson({ version: VERSION, ...rest })));
}

/** Reads a file that `writeRecording` wrote. Rejects with a `SnapshotError` that says what is wrong with it. */
export async function readRecording(file: Uint8Array): Promise<Recording> {
  const sections = await readSections(new Uint8Array(file), MOST_BYTES);
  const section = sections.get(TAG);
  if (section === undefined)
    throw new SnapshotError(
      'NOT_A_RECORDING',
      'this is a snapshot, and no recording: it has no section "RECD"',
    );
  const { version } = fromJson<{ version: number }>(section, TAG, object({ version: wholeNumber }));
  if (version !== VERSION)
    throw new SnapshotError(
      'SNAPSHOT_VERSION',
      `the recording has version ${version}; this vmexit reads ${VERSION}`,
    );
  const { steps, checks, end } = fromJson<Omit<Recording, 'start'>>(section, TAG, RECORDED);
  requireOrder(checks);
  return { start: snapshotOf(sections), steps, checks, end };
}

function requireOrder(checks: readonly StateCheck[]): void {
  const isAscending = checks.every(({ time }, i) => i === 0 || time > checks[i - 1]!.time);
  if (checks.length === 0 || !isAscending) throw damaged('the checks of the recording are not in order');
}
