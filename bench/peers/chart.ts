/**
 * The report as a chart, an SVG that needs nothing else: how far from native code everybody is, as bars, and below, row by
 * row, how much longer than vmexit everybody takes, as dots. It follows the reader's choice of light or dark.
 */
import { bars, barsHeight, longestBar } from './chart-bars.js';
import { DOT_RADIUS, dots, dotsHeight, dotValues, scaleFor } from './chart-dots.js';
import type { PeerName } from './peers.js';
import type { Report } from './report.js';
import { WORD_SIZES } from './rows.js';
import { element, line, text } from './svg.js';

const WIDTH = 960;
const MARGIN = 32;
const GAP = 40;
const HEADING_HEIGHT = 104;
const LEGEND_HEIGHT = 34;
/** The legend begins behind its title. */
const LEGEND_INDENT = 290;
/** Between one entry's text and the next one's sign; and of a letter, on average. */
const LEGEND_GAP = 44;
const LETTER_WIDTH = 6;
const FOOTER_HEIGHT = 36;
/** Of the kernels' names, left of the dots. */
const LABEL_WIDTH = 190;
const NOTE =
  'Warm, medians. Bars: geometric means of the rows that can run natively. Dots: logarithmic; at 10, vmexit is ten times as fast.';

/** One colour each, for light and for dark backgrounds, told apart by readers who see fewer colours too. */
const COLOURS: { readonly [Name in PeerName]: readonly [light: string, dark: string] } = {
  native: ['#57606a', '#9da7b3'],
  vmexit: ['#0550ae', '#58a6ff'],
  'vmexit-interpreter': ['#54aeff', '#1f6feb'],
  v86: ['#bf8700', '#e3b341'],
  qemu: ['#cf222e', '#ff7b72'],
  bochs: ['#8250df', '#bc8cff'],
};

const STYLE = `
  svg { font-family: -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; }
  text { fill: #1f2328; font-size: 13px; }
  .title { font-size: 22px; font-weight: 600; }
  .heading { font-size: 14px; font-weight: 600; }
  .quiet { fill: #59636e; font-size: 12px; }
  .number { font-size: 12px; font-variant-numeric: tabular-nums; }
  .line { stroke: #d1d9e0; stroke-width: 1; }
  .reference { stroke: #0550ae; stroke-width: 1.5; }
  .page { fill: #ffffff; }
  .band { fill: #f6f8fa; }
  circle { stroke: #ffffff; stroke-width: 1; }
  ${colourRules(0)}
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; }
    text { fill: #f0f6fc; }
    .quiet { fill: #9198a1; }
    .line { stroke: #3d444d; }
    .reference { stroke: #58a6ff; }
    .band { fill: #151b23; }
    circle { stroke: #0d1117; }
    ${colourRules(1)}
  }`;

function colourRules(theme: 0 | 1): string {
  return Object.entries(COLOURS)
    .map(([name, colours]) => `.${name} { fill: ${colours[theme]}; }`)
    .join(' ');
}

export function reportChart(report: Report): string {
  const { results, peers } = report;
  const panels = WORD_SIZES.map((bits) => results.filter(({ row }) => row.bits === bits)).filter(
    (panel) => panel.length > 0,
  );
  const kernels = [...new Set(results.map(({ row }) => row.kernel))];
  const barsTop = HEADING_HEIGHT;
  const legendTop = barsTop + barsHeight(peers) + GAP;
  const dotsTop = legendTop + LEGEND_HEIGHT;
  const height = dotsTop + dotsHeight(kernels.length) + FOOTER_HEIGHT;
  const [barPanel, dotPanel] = [columns(panels.length, 0), columns(panels.length, LABEL_WIDTH)];
  const scale = scaleFor(dotValues(results, peers));
  const longest = longestBar(panels, peers);
  const content = [
    element('style', {}, STYLE),
    element('rect', { width: WIDTH, height, class: 'page' }),
    text(MARGIN, 42, 'vmexit beside other emulators', 'title'),
    text(MARGIN, 66, describe(report), 'quiet'),
    ...panels.map((panel, i) => bars(panel, peers, longest, { ...barPanel[i]!, y: barsTop })),
    legend(peers, legendTop),
    ...panels.map((panel, i) => {
      const box = { ...dotPanel[i]!, y: dotsTop, labelWidth: i === 0 ? LABEL_WIDTH : 0 };
      return dots(panel, peers, kernels, scale, box);
    }),
    text(MARGIN, height - 14, NOTE, 'quiet'),
  ];
  const size = { width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}` };
  return `${element('svg', { xmlns: 'http://www.w3.org/2000/svg', ...size, role: 'img' }, `\n${content.join('\n')}\n`)}\n`;
}

/** So many boxes side by side, `indent` from the left. */
function columns(count: number, indent: number): { readonly x: number; readonly width: number }[] {
  const width = (WIDTH - 2 * MARGIN - indent - GAP * (count - 1)) / count;
  return Array.from({ length: count }, (_, i) => ({ x: MARGIN + indent + i * (width + GAP), width }));
}

function describe({ date, machine, peers }: Report): string {
  const versions = peers.flatMap(({ name, version }) =>
    version === null || name === 'native' ? [] : [shortVersion(version)],
  );
  return `${[...new Set(versions)].join(', ')}; ${machine.processor}; Node ${machine.node}; ${date.slice(0, 10)}`;
}

/** Without what a distribution says about it, which is in the text beside the chart. */
function shortVersion(version: string): string {
  return version.replace(/ \(.*\)$/, '').replace(/\+.*$/, '');
}

function legend(peers: Report['peers'], y: number): string {
  const heading = text(MARGIN, y + 8, 'Time over that of vmexit, row by row', 'heading');
  let x = MARGIN + LEGEND_INDENT;
  const entries = peers.map(({ name, title }) => {
    const sign =
      name === 'vmexit'
        ? line(x, y - 4, x, y + 12, 'reference')
        : element('circle', { cx: x, cy: y + 4, r: DOT_RADIUS, class: name });
    const entry = sign + text(x + 10, y + 8, title);
    x += LEGEND_GAP + LETTER_WIDTH * title.length;
    return entry;
  });
  return [heading, ...entries].join('\n');
}
