/** The report as Markdown, as JSON and as a chart, from fixed numbers. */
import { describe, expect, it } from 'vitest';
import { reportChart } from '../../../bench/peers/chart.js';
import { scaleFor } from '../../../bench/peers/chart-dots.js';
import { reportMarkdown } from '../../../bench/peers/markdown.js';
import { reportJson } from '../../../bench/peers/report.js';
import { REPORT } from './fixed-report.js';

describe('the text', () => {
  const text = reportMarkdown(REPORT);
  const section = (title: string) => text.split(/^## /m).find((part) => part.startsWith(title)) ?? '';

  it('names machine, versions, date and chart', () => {
    expect(text).toContain('2026-01-02; A & B <processor>, 2 cores; Node 20.0.0');
    expect(text).toContain('v86: v86 0.5; QEMU TCG: QEMU 7.2 (Debian); Bochs: Bochs 2.7');
    expect(text).toContain('(results.svg)');
  });

  it('has a line for each row, with a place for everybody who could take part', () => {
    const warm = section('Warm: times slower');
    expect(warm).toContain('| 32-bit | vmexit | vmexit, interpreter only | v86 | QEMU TCG | Bochs |');
    expect(warm).toContain('| Sieve | 8.00 | 40.0 | failed | 4.00 | 160 |');
    expect(warm).toContain('| **geometric mean** | **4.00** | **20.0** | **8.00** | **4.00** | **56.6** |');
    expect(warm).toContain('| 64-bit | vmexit | vmexit, interpreter only | QEMU TCG | Bochs |');
    expect(warm).toContain('| Software interrupts | – | – | – | – |');
  });

  it('compares with peers where there is no native time', () => {
    expect(section('Warm: times faster')).toContain('| Software interrupts | 2.00 | 3.00 | 1.00 |');
  });

  it('is cold in its own section', () => {
    expect(section('Cold')).toContain('| ALU loop | 4.00 | 20.0 | 16.0 | 8.00 | 40.0 |');
  });

  it('has the notes that people made below the goals', () => {
    const noted = reportMarkdown(REPORT, '## In the way\n\nThis and that.\n');
    expect(noted.indexOf('## Goals')).toBeLessThan(noted.indexOf('This and that.'));
    expect(noted.indexOf('This and that.')).toBeLessThan(noted.indexOf('## Warm'));
  });

  it('says what failed, and how', () => {
    expect(section('Failures')).toContain('- sieve-32, v86: not done after 20 s');
    expect(section('Work')).toContain('| other work | ended with status 1 |  |');
    const good = reportMarkdown({ ...REPORT, results: REPORT.results.slice(0, 1) });
    expect(good).toContain('all agree.');
    expect(good).not.toContain('## Failures');
  });
});

it('is complete as JSON', () => {
  const { results, peers } = JSON.parse(reportJson(REPORT)) as { results: unknown[]; peers: unknown[] };
  expect(peers).toHaveLength(6);
  expect(results[0]).toMatchObject({ kernel: 'alu', bits: 32, peers: { vmexit: { warm: { median: 2 } } } });
});

describe('the chart', () => {
  const svg = reportChart(REPORT);

  it('is well-formed, and escapes what it is told', () => {
    const open: string[] = [];
    for (const [, slash, name, rest] of svg.matchAll(/<(\/?)([a-z]+)([^>]*)>/g)) {
      if (slash) expect(open.pop()).toBe(name);
      else if (!rest!.endsWith('/')) open.push(name!);
    }
    expect(open).toEqual([]);
    expect(svg).toContain('A &amp; B &lt;processor&gt;');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('has a bar for each mean, and the word for who has none', () => {
    const lengths = [...svg.matchAll(/<rect x="([\d.]+)"[^>]*width="([\d.]+)"[^>]*class="(\w+)"/g)];
    const bar = (name: string) => Number(lengths.find(([, , , style]) => style === name)?.[2]);
    expect(bar('v86') / bar('vmexit')).toBeCloseTo(2, 1); // 8 and 4
    expect(svg).toContain('>cannot</text>');
  });

  it('has a dot for everybody but vmexit on each row that was measured', () => {
    const legend = 5;
    expect(svg.match(/<circle/g)).toHaveLength(legend + 5 + 4 + 3);
  });
});

describe('the scale of the dots', () => {
  it('goes from the tick below the least to the one above the greatest, and contains 1', () => {
    const scale = scaleFor([0.2, 40]);
    expect(scale.ticks).toEqual([0.1, 0.3, 1, 3, 10, 30, 100]);
    expect([0.1, Math.sqrt(10), 100].map((value) => scale.at(value))).toEqual([
      0,
      expect.closeTo(0.5, 12),
      1,
    ]);
    expect(scaleFor([2]).ticks).toEqual([1, 3]);
  });

  it('has whole decades where there are many', () => {
    expect(scaleFor([0.02, 500]).ticks).toEqual([0.01, 0.1, 1, 10, 100, 1000]);
  });
});
