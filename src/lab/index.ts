/** vmexit/lab: what looks at whole runs: replays, sweeps, timelines, debuggers. On the public API only. */
export { type Distribution, distribution } from './statistics.js';
export {
  type ComparedTimelines,
  compareTimelines,
  type CompareTimelinesOptions,
  type RecordedRun,
  recordTimeline,
  type RecordTimelineOptions,
  timelineOf,
} from './timeline/record-timeline.js';
export { DEFAULT_MAX_MARKS, type RecorderOptions, TimelineRecorder } from './timeline/recorder.js';
export type {
  ExitMark,
  HandlerMark,
  HoldMark,
  LabelMark,
  Mark,
  NmiTotals,
  OutputMark,
  RequestFate,
  RequestMark,
  Timeline,
  Track,
  Tracks,
} from './timeline/timeline.js';
