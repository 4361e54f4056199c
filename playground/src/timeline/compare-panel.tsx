/** All strategies side by side: the same guest, the same NMIs. A table, as `vmexit compare` prints it. */
import { comparisonTable } from 'vmexit/lab';
import { settings, source, name } from '../program/program.js';
import {
  cancelComparison,
  compareFailure,
  compareProgress,
  comparison,
  MOST_INSTRUCTIONS,
  type ShownComparison,
  startComparison,
} from './comparison.js';

/** Runs the program as it stands. */
export function compareNow(): void {
  const { schedule, cpu } = settings.peek();
  startComparison({
    name: name.peek() === '' ? 'guest' : name.peek(),
    source: source.peek(),
    settings: { schedule, cpu },
    maxInstructions: MOST_INSTRUCTIONS,
  });
}

/** The button, how it gets on, and what went wrong. */
export function CompareActions() {
  const progress = compareProgress.value;
  const shown = comparison.value;
  return (
    <div class="compare-actions">
      {progress === null ? (
        <button type="button" class="button primary" data-command="compare" onClick={compareNow}>
          {shown === null ? 'Run under all strategies' : 'Run again'}
        </button>
      ) : (
        <>
          <button
            type="button"
            class="button outlined"
            data-command="cancel-compare"
            onClick={cancelComparison}
          >
            Cancel
          </button>
          <progress max={progress.total} value={progress.completed} aria-label="Comparison" />
          <span class="dim">
            {progress.delivery}, {progress.time.toLocaleString('en')} instructions
          </span>
        </>
      )}
      {compareFailure.value !== null && (
        <span role="alert">The comparison failed: {compareFailure.value}</span>
      )}
      {progress === null && shown !== null && isOutOfDate(shown) && (
        <span class="dim">The program or its settings have changed since.</span>
      )}
    </div>
  );
}

function isOutOfDate({ job }: ShownComparison): boolean {
  const { schedule, cpu } = settings.value;
  return job.source !== source.value || job.settings.schedule !== schedule || job.settings.cpu !== cpu;
}

export function ComparisonTable({ shown }: { readonly shown: ShownComparison }) {
  const { header, rows } = comparisonTable(shown.comparison);
  return (
    <div class="comparison-table" tabIndex={0} role="region" aria-label="Comparison of the strategies">
      <table>
        <thead>
          <tr>
            {header.map((text) => (
              <th key={text} scope="col">
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([strategy, ...cells]) => (
            <tr key={strategy}>
              <th scope="row">{strategy}</th>
              {cells.map((cell, index) => (
                <td key={index}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
