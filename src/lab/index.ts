/** vmexit/lab: what looks at whole runs: replays, sweeps, timelines, debuggers. On the public API only. */
export { type Distribution, distribution } from './statistics.js';
