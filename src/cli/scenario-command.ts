/** `vmexit scenario`. */
import { UsageError } from '../errors.js';
import { findShippedGuest } from '../index.js';
import {
  findScenario,
  runScenario,
  scenarioHtml,
  type ScenarioReportOptions,
  type ScenarioResult,
  type ScenarioSide,
  SCENARIOS,
  scenarioSvg,
  scenarioText,
} from '../lab/index.js';
import { jsonText } from './json-text.js';
import { ExitStatus } from './exit-status.js';
import { type Arguments, type GivenOptions, text } from './options.js';
import { ReplayFolder } from './replay-files.js';
import { ResultFile } from './result-writer.js';
import { sourceOfShipped } from './source-lines.js';
import { bold, ProgressLine, type Terminal } from './terminal.js';

export async function scenarioCommand(
  { options, positionals }: Arguments,
  terminal: Terminal,
): Promise<number> {
  const [name, extra] = positionals;
  if (extra !== undefined)
    throw new UsageError(`one scenario at a time: ${JSON.stringify(extra)} is one too many`);
  if (name === undefined) return list(options, terminal);
  const scenario = findScenario(name);
  const files = await openFiles(options);
  const replays = await ReplayFolder.open(options);
  const progress = new ProgressLine(terminal.stderr, options['quiet'] !== true);
  const result = await runScenario(scenario, {
    signal: terminal.signal,
    onProgress: ({ done, total }) => progress.show(`${name}: ${done}/${total} units`),
  }).finally(() => progress.clear());
  if (terminal.signal.aborted) return ExitStatus.Interrupted;
  const report: ScenarioReportOptions = {
    sourceOf: await sourceOfShipped(await findShippedGuest(scenario.guest)),
    replays: replays && (await writeReplays(result, replays)),
  };
  const written = options['json'] ? toJson(result) : scenarioText(result, report);
  if (files.output) await files.output.write(written);
  else terminal.stdout.write(written);
  if (result.sides) await files.timeline?.write(scenarioSvg(result.sides));
  await files.html?.write(scenarioHtml(result, report));
  return result.isShown ? 0 : 1;
}

async function list(options: GivenOptions, terminal: Terminal): Promise<number> {
  for (const option of ['html', 'timeline', 'replays'])
    if (options[option] !== undefined) throw new UsageError(`--${option} shows one scenario: give its name`);
  const output = text(options, 'output');
  const file = output === undefined ? undefined : await ResultFile.open(output);
  const entries = SCENARIOS.map(({ name, title, guest }) => ({ name, title, guest }));
  const written = options['json']
    ? jsonText({ scenarios: entries })
    : tableOf(file ? 'scenarios' : bold('scenarios', terminal.stdout, terminal), entries);
  if (file) await file.write(written);
  else terminal.stdout.write(written);
  return 0;
}

function tableOf(
  heading: string,
  entries: readonly { readonly name: string; readonly title: string }[],
): string {
  const width = Math.max(...entries.map(({ name }) => name.length));
  const rows = entries.map(({ name, title }) => `  ${name.padEnd(width)}  ${title}\n`);
  return `${heading}\n${rows.join('')}\n"vmexit scenario <name>" shows bug and fix side by side.\n`;
}

/** Without the guest itself, and without what is there to be drawn. */
function toJson({ scenario, isShown, found, sides, sweep }: ScenarioResult): string {
  const plain = sides && { bug: withoutTimeline(sides.bug), fix: withoutTimeline(sides.fix) };
  return jsonText({ scenario, isShown, found, sides: plain, sweep });
}

function withoutTimeline({ timeline: _, ...side }: ScenarioSide): Omit<ScenarioSide, 'timeline'> {
  return side;
}

async function openFiles(options: GivenOptions) {
  const open = async (name: string): Promise<ResultFile | undefined> => {
    const path = text(options, name);
    return path === undefined ? undefined : ResultFile.open(path, `--${name}`);
  };
  return { output: await open('output'), html: await open('html'), timeline: await open('timeline') };
}

/** Nothing where there is nothing to replay. */
async function writeReplays(
  { scenario, guest, memoryBytes, found }: ScenarioResult,
  folder: ReplayFolder,
): Promise<ScenarioReportOptions['replays']> {
  if (found === null) return undefined;
  const machine = { guest, memoryBytes };
  return {
    bug: await folder.write(scenario.guest, found, machine),
    fix: await folder.write(scenario.guest, { ...found, delivery: scenario.fix }, machine),
  };
}
