/** The shapes of the sections that are JSON. */
import {
  anything,
  bigint,
  boolean,
  constant,
  listOf,
  nullable,
  object,
  oneOf,
  recordOf,
  type Shape,
  text,
  wholeNumber,
} from './shape.js';

const SCHEDULE: Shape = oneOf(
  object({ kind: constant('none') }),
  object({ kind: constant('every'), period: wholeNumber }),
  object({ kind: constant('random'), mean: wholeNumber, seed: wholeNumber }),
  object({ kind: constant('at'), counts: listOf(wholeNumber) }),
);

export const MACHINE: Shape = object({
  machine: object({ ramBytes: wholeNumber, nmi: text, cpu: text }),
  schedule: nullable(SCHEDULE),
});

export const PROCESSOR: Shape = object({
  fields: recordOf(bigint),
  pins: object({ hasNmi: boolean, vectors: listOf(wholeNumber) }),
  schedule: listOf(object({ clock: wholeNumber, vector: nullable(wholeNumber) })),
  enteredVmcb: nullable(wholeNumber),
});

const LEDGER: Shape = object({
  requests: listOf(
    object({
      id: wholeNumber,
      requestedAt: wholeNumber,
      fate: constant('outstanding', 'delivered', 'merged', 'lost'),
      settledAt: nullable(wholeNumber),
      reason: nullable(text),
    }),
  ),
  exits: listOf(
    object({ code: wholeNumber, cause: constant('nmi-delivery', 'kick', 'workload'), count: wholeNumber }),
  ),
});

export const HYPERVISOR: Shape = object({
  vcpu: object({
    emulated: wholeNumber,
    idle: wholeNumber,
    haltedAt: nullable(bigint),
    exitStatus: nullable(wholeNumber),
    tscAdjustment: bigint,
  }),
  devices: recordOf(recordOf(nullable(wholeNumber))),
  delivery: recordOf(nullable(oneOf(wholeNumber, bigint, boolean))),
  agenda: object({ read: wholeNumber, next: nullable(wholeNumber), extra: listOf(wholeNumber) }),
  accounting: object({
    ledger: LEDGER,
    entered: wholeNumber,
    deliveredSinceEntry: wholeNumber,
    isInside: boolean,
  }),
  kick: object({ isForced: boolean, at: nullable(wholeNumber) }),
  nextTablePage: wholeNumber,
  ended: nullable(object({ kind: anything })),
});
