import { createServer, type IncomingHttpHeaders } from 'node:http';
import { listen } from './listen.ts';

/** A request that a webhook has got. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

/** An HTTP server of a test: keeps what it is sent, and answers with the status that it is told to. */
export interface Webhook extends AsyncDisposable {
  readonly url: string;
  readonly received: Received[];
  /** The status of the answers from now on; null: no answer at all. */
  status: number | null;
}

/** Starts a {@link Webhook} on a free port of this machine. */
export async function startWebhook(): Promise<Webhook> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body: JSON.parse(text) });
      if (webhook.status !== null) response.writeHead(webhook.status, { location: '/elsewhere' }).end('thanks');
    });
  });
  const port = await listen(server);
  const webhook: Webhook = {
    url: `http://127.0.0.1:${port}/hooks/s3cret-path`,
    received,
    status: 204,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return webhook;
}
