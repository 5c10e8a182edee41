import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from './api.ts';
import { useLive } from './live.ts';
import { remember, remembered } from './router.tsx';

/** What was read, and what went wrong the last time. */
export interface Reading<Answer> {
  readonly answer: Answer | null;
  readonly error: Error | null;
  readonly isLoading: boolean;
  readonly again: () => void;
}

/** How soon a view is read again after news, in ms. */
const rereadMs = 2000;
/** How long news leave a reading that is under way alone, in ms: its connection may have died without a word. */
const longestMs = 60_000;

interface ReadingOptions<Answer> {
  /** False: once it has been read, that is all. */
  readonly isLive?: boolean;
  readonly read?: (path: string, signal: AbortSignal) => Promise<Answer>;
}

/** Reads a path, and again when the service has news; what was read before stays until then. */
export function useReading<Answer>(
  path: string,
  { isLive = true, read = get<Answer> }: ReadingOptions<Answer> = {},
): Reading<Answer> {
  const { now } = useLive();
  const [reading, setReading] = useState<{ path: string; answer: Answer | null; error: Error | null }>({
    path,
    answer: null,
    error: null,
  });
  const [isLoading, setLoading] = useState(true);
  const [round, setRound] = useState(0);
  const begunAt = useRef(0);
  const endedAt = useRef(0);
  /** The news that were there when it began. */
  const begunWith = useRef<number | undefined>(undefined);
  const isOver = !isLive && reading.error === null;

  useEffect(() => {
    const abort = new AbortController();
    begunAt.current = Date.now();
    begunWith.current = now?.at;
    setLoading(true);
    read(path, abort.signal)
      .then((answer) => setReading({ path, answer, error: null }))
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const thrown = error instanceof Error ? error : new Error(String(error));
        setReading((before) => ({ path, answer: before.path === path ? before.answer : null, error: thrown }));
      })
      .finally(() => {
        endedAt.current = Date.now();
        if (!abort.signal.aborted) setLoading(false);
      });
    return () => abort.abort();
  }, [path, round]);

  useEffect(() => {
    if (isOver || now?.at === begunWith.current) return undefined;
    // Were one under way given up for each news, one that takes longer than they do to come would never end.
    const dueAt = isLoading ? begunAt.current + longestMs : endedAt.current + rereadMs;
    const timer = setTimeout(() => setRound((before) => before + 1), Math.max(0, dueAt - Date.now()));
    return () => clearTimeout(timer);
  }, [now?.at, isLoading, isOver]);

  const isOther = reading.path !== path;
  return {
    answer: isOther ? null : reading.answer,
    error: isOther ? null : reading.error,
    isLoading,
    again: () => setRound((before) => before + 1),
  };
}

/** What has pages: `next` says where the next one begins. */
interface Paged {
  readonly next: string | null;
}

/** The pages behind the first one that were asked for. */
export interface Further<Page> {
  readonly pages: readonly Page[];
  readonly hasMore: boolean;
  /** Reads one more. */
  readonly readOn: () => Promise<void>;
}

/**
 * Reads on behind a first page, and as far as before when the view is come back to. When the first one was read anew, what was read
 * behind it is, too: it would be shown for ever otherwise.
 *
 * @param first - changes whenever it is read
 */
export function useFurtherPages<Page extends Paged>(first: Page, pathOf: (after: string) => string): Further<Page> {
  const [pages, setPages] = useState<readonly Page[]>([]);
  const newest = useRef(first);
  newest.current = first;
  const turn = useRef<Promise<unknown>>(Promise.resolve());
  const place = pathOf('');
  /** As many as there were when the view was left. */
  const known = useRef(remembered(place));
  const isLeft = useRef(false);
  const isRereading = useRef(false);

  const readPages = async (count: number): Promise<void> => {
    const read: Page[] = [];
    for (let { next } = newest.current; next !== null && read.length < count; next = read.at(-1)?.next ?? null)
      read.push(await get<Page>(pathOf(next)));
    if (isLeft.current) return;
    known.current = read.length;
    remember(place, read.length);
    setPages(read);
  };
  const inTurn = (surplus: number): Promise<void> => {
    const reading = turn.current.then(() => readPages(known.current + surplus));
    // One that fails keeps none from the next one.
    turn.current = reading.catch(() => undefined);
    return reading;
  };

  useEffect(
    () => () => {
      isLeft.current = true;
    },
    [],
  );
  useEffect(() => {
    if (known.current === 0 || isRereading.current) return;
    isRereading.current = true;
    // That the service is away is said by the view, whose first page cannot be read either.
    void inTurn(0)
      .catch(() => undefined)
      .finally(() => {
        isRereading.current = false;
      });
  }, [first]);

  return { pages, hasMore: (pages.at(-1) ?? first).next !== null, readOn: () => inTurn(1) };
}
