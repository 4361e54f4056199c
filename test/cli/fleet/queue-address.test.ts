/** What `--queue` takes, and what it says otherwise. */
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseQueueAddress } from '../../../src/cli/fleet/queue-address.js';
import { vmexit } from '../../helpers/command.js';

describe('an address', () => {
  it('needs a host only', () => {
    expect(parseQueueAddress('redis://queue.example')).toEqual({
      host: 'queue.example',
      port: 6379,
      username: undefined,
      password: undefined,
      isEncrypted: false,
      database: 0,
      prefix: 'vmexit',
      shown: 'redis://queue.example:6379/vmexit',
    });
  });

  it('has everything else, and never shows a password', () => {
    expect(parseQueueAddress('rediss://me:a%2Fb@[::1]:7000/3/nightly')).toEqual({
      host: '::1',
      port: 7000,
      username: 'me',
      password: 'a/b',
      isEncrypted: true,
      database: 3,
      prefix: 'nightly',
      shown: 'rediss://[::1]:7000/3/nightly',
    });
  });

  it.each([
    'redis://',
    'http://queue.example',
    'queue.example:6379',
    'redis://h/a/b',
    'redis://h/a:b',
    'redis://h?x=1',
    '',
  ])('%j is none', (given) => {
    expect(() => parseQueueAddress(given)).toThrow(
      /^--queue expects redis:\/\/.* or rediss:\/\/ for TLS; not "/,
    );
  });

  it('is shown without its password when it is none', () => {
    expect(() => parseQueueAddress('redis://me:secret@h/a/b')).toThrow(/redis:\/\/me:\*\*\*@h\/a\/b/);
  });
});

// prettier-ignore
it.each([
  ['worker',                                                     /worker needs --queue/],
  ['worker nmi-storm --queue redis://h',                         /worker takes no guest/],
  ['worker --queue redis://h --lease 0',                         /--lease expects a whole number from 1/],
  ['worker --queue redis://127.0.0.1:1',                         /no Redis for it at redis:\/\/127\.0\.0\.1:1\/vmexit: connect ECONNREFUSED/],
  ['worker --queue redis://h --invariant missing.mjs',           /--invariant: cannot load missing.mjs/],
  ['sweep nmi-count-32 --queue redis://127.0.0.1:1',             /no Redis for it at redis:\/\/127\.0\.0\.1:1\/vmexit: connect ECONNREFUSED/],
  ['sweep nmi-count-32 --queue redis://127.0.0.1:1 --threads 2', /--threads does not go with --queue/],
])('%s is a mistake', async (line, message) => {
  const { status, stderr } = await vmexit(line);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(status).toBe(2);
});

it('says what answers in the place of Redis', async () => {
  const server = createServer((socket) =>
    socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const { status, stderr } = await vmexit(`worker --queue redis://127.0.0.1:${port}`);
  server.close();
  expect(stderr).toMatch(/^vmexit: --queue: no Redis for it at .*: Unknown RESP type 72 "H"\n$/);
  expect(status).toBe(2);
});
