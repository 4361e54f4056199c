/**
 * Colours of a drawing, for light and for dark surroundings.
 *
 * The hues are Okabe and Ito's, which people with any kind of colour vision can tell apart ("Color Universal Design", 2008);
 * darker ones on white and lighter ones on black, so that each has a contrast of at least 3 to 1 against what is behind it.
 */
import type { Tone } from './rows.js';

type Palette = Readonly<Record<Tone | 'paper' | 'ink' | 'faint' | 'grid' | 'band', string>>;

export const LIGHT: Palette = {
  paper: '#ffffff',
  ink: '#1b1f24',
  faint: '#57606a',
  grid: '#d8dee4',
  band: '#f4f6f8',
  request: '#0072b2',
  merged: '#9a4f7f',
  lost: '#c23b00',
  pending: '#57606a',
  handler: '#00835f',
  nested: '#c23b00',
  mask: '#7d8590',
  shadow: '#1b1f24',
  iret: '#b87300',
  db: '#2b87c4',
  vintr: '#b0578a',
  intr: '#00835f',
  nmi: '#1b1f24',
  other: '#6e7781',
  kick: '#6e5aa8',
  own: '#7d8590',
  output: '#1b1f24',
  label: '#0072b2',
};

export const DARK: Palette = {
  paper: '#0d1117',
  ink: '#e6edf3',
  faint: '#9ba4ae',
  grid: '#30363d',
  band: '#161b22',
  request: '#56b4e9',
  merged: '#cc79a7',
  lost: '#ff7a3d',
  pending: '#9ba4ae',
  handler: '#1fbf92',
  nested: '#ff7a3d',
  mask: '#7d8590',
  shadow: '#e6edf3',
  iret: '#e69f00',
  db: '#56b4e9',
  vintr: '#dd8fba',
  intr: '#1fbf92',
  nmi: '#f0f6fc',
  other: '#9ba4ae',
  kick: '#a897e0',
  own: '#7d8590',
  output: '#e6edf3',
  label: '#56b4e9',
};

export type Theme = 'auto' | 'light' | 'dark';

const FONT =
  "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif;font-size:12px";

/** The style sheet of a drawing in a file. `auto` follows the surroundings. */
export function styleSheet(theme: Theme): string {
  const colours = theme === 'dark' ? rules(DARK) : rules(LIGHT);
  const other = theme === 'auto' ? `@media(prefers-color-scheme:dark){${rules(DARK)}}` : '';
  return `text{${FONT}}.t{font-size:16px;font-weight:600}.g{font-weight:600}.k{font-size:10px}.n{text-anchor:end}.m{text-anchor:middle}${colours}${other}`;
}

/** Plain rules: not every program that shows SVG knows variables. */
function rules(palette: Palette): string {
  const { paper, ink, faint, grid, band, ...tones } = palette;
  const rows = Object.entries(tones).map(([tone, colour]) => `.${tone}{fill:${colour};stroke:${colour}}`);
  return [
    `.paper{fill:${paper}}.band{fill:${band}}.grid{stroke:${grid}}`,
    `text{fill:${ink};stroke:none}.f{fill:${faint}}`,
    ...rows,
    `.hollow{fill:${paper}}`,
  ].join('');
}
