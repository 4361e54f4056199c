/** The strip under source and machine: what happened when, and how often, in this run and under every strategy. */
import { goTo, view } from './machine/machine.js';
import { theme } from './theme.js';
import { CompareActions, ComparisonTable } from './timeline/compare-panel.js';
import { comparison } from './timeline/comparison.js';
import {
  type DockTab,
  dockTab,
  isCollapsed,
  showRange,
  shownRange,
  shownTimelines,
} from './timeline/dock-state.js';
import { ExitBars } from './timeline/exit-bars.js';
import { exportFile, type ExportFormat } from './timeline/export-files.js';
import { Timeline } from './timeline/timeline.js';
import { complain } from './notices.js';

const TABS: Readonly<Record<DockTab, string>> = {
  run: 'This run',
  all: 'All strategies',
  exits: 'Exits by kind',
};

const FORMATS: readonly ExportFormat[] = ['png', 'svg', 'csv', 'json'];

export function TimelineDock() {
  return (
    <section
      class={isCollapsed.value ? 'timeline-dock collapsed' : 'timeline-dock'}
      data-tab={isCollapsed.value ? undefined : dockTab.value}
      aria-label="Timeline"
    >
      <div class="panel-head">
        <h2>Timeline</h2>
        <div class="tabs" role="group" aria-label="What the timeline shows">
          {(Object.keys(TABS) as DockTab[]).map((id) => (
            <button
              key={id}
              type="button"
              class="tab"
              aria-pressed={id === dockTab.value}
              data-timeline={id}
              onClick={() => {
                dockTab.value = id;
                isCollapsed.value = false;
              }}
            >
              {TABS[id]}
            </button>
          ))}
        </div>
        <DockTools />
      </div>
      {!isCollapsed.value && (
        <div class="dock-body">
          <DockBody />
        </div>
      )}
    </section>
  );
}

function DockBody() {
  switch (dockTab.value) {
    case 'run':
      return <RunTimeline />;
    case 'all':
      return (
        <>
          <CompareActions />
          {comparison.value !== null && (
            <>
              <ComparisonTable shown={comparison.value} />
              <Timeline
                timelines={shownTimelines.value}
                range={shownRange.value}
                onRange={showRange}
                label="Timelines of all strategies"
              />
            </>
          )}
        </>
      );
    case 'exits':
      return (
        <>
          <CompareActions />
          <ExitBars timelines={shownTimelines.value} />
        </>
      );
  }
}

function RunTimeline() {
  if (shownTimelines.value.length === 0) return <p class="note">Nothing has run yet.</p>;
  return (
    <Timeline
      timelines={shownTimelines.value}
      range={shownRange.value}
      onRange={showRange}
      cursor={view.value?.time}
      onSeek={(instruction) => void goTo(instruction)}
      label="Timeline of this run: click a moment to go there"
    />
  );
}

function DockTools() {
  const isEmpty = shownTimelines.value.length === 0;
  const save = (format: ExportFormat): void => {
    const exported = {
      timelines: shownTimelines.value,
      range: shownRange.value,
      comparison: dockTab.value === 'run' ? null : (comparison.value?.comparison ?? null),
      theme: theme.value,
    };
    exportFile(format, exported).catch((error: unknown) => complain(`Saving failed: ${String(error)}`));
  };
  return (
    <div class="dock-tools" role="group" aria-label="Save the timeline as">
      {FORMATS.map((format) => (
        <button
          key={format}
          type="button"
          class="button"
          disabled={isEmpty}
          data-export={format}
          onClick={() => save(format)}
        >
          {format.toUpperCase()}
        </button>
      ))}
      <button
        type="button"
        class="button"
        aria-expanded={!isCollapsed.value}
        aria-label={isCollapsed.value ? 'Show the timeline' : 'Hide the timeline'}
        onClick={() => {
          isCollapsed.value = !isCollapsed.value;
        }}
      >
        {isCollapsed.value ? '▴' : '▾'}
      </button>
    </div>
  );
}
