/**
 * The script of the HTML report: draws one strip of cells for each delivery, as many boundaries to a cell as must be, and says
 * what is under the pointer. A cell shows the worst of its boundaries.
 */
export const HEAT_MAP_SCRIPT = `
const map = document.getElementById('map');
const readout = document.getElementById('readout');
const legend = document.getElementById('legend');
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const strips = [];
let measure = 'broken';

for (const row of DATA.rows) {
  const line = document.createElement('div');
  line.className = 'row';
  const name = document.createElement('span');
  name.textContent = row.delivery;
  const canvas = document.createElement('canvas');
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', row.delivery + ': ' + row.times.length + ' boundaries, '
    + row.broken.filter(Boolean).length + ' with violations');
  line.append(name, canvas);
  map.append(line);
  const strip = { row, canvas, at: 0 };
  strips.push(strip);
  canvas.addEventListener('pointermove', (event) => {
    const box = canvas.getBoundingClientRect();
    strip.at = cellsOf(strip) * (event.clientX - box.left) / box.width | 0;
    tell(strip);
  });
  canvas.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    strip.at = Math.max(0, Math.min(cellsOf(strip) - 1, strip.at + step));
    tell(strip);
  });
}

function cellsOf({ row, canvas }) {
  return Math.max(1, Math.min(row.times.length, canvas.clientWidth));
}

function rangeOf(strip, cell) {
  const { length } = strip.row.times;
  const cells = cellsOf(strip);
  const first = Math.floor(cell * length / cells);
  return [first, Math.max(first + 1, Math.floor((cell + 1) * length / cells))];
}

function worst(values, first, end) {
  let most = -1;
  for (let i = first; i < end; i++) if (values[i] > most) most = values[i];
  return most;
}

function highest(name) {
  let most = 0;
  for (const { row } of strips) most = Math.max(most, worst(row[name], 0, row[name].length));
  return most;
}

function mix(from, to, share) {
  return 'color-mix(in oklab, ' + to + ' ' + Math.round(share * 100) + '%, ' + from + ')';
}

function colorOf(value, most) {
  if (measure === 'broken') return value > 0 ? color('bad') : color('none');
  if (value <= 0) return color('none');
  return mix(color('low'), color('high'), most <= 1 ? 0.5 : (value - 1) / (most - 1));
}

function draw() {
  const most = measure === 'broken' ? 1 : highest(measure);
  for (const strip of strips) {
    const { canvas, row } = strip;
    const scale = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * scale;
    canvas.height = canvas.clientHeight * scale;
    const context = canvas.getContext('2d');
    const cells = cellsOf(strip);
    if (row.times.length === 0) continue;
    for (let cell = 0; cell < cells; cell++) {
      context.fillStyle = colorOf(worst(row[measure], ...rangeOf(strip, cell)), most);
      const left = Math.floor(cell * canvas.width / cells);
      context.fillRect(left, 0, Math.ceil((cell + 1) * canvas.width / cells) - left, canvas.height);
    }
  }
  legend.textContent = '';
  const entry = (shade, text) => {
    const box = document.createElement('i');
    box.style.background = shade;
    legend.append(box, text);
  };
  if (measure === 'broken') {
    entry(color('none'), 'as it should be');
    entry(color('bad'), 'a violation');
  } else {
    entry(color('none'), '0');
    for (const value of [...new Set([1, Math.ceil(most / 2), most])].filter((value) => value > 0))
      entry(colorOf(value, most), value + (measure === 'latency' ? ' instructions' : ' #VMEXITs'));
  }
}

function tell(strip) {
  const { row } = strip;
  if (row.times.length === 0) return;
  const [first, end] = rangeOf(strip, strip.at);
  const when = end - first === 1 ? 'instruction ' + row.times[first]
    : 'instructions ' + row.times[first] + ' to ' + row.times[end - 1] + ' (' + (end - first) + ' boundaries)';
  let bits = 0;
  for (let i = first; i < end; i++) bits |= row.broken[i];
  const names = DATA.invariants.filter((_, i) => bits & (1 << i));
  readout.textContent = row.delivery + ', ' + when + ': latency ' + worst(row.latency, first, end)
    + ', exits ' + worst(row.exits, first, end) + ', ' + (names.length ? 'violates ' + names.join(', ') : 'no violations');
}

for (const input of document.querySelectorAll('input[name=measure]'))
  input.addEventListener('change', () => { measure = input.value; draw(); });
new ResizeObserver(draw).observe(map);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
draw();
`;
