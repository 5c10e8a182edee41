import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Where the page is. */
export interface Place {
  readonly path: string;
  readonly params: URLSearchParams;
}

const movedEvent = 'page-moved';

function here(): Place {
  return { path: location.pathname, params: new URLSearchParams(location.search) };
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
  else history.pushState(null, '', url);
  dispatchEvent(new Event(movedEvent));
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
