/** A result as one HTML page that needs nothing else: a heat map of boundaries and deliveries, and every violation. */
import { escapeMarkup } from '../escape-markup.js';
import { decodeRuns } from './number-runs.js';
import { HEAT_MAP_SCRIPT } from './sweep-html-script.js';
import { REPORT_STYLE } from './sweep-html-style.js';
import { type DeliverySummary, summarizeSweep, timesOf } from './summary.js';
import { isComplete, type SweepResult, type SweepViolation } from './sweep-result.js';
import { violationText } from './sweep-text.js';

/** Columns of the heat map, one array an attribute; a boundary has the same index in all. */
interface Columns {
  readonly delivery: string;
  readonly times: readonly number[];
  readonly latency: readonly number[];
  readonly exits: readonly number[];
  readonly broken: readonly number[];
}

export function sweepHtml(result: SweepResult): string {
  const { plan } = result;
  const summaries = summarizeSweep(result);
  const data = { invariants: plan.invariants, rows: plan.deliveries.map((name) => columnsOf(name, result)) };
  // The one way in which JSON could end the script element.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(`${plan.guest}: NMI sweep`)}</title>
<style>${REPORT_STYLE}</style>
<main>
<h1>${escapeMarkup(plan.guest)}</h1>
<p>${escapeMarkup(describePlan(result))}</p>
${summaryTable(summaries)}
<h2>Boundaries</h2>
<div class="controls" role="radiogroup" aria-label="What the colours show">
<label><input type="radio" name="measure" value="broken" checked> violations</label>
<label><input type="radio" name="measure" value="latency"> latency</label>
<label><input type="radio" name="measure" value="exits"> exits</label>
</div>
<div id="map"></div>
<p id="legend"></p>
<p id="readout" aria-live="polite">Point at a boundary, or select a map and use the arrow keys.</p>
<h2>Violations</h2>
${summaries.map(violations).join('') || '<p>None.</p>'}
</main>
<script>const DATA = ${json};
${HEAT_MAP_SCRIPT}</script>
</html>
`;
}

function columnsOf(delivery: string, { units }: SweepResult): Columns {
  const points = units.filter((unit) => unit.delivery === delivery).map((unit) => unit.points);
  return {
    delivery,
    times: points.flatMap(timesOf),
    latency: points.flatMap(({ latency }) => decodeRuns(latency)),
    exits: points.flatMap(({ exits }) => decodeRuns(exits)),
    broken: points.flatMap(({ broken }) => decodeRuns(broken)),
  };
}

function describePlan(result: SweepResult): string {
  const { plan, units, unitCounts, producer } = result;
  const kind = plan.pairs ? 'Two NMIs, the second at every boundary of the handler’s run' : 'An NMI';
  const begin = plan.from === null ? 'the guest’s first own NMI' : `instruction ${plan.from}`;
  const end = plan.to === null ? 'its end' : `instruction ${plan.to}`;
  const where = plan.symbol === null ? '' : `, in ${plan.symbol}`;
  const all = unitCounts.reduce((sum, count) => sum + count, 0);
  const part = isComplete(result) ? '' : ` This is a part: ${units.length} of ${all} units.`;
  return `${kind} at every instruction boundary from ${begin} to ${end}${where}. Made by ${producer}.${part}`;
}

function summaryTable(summaries: readonly DeliverySummary[]): string {
  const rows = summaries.map(({ delivery, boundaries, probes, latency, exits, broken }) => {
    const names = Object.entries(broken).map(([name, count]) => `${name} ${count}`);
    const found = names.length === 0 ? 'none' : names.join(', ');
    const cells = [boundaries, probes, latency ?? '-', exits ?? '-']
      .map((cell) => `<td>${cell}</td>`)
      .join('');
    const mark = names.length === 0 ? 'ok' : 'bad';
    return `<tr><th scope="row">${escapeMarkup(delivery)}</th>${cells}<td class="${mark}">${escapeMarkup(found)}</td></tr>`;
  });
  return `<div class="scroll"><table><thead><tr><th>delivery</th><th>boundaries</th><th>runs</th><th>most latency</th><th>most exits</th><th>violations</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

function violations({ delivery, broken, violations: all }: DeliverySummary): string {
  return Object.entries(broken)
    .map(([name, count]) => {
      const shown = all.filter(({ invariant }) => invariant === name).map(violation);
      const title = `${delivery}: ${name}, ${count} time${count === 1 ? '' : 's'}`;
      return `<section><h3>${escapeMarkup(title)}</h3>${shown.join('')}</section>`;
    })
    .join('');
}

function violation(found: SweepViolation, index: number): string {
  const [message = '', ...rest] = violationText(found);
  return `<details${index === 0 ? ' open' : ''}><summary>${escapeMarkup(message)}</summary><pre>${escapeMarkup(rest.join('\n'))}</pre></details>`;
}
