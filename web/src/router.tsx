import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Where the page is. */
export interface Place {
  readonly path: string;
  readonly params: URLSearchParams;
  /** How far it was scrolled when it was left, in pixels. */
  readonly scrolled: number;
}

const movedEvent = 'page-moved';

/** A number that was remembered of the place where the page is; it is there again when the place is come back to. */
export function remembered(name: string): number {
  const state: unknown = history.state;
  const value: unknown = state instanceof Object ? Object.getOwnPropertyDescriptor(state, name)?.value : undefined;
  return typeof value === 'number' ? value : 0;
}

/** Remembers a number of the place where the page is. */
export function remember(name: string, value: number): void {
  const state: unknown = history.state;
  history.replaceState({ ...(state instanceof Object && state), [name]: value }, '');
}

function here(): Place {
  return {
    path: location.pathname,
    params: new URLSearchParams(location.search),
    scrolled: remembered('scrolled'),
  };
}

/** Where the page is, followed. */
export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const update = (): void => setPlace(here());
    addEventListener('popstate', update);
    addEventListener(movedEvent, update);
    return () => {
      removeEventListener('popstate', update);
      removeEventListener(movedEvent, update);
    };
  }, []);
  return place;
}

/** Goes to a URL of the page; `replace`: without a place of its own in the history. */
export function go(url: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', url);
  else {
    remember('scrolled', scrollY);
    history.pushState(null, '', url);
  }
  dispatchEvent(new Event(movedEvent));
}

/** How long a view that is come back to may take until it is as long as it was, in ms. */
const returnMs = 5000;

/**
 * Scrolls to where a view was left, once it is that long again; not against whoever does something meanwhile.
 *
 * @returns Gives it up.
 */
export function scrollBack(top: number): () => void {
  // Once only: when it is loaded again, or come back to by the browser's buttons, it is elsewhere by then.
  remember('scrolled', 0);
  const abort = new AbortController();
  const observer = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight - innerHeight < top) return;
    scrollTo(0, top);
    stop();
  });
  const timer = setTimeout(() => stop(), returnMs);
  const stop = (): void => {
    clearTimeout(timer);
    observer.disconnect();
    abort.abort();
  };
  for (const event of ['keydown', 'pointerdown', 'wheel'])
    addEventListener(event, stop, { passive: true, signal: abort.signal });
  observer.observe(document.body);
  return stop;
}

interface LinkProps {
  readonly to: string;
  readonly class?: string;
  readonly 'aria-current'?: 'page' | undefined;
  readonly children: ComponentChildren;
}

/** A link within the page; with a modifier the browser does what it always does. */
export function Link({ to, children, ...rest }: LinkProps) {
  const follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go(to);
    scrollTo(0, 0);
  };
  return (
    <a href={to} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
