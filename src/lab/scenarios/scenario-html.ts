/** A scenario's result as one HTML page that needs nothing else: the story, both sides, the drawing. */
import { escapeMarkup } from '../escape-markup.js';
import { REPORT_STYLE } from '../sweep/sweep-html-style.js';
import { renderTimelineSvg } from '../timeline/svg.js';
import type { ScenarioResult } from './run-scenario.js';
import type { ScenarioReportOptions } from './scenario.js';
import { sectionsOf } from './scenario-report.js';
import type { Pair } from './two-columns.js';

const STYLE = `${REPORT_STYLE}
.sides{table-layout:fixed;min-width:48rem}
.sides :is(td,th){width:50%;text-align:left;white-space:pre-wrap;overflow-wrap:anywhere;vertical-align:top}
.sides td{font:13px/1.45 ui-monospace,monospace;padding:.1rem .75rem;border:0}
.sides :is(td,th)+:is(td,th){border-left:1px solid var(--line)}
.sides .differs{background:color-mix(in srgb,var(--bad) 14%,transparent)}
.sides td+.differs{background:color-mix(in srgb,var(--ok) 14%,transparent)}
svg{width:100%;min-width:48rem;height:auto}
h2{overflow-wrap:anywhere}
`;

export function scenarioHtml(result: ScenarioResult, options: ScenarioReportOptions = {}): string {
  const { scenario, sides } = result;
  const heading = `<tr><th>bug: ${scenario.name}</th><th>fix: ${scenario.fix}</th></tr>`;
  const sections = sectionsOf(result, options).map(({ title, lines, pairs }) => {
    const text = lines.length === 0 ? '' : `<pre>${escapeMarkup(lines.join('\n'))}</pre>`;
    const table = `<div class="scroll"><table class="sides">${heading}${pairs.map(row).join('\n')}</table></div>`;
    return `<h2>${escapeMarkup(title)}</h2>${text}${pairs.length === 0 ? '' : table}`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${scenario.name}</title>
<style>${STYLE}</style>
<main>
<h1>${escapeMarkup(scenario.title)}</h1>
<p>${escapeMarkup(scenario.story)}</p>
<p>On record: ${escapeMarkup(scenario.origin)}.</p>
${sections.join('\n')}
${sides === null ? '' : `<h2>The drawing</h2><div class="scroll">${scenarioSvg(sides)}</div>`}
</main>
</html>
`;
}

/** Both timelines, one above the other. */
export function scenarioSvg({ bug, fix }: NonNullable<ScenarioResult['sides']>): string {
  return renderTimelineSvg([bug.timeline, fix.timeline]);
}

function row({ left, right, isSame }: Pair): string {
  const cells = [left, right].map((text) => {
    const look = isSame || text === null ? '' : ' class="differs"';
    return `<td${look}>${escapeMarkup(text ?? '')}</td>`;
  });
  return `<tr>${cells.join('')}</tr>`;
}
