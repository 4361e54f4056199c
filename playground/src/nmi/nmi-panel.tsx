/** NMI delivery, live: the picture, and a sentence about it. */
import { loadedSettings, view } from '../machine/machine.js';
import { Panel } from '../panels/panel.js';
import { NmiDiagram } from './nmi-diagram.js';
import { nmiPicture } from './nmi-picture.js';

/** What the last instruction brought about is drawn as happening now. */
const LAST_INSTRUCTION = 1;

export function NmiPanel() {
  const now = view.value;
  const { delivery } = loadedSettings.value;
  if (now === null) return <Panel title="NMI delivery" class="nmi" />;
  const present = now.news.filter(({ time }) => time >= now.time - LAST_INSTRUCTION);
  const picture = nmiPicture(now.nmi, delivery, present);
  return (
    <Panel title="NMI delivery" class="nmi" aside={<span class="dim">{delivery}</span>}>
      <NmiDiagram picture={picture} />
      <p class="nmi-summary" aria-live="polite">
        {picture.summary}
      </p>
    </Panel>
  );
}
