import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from './api.ts';
import { useLive } from './live.ts';

/** What was read, and what went wrong the last time. */
export interface Reading<Answer> {
  readonly answer: Answer | null;
  readonly error: Error | null;
  readonly isLoading: boolean;
  readonly again: () => void;
}

/** How soon a view is read again after news, in ms. */
const rereadMs = 2000;

/**
 * Reads a path, and again when the service has news; what was read before stays until then.
 *
 * @param isLive - false: once
 */
export function useReading<Answer>(path: string, { isLive = true } = {}): Reading<Answer> {
  const { now } = useLive();
  const [reading, setReading] = useState<{ path: string; answer: Answer | null; error: Error | null }>({
    path,
    answer: null,
    error: null,
  });
  const [isLoading, setLoading] = useState(true);
  const [round, setRound] = useState(0);
  const readAt = useRef(0);

  useEffect(() => {
    const abort = new AbortController();
    setLoading(true);
    get<Answer>(path, abort.signal)
      .then((answer) => setReading({ path, answer, error: null }))
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const thrown = error instanceof Error ? error : new Error(String(error));
        setReading((before) => ({ path, answer: before.path === path ? before.answer : null, error: thrown }));
      })
      .finally(() => {
        readAt.current = Date.now();
        if (!abort.signal.aborted) setLoading(false);
      });
    return () => abort.abort();
  }, [path, round]);

  useEffect(() => {
    if (!isLive || readAt.current === 0) return undefined;
    const wait = Math.max(0, readAt.current + rereadMs - Date.now());
    const timer = setTimeout(() => setRound((before) => before + 1), wait);
    return () => clearTimeout(timer);
  }, [now?.at, isLive]);

  const isOther = reading.path !== path;
  return {
    answer: isOther ? null : reading.answer,
    error: isOther ? null : reading.error,
    isLoading,
    again: () => setRound((before) => before + 1),
  };
}
