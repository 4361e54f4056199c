/** What a mark is, in a line for people: shown where somebody points at it, and read out. */
import { grouped } from './axis.js';
import type {
  ExitMark,
  HandlerMark,
  HoldMark,
  LabelMark,
  Mark,
  OutputMark,
  RequestMark,
} from './timeline.js';

export function requestCaption(mark: RequestMark): string {
  const { from, to, fate, request, reason } = mark;
  if (request === null) return `${grouped(mark.count)} NMIs requested from ${between(mark)}, ${fate}`;
  const start = `NMI #${request} requested at ${grouped(from)}`;
  if (fate === 'pending') return `${start}, still pending`;
  const waited = to === from ? 'at once' : `${grouped(to - from)} instructions later`;
  return `${start}, ${fate} ${waited}${reason === null ? '' : `: ${reason}`}`;
}

export function handlerCaption(mark: HandlerMark): string {
  const { count, request, depth, how, instructions } = mark;
  const nested = depth > 1 ? `, inside ${depth - 1} other${depth > 2 ? 's' : ''}` : '';
  if (count > 1) return `${grouped(count)} handlers from ${between(mark)}${nested}`;
  const whose = request === null ? 'NMI handler' : `handler of NMI #${request}`;
  const delivered = how === null ? '' : ` (${how})`;
  return `${whose}${delivered} from ${between(mark)}, ${grouped(instructions)} instructions${nested}`;
}

export function holdCaption(mark: HoldMark): string {
  const what = mark.by === 'mask' ? 'NMIs masked' : 'interrupt shadow';
  const times = mark.count > 1 ? `, ${grouped(mark.count)} times` : '';
  return `${what} from ${between(mark)}${times}, ${grouped(mark.instructions)} instructions`;
}

export function exitCaption(mark: ExitMark): string {
  const { exit, cause, rip, detail, count, from } = mark;
  const why = { 'nmi-delivery': 'NMI delivery', kick: 'a request comes in', workload: "the guest's own" }[
    cause
  ];
  if (count > 1) return `${grouped(count)} exits ${exit} from ${between(mark)}, ${why}`;
  const where = rip === null ? '' : `, RIP ${rip}`;
  return `exit ${exit} at ${grouped(from)}${where}, ${why}${detail === '' ? '' : `, ${detail}`}`;
}

export function outputCaption(mark: OutputMark): string {
  const more = mark.count > 1 ? ` and ${grouped(mark.count - 1)} more lines` : '';
  return `printed from ${between(mark)}: ${mark.text}${more}`;
}

export function labelCaption(mark: LabelMark): string {
  if (mark.value === null) return `${grouped(mark.count)} marks from ${between(mark)}`;
  return `mark ${mark.value} at ${grouped(mark.from)}`;
}

function between({ from, to }: Mark): string {
  return `${grouped(from)} to ${grouped(to)}`;
}
