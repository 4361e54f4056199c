/** What a guest prints is kept for a reader to come, but not without end. */
import { expect, it } from 'vitest';
import { OutputStream } from '../../src/worker/output-stream.js';

const CHUNK = 0x1_0000;
const KEPT_CHUNKS = 16;

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
}

function pushMuch(output: OutputStream): void {
  for (let i = 0; i < 2 * KEPT_CHUNKS; i++) output.push(new Uint8Array(CHUNK));
}

it('keeps 1 MiB while nobody reads', async () => {
  const output = new OutputStream();
  pushMuch(output);
  output.close();
  expect(await bytesOf(output.stream)).toBe(KEPT_CHUNKS * CHUNK);
});

it('gives a reader everything', async () => {
  const output = new OutputStream();
  const read = bytesOf(output.stream);
  pushMuch(output);
  output.close();
  expect(await read).toBe(2 * KEPT_CHUNKS * CHUNK);
});

it('takes a reader who leaves, and ends twice', async () => {
  const output = new OutputStream();
  await output.stream.cancel();
  output.push(new Uint8Array(1));
  output.close();
  output.close();
});
