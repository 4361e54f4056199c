/** The way of an NMI, drawn: stations from left to right, gates between them, and the way back by IRET. */
import type { Edge, Gate, NmiPicture, Station, StationId } from './nmi-picture.js';

const WIDTH = 400;
const HEIGHT = 132;
const BOX = { width: 66, height: 44, top: 30 } as const;
const MIDDLE = BOX.top + BOX.height / 2;
const GATE = { pitch: 34, width: 7, height: 36 } as const;
/** Where the way back runs. */
const RETURN_Y = 112;
/** Where EVENTINJ passes over V_NMI. */
const BYPASS_Y = 12;

const INTO: Readonly<Record<Exclude<StationId, 'request'>, Edge>> = {
  hypervisor: 'to-hypervisor',
  slot: 'to-slot',
  handler: 'to-handler',
};

interface Layout {
  readonly left: ReadonlyMap<StationId, number>;
  /** Centres of the gates. */
  readonly gates: readonly number[];
}

/** Stations share the width that the gates leave. */
function layOut({ stations, gates, gatesBefore }: NmiPicture): Layout {
  const gap = (WIDTH - 2 - stations.length * BOX.width - gates.length * GATE.pitch) / (stations.length - 1);
  const left = new Map<StationId, number>();
  const centres: number[] = [];
  let x = 1;
  for (const { id } of stations) {
    if (id === gatesBefore) {
      const start = x - gap;
      gates.forEach((_, index) => centres.push(start + gap * 0.5 + GATE.pitch * (index + 0.5)));
      x += gates.length * GATE.pitch;
    }
    left.set(id, x);
    x += BOX.width + gap;
  }
  return { left, gates: centres };
}

export function NmiDiagram({ picture }: { readonly picture: NmiPicture }) {
  const layout = layOut(picture);
  return (
    <svg class="nmi-diagram" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={describe(picture)}>
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 6 6"
          refX="5.5"
          refY="3"
          markerWidth="5"
          markerHeight="5"
          orient="auto"
        >
          <path d="M0 0L6 3L0 6z" fill="context-stroke" />
        </marker>
      </defs>
      <Ways picture={picture} layout={layout} />
      {picture.stations.map((station) => (
        <Box key={station.id} station={station} x={layout.left.get(station.id) ?? 0} />
      ))}
      {picture.gates.map((gate, index) => (
        <GateBar key={gate.name} gate={gate} x={layout.gates[index] ?? 0} />
      ))}
    </svg>
  );
}

function Ways({
  picture: { stations, moved, isBypassUsed, returnLabel, gates },
  layout,
}: {
  picture: NmiPicture;
  layout: Layout;
}) {
  const leftOf = (id: StationId): number => layout.left.get(id) ?? 0;
  const centre = (id: StationId): number => leftOf(id) + BOX.width / 2;
  const end = gates.length === 0 ? centre('hypervisor') : (layout.gates.at(-1) ?? 0);
  const bottom = BOX.top + BOX.height;
  const returnEnd = gates.length === 0 ? bottom : MIDDLE + GATE.height / 2;
  return (
    <g class="ways">
      {stations.slice(1).map(({ id }, index) => {
        const from = leftOf(stations[index]?.id ?? 'request') + BOX.width;
        const edge = INTO[id as keyof typeof INTO];
        return (
          <path
            key={id}
            class={wayClass(edge, moved)}
            d={`M${from} ${MIDDLE}H${leftOf(id) - 1}`}
            marker-end="url(#arrow)"
          />
        );
      })}
      {(isBypassUsed || moved.has('bypass')) && (
        <>
          <path
            class={`${wayClass('bypass', moved)} used`}
            d={`M${centre('hypervisor')} ${BOX.top}V${BYPASS_Y}H${centre('handler')}V${BOX.top - 1}`}
            marker-end="url(#arrow)"
          />
          <text x={centre('slot')} y={BYPASS_Y - 3} class="way-label">
            EVENTINJ
          </text>
        </>
      )}
      <path
        class={wayClass('return', moved)}
        d={`M${centre('handler')} ${bottom}V${RETURN_Y}H${end}V${returnEnd + 1}`}
        marker-end="url(#arrow)"
      />
      <text x={(centre('handler') + end) / 2} y={RETURN_Y + 14} class="way-label">
        {returnLabel}
      </text>
    </g>
  );
}

function wayClass(edge: Edge, moved: ReadonlySet<Edge>): string {
  return moved.has(edge) ? 'way moved' : 'way';
}

function Box({
  station: { id, title, detail, isActive },
  x,
}: {
  readonly station: Station;
  readonly x: number;
}) {
  return (
    <g class={`station ${id}${isActive ? ' active' : ''}`}>
      <rect x={x} y={BOX.top} width={BOX.width} height={BOX.height} rx="6" />
      <text x={x + BOX.width / 2} y={BOX.top + 18} class="station-title">
        {title}
      </text>
      <text x={x + BOX.width / 2} y={BOX.top + 33} class="station-detail">
        {detail}
      </text>
    </g>
  );
}

/** Closed, a bar across the way; open, its two ends. */
function GateBar({ gate: { name, isOpen, meaning }, x }: { readonly gate: Gate; readonly x: number }) {
  const top = MIDDLE - GATE.height / 2;
  const left = x - GATE.width / 2;
  const part = isOpen ? GATE.height / 3 : GATE.height;
  return (
    <g class={isOpen ? 'gate' : 'gate closed'}>
      <title>{meaning}</title>
      <rect x={left} y={top} width={GATE.width} height={part} rx="2" />
      {isOpen && <rect x={left} y={top + GATE.height - part} width={GATE.width} height={part} rx="2" />}
      <text x={x} y={top - 5} class="gate-label">
        {name}
      </text>
    </g>
  );
}

function describe({ stations, gates, summary }: NmiPicture): string {
  const places = stations.map(({ title, detail }) => `${title}: ${detail}`);
  const closed = gates.filter(({ isOpen }) => !isOpen).map(({ name }) => name);
  return `The way of an NMI. ${places.join('; ')}. ${closed.length === 0 ? 'No gate is closed' : `Closed: ${closed.join(', ')}`}. ${summary}`;
}
