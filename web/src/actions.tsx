import { useState } from 'preact/hooks';
import { RequestError, retry, storedToken } from './api.ts';
import { counted } from './format.ts';
import { useLive } from './live.ts';
import { say } from './notice.tsx';
import { askForToken } from './token.tsx';

interface RetryProps {
  /** What the server is asked: `ids`, or a state of a watch. */
  readonly order: object;
  readonly label: string;
  /** Which groups, for who hears the button only. */
  readonly what: string;
  readonly onDone: () => void;
}

/** Asks for another try; asks for the token first when it is not known. */
export function RetryButton({ order, label, what, onDone }: RetryProps) {
  const { now } = useLive();
  const [isBusy, setBusy] = useState(false);
  if (now?.canAct !== true) return null;
  const run = async (): Promise<void> => {
    if (storedToken() === null && !(await askForToken())) return;
    setBusy(true);
    try {
      say(`${counted(await retry(order), 'group')} to be tried again`);
      onDone();
    } catch (error) {
      if (error instanceof RequestError && error.status === 401 && (await askForToken(error.message)))
        return await run();
      say(error instanceof Error ? error.message : String(error), true);
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type="button" disabled={isBusy} aria-label={`${label}: ${what}`} onClick={() => void run()}>
      {label}
    </button>
  );
}
