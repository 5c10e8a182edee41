import { parentPort, workerData } from 'node:worker_threads';
import { createAdaptorServer } from '@hono/node-server';
import { printToStderr } from '../core/streams.ts';
import { CarbonationError, messageOf, systemCode, toCarbonationError } from '../errors/index.ts';
import type { Connection } from './body.ts';
import type { ServerData, ServerMessage, ServicePulse } from './messages.ts';
import type { ShownService } from './shown.ts';
import { Tries } from './tries.ts';

/**
 * The thread's entry. The port is taken at once, so that the service learns soon whether it is free; what is asked
 * before the rest is there waits for it.
 */

/**
 * The most connections at once: each is an open file of the service, which may have but 1024 of them, and needs some 500 for its
 * work. Pages that listen take up to 100.
 */
const mostConnections = 300;

const data = workerData as ServerData;
const port = parentPort;
if (port === null) throw new CarbonationError('INTERNAL', 'the status server runs as a thread only');

const say = (message: ServerMessage): void => port.postMessage(message);

/** Pulses, of which there is one a second, that came before there was somebody to hear them: the latest. */
const early: ServicePulse[] = [];
const mostEarly = 60;
const { promise: firstTry, resolve: endFirstTry } = Promise.withResolvers<void>();
let service: ShownService | null = null;
let isOpening = false;
const tries = new Tries();

port.on('message', (pulse: ServicePulse) => {
  if (service !== null) {
    service.hear(pulse);
    return;
  }
  if (early.push(pulse) > mostEarly) early.shift();
  if (tries.pulse() && !isOpening) void open(pulse);
});

printToStderr();
listen().then(
  (url) => say({ type: 'listening', url }),
  (error: unknown) => say({ type: 'failed', error: toCarbonationError(error).toPlain() }),
);

/** Shows the service; what is in the way, as a database that is away or invalid rules, may pass. */
async function open(pulse: ServicePulse): Promise<void> {
  isOpening = true;
  try {
    const { showService } = await import('./shown.ts');
    service = await showService(data, early[0] ?? pulse, say);
    for (const one of early.splice(0)) service.hear(one);
  } catch (error) {
    if (tries.isFirst)
      say({ type: 'warning', message: 'the status page cannot be shown', fields: { reason: messageOf(error) } });
    tries.fail();
  }
  isOpening = false;
  endFirstTry();
}

async function answer(request: Request, connection: Connection): Promise<Response> {
  await firstTry;
  if (service === null) {
    tries.ask();
    return new Response('the log of the service says why\n', { status: 503 });
  }
  return service.fetch(request, connection);
}

/** Resolves with the page's address. */
function listen(): Promise<string> {
  const { host, port: wanted } = data.http;
  const server = createAdaptorServer({ fetch: answer });
  server.maxConnections = mostConnections;
  server.once('drop', () =>
    say({
      type: 'warning',
      message: 'the status page has too many connections at once, and refuses further ones',
      fields: { connections: String(mostConnections), remedy: 'see who keeps so many open, e.g. by `ss -tnp`' },
    }),
  );
  const name = host.includes(':') ? `[${host}]` : host;
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const why = systemCode(error) === 'EADDRINUSE' ? 'something listens there already' : messageOf(error);
      reject(new CarbonationError('LISTEN_FAILED', `cannot listen on ${name}:${wanted}: ${why}`, { cause: error }));
    });
    server.listen(wanted, host, () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : wanted;
      resolve(`http://${name}:${found}/`);
    });
  });
}
