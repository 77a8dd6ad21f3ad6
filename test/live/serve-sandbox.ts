/** The pretend outside world, served by this process. */
// `wrangler dev` ends when a caller of it dies in the middle of a request, and here callers die all the time; a world
// that went down with them would prove nothing.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { createMemoryStorage } from '../sandbox/memory-storage.ts';
import { createRoutes } from '../sandbox/routes.ts';
import { readSettings } from '../sandbox/settings.ts';
import { createWorld } from '../sandbox/world.ts';

/** Serves it at a port. It forgets everything when it is closed. */
export async function serveSandbox(vars: object, port: number): Promise<{ close: () => Promise<void> }> {
  const read = readSettings(vars);
  if (!read.ok) throw new Error(read.problems.join('; '));
  let alarm: NodeJS.Timeout | undefined;
  const world = createWorld({
    settings: read.settings,
    storage: createMemoryStorage(),
    now: () => Date.now(),
    fetch: (request) => fetch(request),
    async wakeAt(atMs) {
      clearTimeout(alarm);
      alarm = globalThis.setTimeout(() => void world.deliverDue(), Math.max(atMs - Date.now(), 0));
    },
  });
  const routes = createRoutes(world);
  const server = createServer((incoming, outgoing) => {
    // Whoever asked has died: what was done stays done, and there is nobody to tell.
    answer(incoming, outgoing, (request) => routes.fetch(request)).catch(() => outgoing.destroy());
  });
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return {
    async close() {
      clearTimeout(alarm);
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  respond: (request: Request) => Response | Promise<Response>,
): Promise<void> {
  const body = await buffer(incoming);
  const headers = Object.entries(incoming.headersDistinct).map(([name, values = []]) => [name, values.join(', ')]);
  const request = new Request(`http://${incoming.headers.host ?? 'localhost'}${incoming.url ?? '/'}`, {
    method: incoming.method ?? 'GET',
    headers,
    body: body.length === 0 ? null : body,
  });
  const response = await respond(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(await response.text());
}
