/** Runs snippets natively and in vmexit and sorts the cases by how they compare. */
import { Code, Decoder, DecoderOptions } from 'iced-x86';
import { Seg } from '../../assembly/abi/register.js';
import { differences, isEqual, isHidden } from './differences.js';
import { isolate } from './isolate.js';
import { Batch, CODE_ADDRESS, CODE_BYTES, Res, WINDOW_ADDRESS, WINDOW_BYTES } from './layout.js';
import { isDone } from './native.js';
import type { NativeProcessor } from './native.js';
import { codeOf, decodeResult, encodeRecords, startOf } from './record.js';
import type { Outcome, Snippet } from './record.js';
import { Report } from './report.js';
import { isUnknowable } from './segments.js';
import { isUnimplemented, stopOf } from './vmexit-subject.js';
import type { VmexitSubject } from './vmexit-subject.js';

/** Cases of a batch that are taken apart, which costs two processes each; the rest are only counted. */
const MOST_ISOLATED = 60;
const VECTOR_PF = 14;
const PF_PRESENT = 1;

/** A snippet, and which encoding each of its instructions is. */
export interface Case {
  readonly snippet: Snippet;
  readonly codes: readonly Code[];
}

export function compare(cases: readonly Case[], native: NativeProcessor, subject: VmexitSubject): Report {
  const report = new Report();
  const records = encodeRecords(cases.map(({ snippet }) => snippet));
  const expected = native.runBatch(records);
  const actual = Batch.of(Res.bytes, 1);
  for (const [i, { snippet, codes }] of cases.entries()) {
    report.cases++;
    if (!isDone(expected, i)) {
      report.unreachable++;
      continue;
    }
    copySelectors(expected, i, actual);
    subject.runRecord(records, i, snippet.bits, actual, 0);
    if (isEqual(expected, i, actual, 0, snippet.extended !== undefined)) {
      report.coverage.add(snippet, codes, actual, 0);
    } else {
      sortOut(report, snippet, decodeOutcome(expected, i, snippet), actual, native, subject);
    }
  }
  return report;
}

function copySelectors(from: Batch, i: number, to: Batch): void {
  const first = (from.at(i) + Res.selectors) >> 1;
  for (let seg = 0; seg <= Seg.Gs; seg++)
    to.halves[(Res.selectors >> 1) + seg] = from.halves[first + seg] ?? 0;
}

function decodeOutcome(results: Batch, i: number, snippet: Snippet): Outcome {
  return decodeResult(results, i, snippet.extended !== undefined);
}

/** A case whose results are not the same word for word. */
function sortOut(
  report: Report,
  snippet: Snippet,
  expected: Outcome,
  results: Batch,
  native: NativeProcessor,
  subject: VmexitSubject,
): void {
  const actual = stopOf(results, 0) ?? decodeOutcome(results, 0, snippet);
  if (isUnimplemented(results, 0)) report.unimplemented.add(codeNameAt(snippet, results));
  else if (isUnreachable(expected, actual)) report.unreachable++;
  else if (differences(expected, actual).length > 0) {
    const found = report.mismatches.length < MOST_ISOLATED ? isolate(snippet, native, subject) : undefined;
    if (found === 'unrepeatable') report.unrepeatable++;
    else if (found?.known !== undefined) report.known.add(found.known);
    else if (found?.undefinedFlags !== undefined) report.undefinedFlags.add(found.undefinedFlags);
    else {
      report.differing++;
      if (found !== undefined) report.mismatches.push(found);
    }
  }
}

/** The encoding at which a run stopped. */
function codeNameAt(snippet: Snippet, results: Batch): string {
  const rip = results.words[Res.rip >> 2] ?? 0;
  const decoder = new Decoder(
    snippet.bits,
    codeOf(snippet).subarray(rip - startOf(snippet.bits)),
    DecoderOptions.AMD,
  );
  const instruction = decoder.decode();
  const name = Code[instruction.code];
  instruction.free();
  decoder.free();
  return name;
}

/** The native process touched something that is not mapped in vmexit: its own code, libraries or stack. */
function isUnreachable(expected: Outcome, actual: Outcome | string): boolean {
  if (expected.lastSelectors.slice(0, Seg.Gs).some(isUnknowable)) return true;
  if (typeof actual === 'string' || actual.vector !== VECTOR_PF) return false;
  if (isMapped(actual.faultAddress)) return false;
  const isSameFault = expected.vector === VECTOR_PF && expected.faultAddress === actual.faultAddress;
  if (!isSameFault || isHidden(expected.faultAddress)) return !isSameFault;
  return ((expected.errorCode ^ actual.errorCode) & PF_PRESENT) !== 0;
}

function isMapped(address: bigint): boolean {
  const isIn = (start: number, bytes: number) => address >= BigInt(start) && address < BigInt(start + bytes);
  return isIn(WINDOW_ADDRESS, WINDOW_BYTES) || isIn(CODE_ADDRESS, CODE_BYTES);
}
