/** Exits so far by kind and cause, and what became of the NMIs. */
import type { ExitCause } from 'vmexit';
import { view } from '../machine/machine.js';
import { grouped } from './number-format.js';

const CAUSES: Readonly<Record<ExitCause, string>> = {
  'nmi-delivery': 'NMI delivery',
  kick: 'kick',
  workload: 'guest',
};

export function Exits() {
  const now = view.value;
  if (now === null) return null;
  const { tally, exits } = now;
  const most = Math.max(1, ...exits.map(({ count }) => count));
  const perNmi = exits.reduce((sum, { cause, count }) => sum + (cause === 'nmi-delivery' ? count : 0), 0);
  return (
    <div class="exits">
      <dl class="tally">
        <Number label="requested" value={tally.requested} />
        <Number label="delivered" value={tally.delivered} />
        <Number label="merged" value={tally.merged} />
        <Number label="pending" value={tally.pending} />
        <Number label="lost" value={tally.lost} />
        <Number label="nested" value={tally.maxNesting} />
        <div>
          <dt>exits/NMI</dt>
          <dd>{tally.delivered === 0 ? '–' : (perNmi / tally.delivered).toFixed(2)}</dd>
        </div>
        <div>
          <dt>latency p50</dt>
          <dd>{tally.medianLatency ?? '–'}</dd>
        </div>
      </dl>
      <table class="exit-table" aria-label="Exits so far">
        <thead>
          <tr>
            <th scope="col">#VMEXIT</th>
            <th scope="col">why</th>
            <th scope="col" class="number">
              count
            </th>
            <th aria-hidden="true" />
          </tr>
        </thead>
        <tbody>
          {exits.map(({ name, cause, count }) => (
            <tr key={`${cause} ${name}`}>
              <th scope="row" class="mono">
                {name}
              </th>
              <td class="dim">{CAUSES[cause]}</td>
              <td class="number mono">{grouped(count)}</td>
              <td class="bar-cell" aria-hidden="true">
                <span class={`bar ${cause}`} style={{ width: `${(100 * count) / most}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {exits.length === 0 && <p class="note">No exits yet.</p>}
    </div>
  );
}

function Number({ label, value }: { readonly label: string; readonly value: number }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{grouped(value)}</dd>
    </div>
  );
}
