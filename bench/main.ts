/** npm run bench: how fast vmexit is on this machine. See `--help` and bench/README.md. */
import { UsageError } from '../src/index.js';
import { budgetFor, HELP, parseCommandLine, type Settings } from './command-line.js';
import { measureForks } from './forks.js';
import { measureGrowth } from './growth.js';
import { measureInterpreter } from './interpreter.js';
import { describeMachine } from './machine.js';
import type { Budget } from './measure.js';
import { measureMemory } from './memory.js';
import { measureNmiDelivery } from './nmi-delivery.js';
import { headingText, sectionText, writeReport } from './report.js';
import type { Section, SectionName } from './section.js';
import { measureStartup } from './startup.js';
import { measureWorldSwitch } from './world-switch.js';

/** The caller's mistake. */
const USAGE = 2;

/** In the order of measurement: memory first, while the process is still small. */
const SECTIONS: { readonly [Name in SectionName]: (budget: Budget) => Promise<Section> } = {
  memory: measureMemory,
  interpreter: measureInterpreter,
  switch: measureWorldSwitch,
  nmi: measureNmiDelivery,
  forks: measureForks,
  startup: measureStartup,
  growth: measureGrowth,
};

try {
  const settings = parseCommandLine(process.argv.slice(2));
  if (settings.isHelp) process.stdout.write(HELP);
  else await runBenchmarks(settings);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = USAGE;
}

async function runBenchmarks(settings: Settings): Promise<void> {
  const date = new Date().toISOString();
  const machine = describeMachine();
  process.stdout.write(headingText(machine));
  const sections: Section[] = [];
  for (const [name, run] of Object.entries(SECTIONS)) {
    if (!settings.sections.some((wanted) => wanted === name)) continue;
    const section = await run(budgetFor(settings));
    process.stdout.write(sectionText(section));
    sections.push(section);
  }
  console.log(`\n${writeReport({ date, isQuick: settings.isQuick, machine, sections })}`);
}
