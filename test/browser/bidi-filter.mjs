#!/usr/bin/env node
/**
 * Starts Debian's Firefox as Playwright starts one, and stands between the two: commands of WebDriver BiDi that this
 * Firefox does not know, and Playwright insists on, are answered as done; downloads get the number by which Playwright
 * tells them apart. Everything else passes unchanged.
 *
 * Playwright takes a program that starts Firefox, and reads the address of its WebSocket from what that prints.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { WebSocket, WebSocketServer } from 'ws';

const FIREFOX = '/usr/bin/firefox-esr';
/** Firefox 153 answers "unknown command". Pages see the colour scheme of Firefox's own preferences. */
const UNKNOWN_COMMANDS = new Set(['emulation.setMediaFeaturesOverride']);
/** Firefox 153 tells of a download that a script starts without naming a navigation: its blob's address is as good. */
const DOWNLOAD = /^\{"type":"event","method":"browsingContext\.download(?:WillBegin|End)"/;
const LISTENING = /WebDriver BiDi listening on (ws:\/\/\S+)$/;

const firefox = spawn(FIREFOX, process.argv.slice(2), { stdio: ['inherit', 'inherit', 'pipe'] });
firefox.on('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => firefox.kill(signal));

createInterface(firefox.stderr).on('line', (line) => {
  const upstream = LISTENING.exec(line)?.[1];
  if (upstream === undefined) console.error(line);
  else serve(upstream, (address) => console.error(line.replace(upstream, address)));
});

function serve(upstream, whenListening) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('listening', () => whenListening(`ws://127.0.0.1:${server.address().port}`));
  server.on('connection', (client, request) => {
    const browser = new WebSocket(upstream + request.url);
    const isOpen = new Promise((resolve) => browser.once('open', resolve));
    client.on('message', async (data) => {
      const command = JSON.parse(String(data));
      if (UNKNOWN_COMMANDS.has(command.method)) return client.send(success(command.id));
      await isOpen;
      browser.send(String(data));
    });
    browser.on('message', (data) => client.send(named(String(data))));
    browser.on('close', () => client.close());
    client.on('close', () => browser.close());
  });
}

function named(text) {
  if (!DOWNLOAD.test(text)) return text;
  const event = JSON.parse(text);
  event.params.download ??= event.params.navigation ?? event.params.url;
  return JSON.stringify(event);
}

function success(id) {
  return JSON.stringify({ type: 'success', id, result: {} });
}
