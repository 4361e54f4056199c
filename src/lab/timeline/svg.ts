/** Timelines as one SVG file that needs nothing else: no script, no font, no style from outside. */
import { escapeMarkup } from '../escape-markup.js';
import { grouped } from './axis.js';
import type { Shape } from './marks-on-screen.js';
import { ROW_SPECS, type RowSpec, type MarkSymbol } from './rows.js';
import {
  layOutTimelines,
  ROW_HEIGHT,
  type Scene,
  type SceneGroup,
  type SceneOptions,
  type SceneRow,
} from './scene.js';
import { styleSheet, type Theme } from './svg-style.js';
import { HOLLOW, SYMBOL_PATHS } from './symbols.js';
import type { Timeline } from './timeline.js';

export interface TimelineSvgOptions extends SceneOptions {
  /** Above the drawing; the guest's name unless given. */
  readonly title?: string | undefined;
  /** Light or dark as the surroundings are, unless given. */
  readonly theme?: Theme | undefined;
}

const MARGIN = 16;
const TITLE = 46;
const AXIS = 34;
/** Between a row's name and its shapes. */
const NAME_GAP = 12;
const LEGEND_LINE = 20;
/** Room for a shape and its name in the legend, in pixels for each letter of the name. */
const LETTER = 6.6;
const LEGEND_GAP = 34;

/** The drawing as a file's text. Throws a `UsageError` if there is nothing to draw. */
export function renderTimelineSvg(timelines: readonly Timeline[], options: TimelineSvgOptions = {}): string {
  const scene = layOutTimelines(timelines, options);
  const { title = timelines[0]?.guest ?? '' } = options;
  const legend = renderLegend(scene);
  const axisAt = TITLE + scene.bottom;
  const height = axisAt + AXIS + legend.height + MARGIN;
  const range = describeRange(scene, timelines);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${scene.width}" height="${height}" viewBox="0 0 ${scene.width} ${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${escapeMarkup(title)}</title><desc id="d">${escapeMarkup(describe(scene, range))}</desc>`,
    `<style>${styleSheet(options.theme ?? 'auto')}</style>`,
    `<rect class="paper" width="${scene.width}" height="${height}"/>`,
    `<text class="t" x="${MARGIN}" y="${MARGIN + 8}">${escapeMarkup(title)}</text>`,
    `<text class="f" x="${MARGIN}" y="${MARGIN + 24}">${escapeMarkup(range)}</text>`,
    `<g transform="translate(0 ${TITLE})">`,
    ...scene.groups.map((group) => renderBand(group, scene)),
    renderAxis(scene),
    ...scene.groups.map((group) => renderGroup(group, scene)),
    '</g>',
    `<g transform="translate(0 ${axisAt + AXIS})">${legend.text}</g>`,
    '</svg>\n',
  ].join('\n');
}

/** For those who do not see the drawing. */
function describe({ groups }: Scene, range: string): string {
  return [range, ...groups.map(({ strategy, summary }) => `${strategy}: ${summary}`)].join('. ');
}

function describeRange({ scale }: Scene, timelines: readonly Timeline[]): string {
  const end = Math.max(...timelines.map((timeline) => timeline.end));
  const isWhole = scale.from <= Math.min(...timelines.map(({ start }) => start)) && scale.to >= end;
  const range = `guest instructions ${grouped(scale.from)} to ${grouped(scale.to)}`;
  return isWhole ? range : `${range} of ${grouped(end)}; counts are of the whole run`;
}

function renderBand({ y, height }: SceneGroup, { width }: Scene): string {
  return `<rect class="band" x="${MARGIN / 2}" y="${y}" width="${width - MARGIN}" height="${height + 2}" rx="4"/>`;
}

function renderAxis({ ticks, top, bottom, scale }: Scene): string {
  const lines = ticks.map(({ x }) => `M${round(x)} ${top}V${bottom + 6}`).join('');
  const labels = ticks.map(
    ({ x, label }) => `<text class="m f" x="${round(x)}" y="${bottom + 20}">${label}</text>`,
  );
  const name = `<text class="f" x="${MARGIN}" y="${bottom + 20}">instructions</text>`;
  return `<path class="grid" d="${lines}"/>${name}${labels.join('')}`;
}

function renderGroup({ strategy, summary, y, rows }: SceneGroup, { scale }: Scene): string {
  const heading = `<text x="${MARGIN}" y="${y + 18}"><tspan class="g">${escapeMarkup(strategy)}</tspan><tspan class="f" dx="10">${escapeMarkup(summary)}</tspan></text>`;
  return `<g class="strategy">${heading}\n${rows.map((row) => renderRow(row, scale.x - NAME_GAP)).join('\n')}</g>`;
}

function renderRow(row: SceneRow, nameEnd: number): string {
  const { tone, label, count, y, shapes } = row;
  const number = count === null ? '' : `<tspan class="c" dx="6">${grouped(count)}</tspan>`;
  const name = `<text class="n f" x="${nameEnd}" y="${round(y + 4)}">${escapeMarkup(label)}${number}</text>`;
  return `<g class="row ${tone}" data-row="${tone}">${name}${shapes.map((shape) => renderShape(shape, row)).join('')}</g>`;
}

function renderShape(shape: Shape, { y, symbol }: SceneRow): string {
  const x = round(shape.x);
  const title = `<title>${escapeMarkup(shape.caption)}</title>`;
  const count = ` data-count="${shape.count}"`;
  switch (shape.kind) {
    case 'symbol':
      return symbol === null ? '' : renderSymbol(symbol, shape, y);
    case 'column': {
      const height = 4 + shape.level * (ROW_HEIGHT - 6);
      return `<rect${count} ${box(shape, y, height)}>${title}</rect>`;
    }
    case 'spread':
      return `<rect${count} ${box(shape, y, 6)} opacity="0.45">${title}</rect>`;
    case 'bar': {
      const opacity = round(0.3 + 0.7 * shape.cover);
      return `<rect ${box(shape, y, 10)}${opacity < 1 ? ` opacity="${opacity}"` : ''}>${title}</rect>`;
    }
    case 'wait':
      return `<path fill="none" stroke-width="1.2" d="M${x} ${round(y)}h${round(shape.width)}m0-4v8">${title}</path>`;
  }
}

/** With the number beside it, if it is more than one. */
function renderSymbol(symbol: MarkSymbol, { x, count, caption }: Shape, y: number): string {
  const look = HOLLOW.has(symbol) ? 'class="hollow" stroke-width="1.5"' : 'stroke-width="0"';
  const at = `transform="translate(${round(x)} ${round(y)})"`;
  const path = `<path data-count="${count}" ${look} ${at} d="${SYMBOL_PATHS[symbol]}"><title>${escapeMarkup(caption)}</title></path>`;
  if (count === 1) return path;
  return `${path}<text class="k" x="${round(x + 7)}" y="${round(y + 4)}">${grouped(count)}</text>`;
}

function box(
  { x, width }: { readonly x: number; readonly width: number },
  y: number,
  height: number,
): string {
  return `stroke="none" x="${round(x)}" y="${round(y - height / 2)}" width="${round(width)}" height="${round(height)}"`;
}

/** What the shapes mean that occur: symbols in lines of the drawing's width. */
function renderLegend({ groups, width }: Scene): { readonly text: string; readonly height: number } {
  const used = new Set(groups.flatMap(({ rows }) => rows.map(({ tone }) => tone)));
  let x = MARGIN + 8;
  let y = 10;
  const entries: string[] = [];
  for (const spec of ROW_SPECS.filter(({ tone }) => used.has(tone))) {
    const room = LEGEND_GAP + spec.label.length * LETTER;
    if (x + room > width) {
      x = MARGIN + 8;
      y += LEGEND_LINE;
    }
    entries.push(legendEntry(spec, x, y));
    x += room;
  }
  return { text: entries.join('\n'), height: y + LEGEND_LINE / 2 };
}

function legendEntry({ tone, label, symbol }: RowSpec, x: number, y: number): string {
  const hollow =
    symbol !== null && HOLLOW.has(symbol) ? ' class="hollow" stroke-width="1.5"' : ' stroke-width="0"';
  const shape =
    symbol === null
      ? `<rect stroke="none" x="-6" y="-4" width="14" height="8"/>`
      : `<path${hollow} d="${SYMBOL_PATHS[symbol]}"/>`;
  return `<g transform="translate(${round(x)} ${y})" class="${tone}">${shape}<text class="f" x="13" y="4">${escapeMarkup(label)}</text></g>`;
}

/** A tenth of a pixel is as exact as it gets. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
