/** vmexit/lab: what looks at whole runs: replays, sweeps, timelines, debuggers. On the public API only. */
export type { BackwardTarget } from './debugger/backward.js';
export { type ContinueOptions, Debugger, type SteppingOptions } from './debugger/debugger.js';
export type { HistoryOptions } from './debugger/history.js';
export { type DebugStop, describeDebugStop } from './debugger/stop.js';
export { encodePacket, type Incoming, PacketReader } from './gdb/packet.js';
export { GdbSession, type SessionEnd, type SessionHost } from './gdb/session.js';
export { describeEvent } from './describe-event.js';
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
export { grouped, instructionAt, place, type Scale, type Tick } from './timeline/axis.js';
export type { Shape as TimelineShape } from './timeline/marks-on-screen.js';
export { exitRow, ROW_SPECS, type RowSpec, type MarkSymbol, type Tone } from './timeline/rows.js';
export {
  eventfulRange,
  layOutTimelines,
  ROW_HEIGHT,
  type Scene,
  type SceneGroup,
  type SceneOptions,
  type SceneRow,
} from './timeline/scene.js';
export { renderTimelineSvg, type TimelineSvgOptions } from './timeline/svg.js';
export { DARK, LIGHT, type Theme } from './timeline/svg-style.js';
export { HOLLOW, SYMBOL_PATHS } from './timeline/symbols.js';
export { chromeTrace, type ChromeTraceEvent, chromeTraceEvents } from './timeline/chrome-trace.js';

// The sweep: an NMI at every instruction boundary.
export { sweep, type RunSweepOptions, type SweepProgress } from './sweep/sweep.js';
export { planSweep, type SweepOptions, type SweptDelivery } from './sweep/sweep-plan.js';
export { mergeSweeps } from './sweep/merge.js';
export type { Shard } from './sweep/unit-list.js';
export {
  isComplete,
  mapViolations,
  type SweepBaseline,
  type SweepPlan,
  type SweepPoints,
  type SweepResult,
  type SweepUnit,
  type SweepViolation,
} from './sweep/sweep-result.js';
export { decodeRuns, type NumberRuns } from './sweep/number-runs.js';
export { type HandlerContract, readContract } from './sweep/handler-contract.js';
export type { AddressRange } from './sweep/address-ranges.js';
export type { ExitPromise } from './sweep/exit-promises.js';
export type { Breach, Invariant } from './sweep/invariants/invariant.js';
export { INVARIANTS } from './sweep/invariants.js';
export type {
  EndDifference,
  Nesting,
  Observation,
  Outcome,
  RegisterDifference,
  RequestFate as ObservedRequest,
  StateDifference,
  VmcbProblem,
} from './sweep/observation.js';

// Record and replay.
export {
  Recorder,
  type RecordedRunOptions,
  type RecorderOptions as RecordOptions,
} from './replay/recorder.js';
export { readRecording, writeRecording } from './replay/recording-file.js';
export type { RecordedEnd, RecordedEvent, RecordedStep, Recording, StateCheck } from './replay/recording.js';
export { compareRecordings, type Replay, replay, type ReplayOptions } from './replay/replay.js';
export type { DifferingRegister, Divergence } from './replay/divergence.js';
export { comparisonCsv, comparisonTable, type Table } from './comparison-table.js';
export { pan, type Range, reveal, zoom } from './timeline/zoom.js';
export { timelineCsv } from './timeline/timeline-csv.js';

export { type UnitExecutor } from './sweep/sweep.js';
export type { UnitKey } from './sweep/unit-list.js';
export { UnitRunner } from './sweep/unit-runner.js';
export { resolveRanges, parseContract } from './sweep/handler-contract.js';
export { countViolations, type DeliverySummary, summarizeSweep } from './sweep/summary.js';
export { sweepText, violationText } from './sweep/sweep-text.js';
export { sweepJunit } from './sweep/sweep-junit.js';
export { sweepHtml } from './sweep/sweep-html.js';
export { isSweepUnit, parseSweep } from './sweep/parse-sweep.js';
export { recordViolation } from './sweep/record-violation.js';

// Scenarios: bugs of real hypervisors.
export {
  brokenDelivery,
  type CodeChange,
  type Scenario,
  type ScenarioReportOptions,
} from './scenarios/scenario.js';
export { findScenario, SCENARIOS } from './scenarios/scenarios.js';
export { scenarioHtml, scenarioSvg } from './scenarios/scenario-html.js';
export { scenarioText } from './scenarios/scenario-text.js';
export { runScenario, type ScenarioResult, type ScenarioSide } from './scenarios/run-scenario.js';
