/** Timelines and comparisons as files that the reader saves. */
import {
  comparisonCsv,
  type Range,
  renderTimelineSvg,
  timelineCsv,
  type Theme,
  type Timeline,
} from 'vmexit/lab';
import type { Comparison } from 'vmexit';

export interface Exported {
  readonly timelines: readonly Timeline[];
  /** What is shown of them. */
  readonly range: Range;
  /** Where there is one. */
  readonly comparison: Comparison | null;
  readonly theme: Theme;
}

export type ExportFormat = 'png' | 'svg' | 'csv' | 'json';

/** A file for print and for slides: pixels for each unit of the drawing. */
const PNG_SCALE = 2;

/** Makes the file and has the browser save it. */
export async function exportFile(format: ExportFormat, exported: Exported): Promise<void> {
  const name = `${exported.timelines[0]?.guest ?? 'timeline'}.${format}`;
  save(name, await contentsOf(format, exported));
}

async function contentsOf(format: ExportFormat, exported: Exported): Promise<Blob> {
  const { timelines, comparison } = exported;
  switch (format) {
    case 'svg':
      return new Blob([drawingOf(exported)], { type: 'image/svg+xml' });
    case 'png':
      return pngOf(exported);
    case 'csv':
      return new Blob([comparison ? comparisonCsv(comparison) : timelineCsv(timelines)], {
        type: 'text/csv',
      });
    case 'json':
      return new Blob([`${JSON.stringify({ comparison, timelines }, null, 2)}\n`], {
        type: 'application/json',
      });
  }
}

function drawingOf({ timelines, range }: Exported, theme: Theme = 'auto'): string {
  return renderTimelineSvg(timelines, { from: Math.floor(range.from), to: Math.ceil(range.to), theme });
}

/** In the page's own theme: a picture has but one. */
async function pngOf(exported: Exported): Promise<Blob> {
  const svg = drawingOf(exported, exported.theme);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth * PNG_SCALE;
  canvas.height = image.naturalHeight * PNG_SCALE;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the browser cannot make a PNG'))),
      'image/png',
    );
  });
}

function save(name: string, contents: Blob): void {
  const url = URL.createObjectURL(contents);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Firefox fetches it after this task.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
