import { parentPort, workerData } from 'node:worker_threads';
import { createAdaptorServer } from '@hono/node-server';
import { CarbonationError, messageOf, systemCode, toCarbonationError } from '../errors/index.ts';
import type { ServerData, ServerMessage, ServicePulse } from './messages.ts';
import type { ShownService } from './shown.ts';

/**
 * The thread's entry. The port is taken at once, so that the service learns soon whether it is free; what is asked
 * before the rest is there waits for it.
 */

const data = workerData as ServerData;
const port = parentPort;
if (port === null) throw new CarbonationError('INTERNAL', 'the status server runs as a thread only');

const say = (message: ServerMessage): void => port.postMessage(message);

/** Pulses that came before there was somebody to hear them. */
const early: ServicePulse[] = [];
const { promise: shown, resolve: show } = Promise.withResolvers<ShownService | null>();
let hear = (pulse: ServicePulse): void => {
  if (early.push(pulse) === 1) void open(pulse);
};
port.on('message', (pulse: ServicePulse) => hear(pulse));

listen().then(
  (url) => say({ type: 'listening', url }),
  (error: unknown) => say({ type: 'failed', error: toCarbonationError(error).toPlain() }),
);

async function open(first: ServicePulse): Promise<void> {
  try {
    const { showService } = await import('./shown.ts');
    const service = await showService(data, first, say);
    ({ hear } = service);
    for (const pulse of early.splice(0)) hear(pulse);
    show(service);
  } catch (error) {
    say({ type: 'warning', message: 'the status page cannot be shown', fields: { reason: messageOf(error) } });
    hear = () => undefined;
    show(null);
  }
}

async function answer(request: Request): Promise<Response> {
  const service = await shown;
  return service === null ? new Response('the log of the service says why\n', { status: 503 }) : service.fetch(request);
}

/** Resolves with the page's address. */
function listen(): Promise<string> {
  const { host, port: wanted } = data.http;
  const server = createAdaptorServer({ fetch: answer });
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
