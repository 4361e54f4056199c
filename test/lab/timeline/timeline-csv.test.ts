/** The table of marks: each once, and quoted so that a spreadsheet reads it. */
import { expect, it } from 'vitest';
import { timelineCsv } from '../../../src/lab/index.js';
import { timelinesOf } from '../../helpers/timelines.js';

it('has each event of each run once', async () => {
  const { comparison, timelines } = await timelinesOf('nmi-storm', 60, { maxInstructions: 6000 });
  const [header, ...lines] = timelineCsv(timelines).trimEnd().split('\n');
  expect(header).toBe('delivery,event,from,to,count,description');
  for (const line of lines) expect(line).toMatch(/^[\w-]+,\w+,\d+,\d+,\d+,"[^"]*"$/);
  for (const { delivery, requested, delivered, exits, merged } of comparison.runs) {
    const count = (event: string): number =>
      lines.filter((line) => line.startsWith(`${delivery},${event},`)).length;
    expect(count('request')).toBe(requested);
    expect(count('handler') + count('nested')).toBe(delivered);
    expect(count('iret')).toBe(exits.iret);
    expect(
      lines.filter((line) => line.startsWith(`${delivery},request,`) && line.includes('merged')).length,
    ).toBe(merged);
  }
});
