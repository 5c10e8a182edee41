import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { useLive } from './live.ts';

const TimeContext = createContext(0);

/** What time it is for the service, in ms since 1970. */
export function useTime(): number {
  return useContext(TimeContext);
}

/** How often what is said of moments is looked at again, in ms. */
const tickMs = 5000;

/** Has the service's time go on when nothing is heard of it: "3 s ago" would stay for as long as it is away. */
export function Time({ children }: { readonly children: ComponentChildren }) {
  const { now } = useLive();
  const aheadMs = useMemo(() => (now === null ? 0 : now.at - Date.now()), [now]);
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((before) => before + 1), tickMs);
    return () => clearInterval(timer);
  }, []);
  return <TimeContext.Provider value={Date.now() + aheadMs}>{children}</TimeContext.Provider>;
}
