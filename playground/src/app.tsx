/** The page: where each part of it is. */
import { isBusy, view } from './machine/machine.js';
import { NmiPanel } from './nmi/nmi-panel.js';
import { inspectorTab, part, PARTS } from './layout-state.js';
import { HelpDialog } from './help/help-dialog.js';
import { NoticeBar } from './notice-bar.js';
import { Disassembly } from './panels/disassembly.js';
import { EventLog } from './panels/event-log.js';
import { Exits } from './panels/exits.js';
import { Memory } from './panels/memory.js';
import { grouped } from './panels/number-format.js';
import { Registers } from './panels/registers.js';
import { Serial } from './panels/serial.js';
import { Stack } from './panels/stack.js';
import { VmcbPanel } from './panels/vmcb.js';
import { SourcePanel } from './source-panel.js';
import { StatusBar } from './status-bar.js';
import { type TabSpec, Tabs } from './tabs.js';
import { TimelineDock } from './timeline-dock.js';
import { Toolbar } from './toolbar/toolbar.js';

export function App() {
  return (
    <div class="app" data-part={part.value} aria-busy={isBusy.value}>
      <Toolbar />
      <SourcePanel />
      <section class="machine column" aria-label="Processor">
        <Registers />
        <Disassembly />
      </section>
      <section class="inspect column" aria-label="Inspectors">
        <NmiPanel />
        <Tabs label="Inspect" tabs={inspectorTabs()} selected={inspectorTab} class="grows" />
      </section>
      <TimelineDock />
      <StatusBar />
      <PartTabs />
      <HelpDialog />
      <NoticeBar />
    </div>
  );
}

function PartTabs() {
  return (
    <nav class="part-tabs" aria-label="Parts of the page">
      {(Object.keys(PARTS) as (keyof typeof PARTS)[]).map((id) => (
        <button
          key={id}
          type="button"
          aria-current={part.value === id}
          onClick={() => {
            part.value = id;
          }}
        >
          {PARTS[id]}
        </button>
      ))}
    </nav>
  );
}

function inspectorTabs(): readonly TabSpec[] {
  const exits = view.value?.exits.reduce((sum, { count }) => sum + count, 0) ?? 0;
  return [
    { id: 'output', label: 'Output', content: () => <Serial /> },
    {
      id: 'exits',
      label: 'Exits',
      count: exits === 0 ? undefined : grouped(exits),
      content: () => <Exits />,
    },
    { id: 'events', label: 'Events', content: () => <EventLog /> },
    { id: 'vmcb', label: 'VMCB', content: () => <VmcbPanel /> },
    { id: 'stack', label: 'Stack', content: () => <Stack /> },
    { id: 'memory', label: 'Memory', content: () => <Memory /> },
  ];
}
