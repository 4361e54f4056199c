/** The drawing: well-formed, self-contained, and every number in it is the ledger's. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import {
  DARK,
  eventfulRange,
  grouped,
  LIGHT,
  renderTimelineSvg,
  ROW_SPECS,
  type Timeline,
} from '../../../src/lab/index.js';
import { timelinesOf } from '../../helpers/timelines.js';
import { elements, parseXml, type XmlElement } from '../../helpers/xml.js';

const { comparison, timelines } = await timelinesOf('nmi-storm', 120);

const rowsIn = (group: XmlElement): Map<string, XmlElement> =>
  new Map(
    group.children.flatMap((child) =>
      child.attributes['data-row'] ? [[child.attributes['data-row'], child]] : [],
    ),
  );

function groupsOf(svg: string): XmlElement[] {
  return [...elements(parseXml(svg))].filter(({ attributes }) => attributes['class'] === 'strategy');
}

/** The number beside a row's name. */
function countIn(row: XmlElement | undefined): string | undefined {
  return row && [...elements(row)].find(({ attributes }) => attributes['class'] === 'c')?.text;
}

describe.each(comparison.runs.map((run, index) => [run.delivery, run, index] as const))(
  '%s',
  (name, run, index) => {
    const group = groupsOf(renderTimelineSvg(timelines))[index]!;
    const rows = rowsIn(group);

    it('has its name and what became of its NMIs', () => {
      const text = [...elements(group)].map((element) => element.text);
      expect(text).toContain(name);
      const summary = text.find((line) => line.includes('exits to deliver them'));
      expect(summary).toContain(`${grouped(run.delivered)} delivered`);
      expect(summary).toContain(`${grouped(run.nmiExits)} exits`);
    });

    // prettier-ignore
    it('has the numbers of the comparison', () => {
    expect(countIn(rows.get('request'))).toBe(grouped(run.requested));
    expect(countIn(rows.get('handler'))).toBe(grouped(run.delivered));
    for (const [row, count] of [['merged', run.merged], ['lost', run.lost], ['pending', run.pending],
      ['iret', run.exits.iret], ['db', run.exits.db], ['vintr', run.exits.vintr], ['nmi', run.exits.nmi],
      ['kick', run.exits.other['kick'] ?? 0]] as const)
      expect(countIn(rows.get(row)), row).toBe(count === 0 ? undefined : grouped(count));
    expect(rows.has('nested')).toBe(run.maxNesting > 1);
  });

    it('has as many events in its shapes as it says', () => {
      for (const row of rows.values()) {
        const said = countIn(row);
        if (said === undefined || row.attributes['data-row'] === 'handler') continue;
        const shapes = [...elements(row)].filter((e) => e.attributes['data-count'] !== undefined);
        const drawn = shapes.reduce((sum, e) => sum + Number(e.attributes['data-count']), 0);
        expect(grouped(drawn), row.attributes['data-row']).toBe(said);
      }
    });
  },
);

it('needs nothing from outside, and runs nothing', () => {
  const svg = renderTimelineSvg(timelines);
  expect(svg).not.toMatch(/<script|<image|<use|href|url\(|@import|<foreignObject/);
  expect(svg.replaceAll('http://www.w3.org/2000/svg', '')).not.toContain('://');
});

it('is the same for the same run', async () => {
  const again = await timelinesOf('nmi-storm', 120);
  expect(renderTimelineSvg(again.timelines)).toBe(renderTimelineSvg(timelines));
});

it('has a title and a description for those who do not see it', () => {
  const { attributes, children } = parseXml(renderTimelineSvg(timelines, { title: 'a storm' }));
  expect(attributes['role']).toBe('img');
  expect(children.map(({ name, text }) => [name, text]).slice(0, 2)).toEqual([
    ['title', 'a storm'],
    ['desc', expect.stringContaining('kvm-vnmi: ')],
  ]);
});

it('escapes what a guest prints, and what nobody can print', () => {
  const [timeline] = timelines as [Timeline];
  const output = {
    resolution: 1,
    marks: [{ from: 10, to: 12, count: 1, text: '<b>&"\u0000\u001b[31m\ud800' }],
  };
  const told: Timeline = { ...timeline, guest: 'a<b>&"c', tracks: { ...timeline.tracks, output } };
  const svg = renderTimelineSvg([told]);
  expect(parseXml(svg).children[0]!.text).toBe('a<b>&"c');
  expect([...elements(parseXml(svg))].some(({ text }) => text.includes('<b>&"\ufffd\ufffd[31m\ufffd'))).toBe(
    true,
  );
});

it('shows a part, and says so', () => {
  const svg = renderTimelineSvg(timelines, { from: 2000, to: 2600 });
  expect(svg).toContain('guest instructions 2,000 to 2,600 of');
  expect(svg.length).toBeLessThan(renderTimelineSvg(timelines).length);
  const shapes = [...elements(parseXml(svg))].filter((e) => e.attributes['data-count'] !== undefined);
  const titles = shapes.map(({ children }) => children[0]!.text);
  const requested = titles.flatMap(
    (title) => /requested at ([\d,]*\d)/.exec(title)?.[1]?.replace(',', '') ?? [],
  );
  expect(requested.length).toBeGreaterThan(5);
  for (const at of requested) expect(Number(at)).toSatisfy((n: number) => n >= 2000 && n <= 2600);
});

it('has its size bounded by what can be seen, not by what happened', async () => {
  const { timelines: long } = await timelinesOf('nmi-storm', 60, { maxInstructions: 120_000 });
  expect(long[0]!.nmi.requested).toBeGreaterThan(1900);
  expect(renderTimelineSvg(long).length).toBeLessThan(500_000);
});

it('every row has a colour in both themes, and rows that look alike differ in colour', () => {
  for (const theme of ['light', 'dark'] as const) {
    const svg = renderTimelineSvg(timelines, { theme });
    const colours = ROW_SPECS.map(({ tone }) => new RegExp(`\\.${tone}\\{fill:(#\\w+)`).exec(svg)?.[1]);
    expect(colours).not.toContain(undefined);
    const looks = ROW_SPECS.map(({ symbol }, index) => `${symbol} ${colours[index]}`);
    expect(new Set(looks).size).toBe(looks.length);
  }
});

it('every colour can be told from what is behind it', () => {
  for (const palette of [LIGHT, DARK]) {
    const { paper, band, grid: _, ...colours } = palette;
    for (const [name, colour] of Object.entries(colours))
      for (const behind of [paper, band]) expect(contrast(colour, behind), name).toBeGreaterThanOrEqual(3);
  }
});

/** WCAG 2.1, contrast ratio. */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

// prettier-ignore
it.each([
  ['no timeline',      [],        {},                    /at least one/],
  ['no room',          timelines, { width: 10 },         /wide/],
  ['a range that ends before it begins', timelines, { from: 10, to: 10 }, /10 to 10/],
  ['a range of nonsense', timelines, { from: NaN },      /NaN/],
])('refuses %s', (_what, given, options, message) => {
  const draw = () => renderTimelineSvg(given, options);
  expect(draw).toThrow(UsageError);
  expect(draw).toThrow(message);
});

it('finds the part of a long run in which something happens', async () => {
  const { timelines: storm } = await timelinesOf('nmi-storm', 100, {
    schedule: { kind: 'at', counts: [2000, 2500] },
  });
  const { from, to } = eventfulRange(storm);
  expect(from).toBeGreaterThan(1900);
  expect(to).toBeLessThan(2700);
  expect(eventfulRange(timelines)).toMatchObject({ from: 0 });
});
