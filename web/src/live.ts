import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Now } from '../../src/web/protocol.ts';
import { noAnswer, request, RequestError, storedToken } from './api.ts';

/** How the page stands to the service. */
export interface Live {
  readonly now: Now | null;
  readonly connection: 'connecting' | 'live' | 'lost' | 'locked';
  /** Why it is lost, or locked although a token was sent. */
  readonly reason: string;
}

/** Carries that to every part of the page. */
export const LiveContext = createContext<Live>({ now: null, connection: 'connecting', reason: '' });

/** What the service says now. */
export function useLive(): Live {
  return useContext(LiveContext);
}

/** The service says a word at least each 15 s; in ms. */
const silentMs = 40_000;
const retryMs = [500, 1000, 2000, 5000, 10_000];

/** Listens to the service for as long as the page is there; `round` changes: anew. */
export function useListening(round: number): Live {
  const [live, setLive] = useState<Live>({ now: null, connection: 'connecting', reason: '' });
  useEffect(() => {
    const abort = new AbortController();
    void listen(abort.signal, (change) => setLive((before) => ({ ...before, ...change })));
    return () => abort.abort();
  }, [round]);
  return live;
}

async function listen(signal: AbortSignal, tell: (change: Partial<Live>) => void): Promise<void> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    // A connection that has died without a word would look alive for ever.
    const silence = new AbortController();
    const either = AbortSignal.any([signal, silence.signal]);
    const fallSilent = (): NodeJS.Timeout => setTimeout(() => silence.abort(noAnswer()), silentMs);
    let timer = fallSilent();
    const hadToken = storedToken() !== null;
    try {
      const response = await request('/api/events', { signal: either });
      for await (const { event, data } of messages(response)) {
        failures = 0;
        clearTimeout(timer);
        timer = fallSilent();
        if (event === 'now') tell({ now: JSON.parse(data) as Now, connection: 'live', reason: '' });
        else if (event === 'failure') tell({ connection: 'lost', reason: 'The database does not answer the service.' });
      }
      tell({ connection: 'lost', reason: 'The service has closed the connection.' });
    } catch (error) {
      if (signal.aborted) return;
      const isLocked = error instanceof RequestError && error.status === 401;
      const reason = error instanceof Error ? error.message : String(error);
      // Whoever has not entered a token yet has made no mistake.
      tell(isLocked ? { connection: 'locked', reason: hadToken ? reason : '' } : { connection: 'lost', reason });
      if (isLocked) return;
    } finally {
      clearTimeout(timer);
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs[Math.min(failures, retryMs.length - 1)]));
  }
}

/** Server-sent events; not by EventSource, which cannot send the token. */
async function* messages(response: Response): AsyncGenerator<{ event: string; data: string }, void, undefined> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = `${text}${value}`.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const fields = part.split('\n').map((line): readonly [string, string] => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
      });
      const all = (name: string): string => fields.flatMap(([key, field]) => (key === name ? [field] : [])).join('\n');
      yield { event: all('event'), data: all('data') };
    }
  }
}
