/** Debian's redis-server for a test: on a port of its own, in a folder of its own, and killed as a machine that loses power. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasRedis = (process.env['PATH'] ?? '')
  .split(':')
  .some((folder) => existsSync(join(folder, 'redis-server')));

export class RedisServer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'vmexit-redis-'));
  private server: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly persistence: readonly string[],
  ) {}

  /** @param isKept Whether what is in it survives `kill`. */
  static async start(isKept = false): Promise<RedisServer> {
    const persistence = isKept ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
    const redis = new RedisServer(await freePort(), persistence);
    await redis.start();
    return redis;
  }

  /** For `--queue`. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const args = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''];
    const server = spawn('redis-server', [...args, ...this.persistence], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.server = server;
    let output = '';
    server.stdout.on('data', (chunk: Buffer) => (output += chunk));
    while (!(await answers(this.port))) {
      if (server.exitCode !== null) throw new Error(`redis-server ended: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async kill(): Promise<void> {
    const { server } = this;
    if (server === undefined || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
    this.server = undefined;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Whether it does what it is told: while it loads its files it only says so. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('data', (reply) => end(reply.toString().startsWith('+PONG')));
    socket.once('error', () => end(false));
  });
}
