/** What becomes of two marks of a kind that are joined. */
import type { MarkKind } from './bounded-track.js';
import type { ExitMark, HandlerMark, HoldMark, LabelMark, OutputMark, RequestMark } from './timeline.js';

export const REQUESTS: MarkKind<RequestMark> = {
  classOf: ({ fate }) => fate,
  join: ({ fate, reason }, second) => ({
    fate,
    request: null,
    reason: reason === second.reason ? reason : null,
  }),
};

export const HANDLERS: MarkKind<HandlerMark> = {
  classOf: ({ depth }) => `${depth}`,
  join: ({ depth, how, instructions }, second) => ({
    depth,
    request: null,
    how: how === second.how ? how : null,
    instructions: instructions + second.instructions,
  }),
};

export const HOLDS: MarkKind<HoldMark> = {
  classOf: ({ by }) => by,
  join: ({ by, instructions }, second) => ({ by, instructions: instructions + second.instructions }),
};

export const EXITS: MarkKind<ExitMark> = {
  classOf: ({ exit, cause }) => `${cause} ${exit}`,
  join: ({ exit, cause }) => ({ exit, cause, rip: null, detail: '' }),
};

export const OUTPUT: MarkKind<OutputMark> = {
  classOf: () => '',
  join: ({ text }) => ({ text }),
};

export const LABELS: MarkKind<LabelMark> = {
  classOf: () => '',
  join: () => ({ value: null }),
};
