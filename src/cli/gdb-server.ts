/** GDB's transport: one client at a time over TCP, on this machine only. */
import { createServer, type Server, type Socket } from 'node:net';
import { UsageError } from '../errors.js';
import { type Debugger, encodePacket, GdbSession, PacketReader, type SessionEnd } from '../lab/index.js';

const LOCALHOST = '127.0.0.1';

/** Where a server listens, and when it has been told to end. */
export interface GdbServer {
  readonly port: number;
  /** Resolves when a client has killed the guest, or `close` was called. */
  readonly ended: Promise<void>;
  close(): void;
}

/**
 * Serves a machine to GDB. When a client detaches or goes away the guest waits where it is for the next one; when it kills the
 * guest the server ends.
 *
 * @param port 0: any that is free.
 * @param isLong Whether GDB is to see x86-64 or i386; unless given, what the guest executes when GDB attaches.
 */
export async function serveGdb(debug: Debugger, port: number, isLong?: boolean): Promise<GdbServer> {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    if (clients.size > 0) return void socket.destroy();
    clients.add(socket);
    const onEnd = (how: SessionEnd): void => {
      if (how === 'killed') end();
    };
    serveClient(debug, socket, { isLong, onEnd });
    socket.on('close', () => clients.delete(socket));
  });
  const address = await listen(server, port);
  const close = (): void => {
    for (const socket of clients) socket.destroy();
    server.close();
    end();
  };
  return { port: address, ended, close };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new UsageError(`--port: cannot listen on ${LOCALHOST}:${port}: ${error.code ?? error.message}`));
    });
    server.listen(port, LOCALHOST, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

interface Client {
  readonly isLong: boolean | undefined;
  readonly onEnd: (how: SessionEnd) => void;
}

function serveClient(debug: Debugger, socket: Socket, { isLong, onEnd }: Client): void {
  socket.setNoDelay(true);
  const reader = new PacketReader();
  let lastReply = new Uint8Array();
  const host = {
    reply(data: string): void {
      lastReply = encodePacket(data);
      socket.write(lastReply);
    },
    end(how: SessionEnd): void {
      socket.end();
      onEnd(how);
    },
  };
  const session = new GdbSession(debug, host, isLong);
  // One after another: an answer may take as long as the guest runs.
  let last = Promise.resolve();
  socket.on('data', (bytes: Uint8Array) => {
    for (const incoming of reader.feed(bytes)) {
      if (incoming.kind === 'interrupt') session.interrupt();
      else if (incoming.kind === 'malformed') socket.write('-');
      else if (incoming.kind === 'nack') socket.write(lastReply);
      else if (incoming.kind === 'packet') {
        if (!session.isAckless) socket.write('+');
        last = last.then(() => session.handle(incoming.data));
        last.catch((error: unknown) => socket.destroy(error as Error));
      }
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => void session.leave());
}
