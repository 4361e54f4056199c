/** What was recorded in Node with compiled code is replayed in browsers without, in every bit. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createVm } from '../../src/create-vm.js';
import { findShippedGuest, loadShippedGuest, readShippedGuest } from '../../src/guests.js';
import { startSchedule } from '../../src/hypervisor/schedule-spec.js';
import { Recorder } from '../../src/lab/replay/recorder.js';
import { writeRecording } from '../../src/lab/replay/recording-file.js';
import { BROWSERS } from './browsers.js';
import { serve } from './site.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MEMORY_BYTES = 0x20_0000;
const POLICY = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";

const page = (recording: string): string => `<!doctype html>
<script type="importmap">{ "imports": { "vmexit": "/dist/index.js", "vmexit/lab": "/dist/lab.js" } }</script>
<pre id="result">running</pre>
<script type="module">
  const result = document.querySelector('#result');
  try {
    const { readRecording, replay } = await import('vmexit/lab');
    const file = Uint8Array.from(atob('${recording}'), (letter) => letter.charCodeAt(0));
    const { checks, divergence } = await replay(await readRecording(file), { jit: false });
    result.textContent = JSON.stringify({ checks, divergence });
  } catch (error) {
    result.textContent = 'failed: ' + error.stack;
  }
</script>`;

async function record(): Promise<{ readonly file: Uint8Array; readonly checks: number }> {
  const shipped = await findShippedGuest('nmi-storm');
  const guest = loadShippedGuest(shipped, await readShippedGuest(shipped), MEMORY_BYTES);
  const nmiSchedule = startSchedule({ kind: 'random', mean: 200, seed: 4, from: shipped.nmiFrom ?? 0 });
  const vm = await createVm({ guest, nmi: 'kvm-event-injection', nmiSchedule, memoryBytes: MEMORY_BYTES });
  const recorder = new Recorder(vm);
  recorder.run({ maxInstructions: 40_000 });
  recorder.requestNmi();
  recorder.run({ maxInstructions: 20_000 });
  const recording = recorder.recording();
  return { file: await writeRecording(recording), checks: recording.checks.length + 1 };
}

describe.each(BROWSERS)('in $name (skipped without it and "npm run build")', ({ isInstalled, launch }) => {
  it.skipIf(!isInstalled || !existsSync(join(ROOT, 'dist/lab.js')))(
    'a recording of nmi-storm is the same',
    async () => {
      const { file, checks } = await record();
      const site = await serve(ROOT, POLICY, { '/replay.html': page(Buffer.from(file).toString('base64')) });
      const browser = await launch();
      try {
        const tab = await browser.newPage();
        await tab.goto(`${site.origin}/replay.html`);
        const text = await tab.locator('#result:not(:text("running"))').textContent({ timeout: 50_000 });
        expect(JSON.parse(text ?? '')).toEqual({ checks, divergence: null });
      } finally {
        await browser.close();
        site.close();
      }
    },
    120_000,
  );
});
