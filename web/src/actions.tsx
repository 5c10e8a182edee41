import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { RequestError, retry, storedToken } from './api.ts';
import { counted } from './format.ts';
import { useLive } from './live.ts';
import { say, sayFailed } from './notice.tsx';
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
  const button = useRef<HTMLButtonElement>(null);
  const canAct = now?.canAct === true;
  useLayoutEffect(() => {
    const own = button.current;
    return () => {
      // With what was tried again its button goes; the next key is to be in the view, not at its beginning.
      if (own !== null && document.activeElement === own) document.querySelector<HTMLElement>('main h1')?.focus();
    };
  }, [canAct]);
  if (!canAct) return null;
  const run = async (): Promise<void> => {
    if (isBusy) return;
    await ask();
  };
  const ask = async (): Promise<void> => {
    if (storedToken() === null && !(await askForToken())) return;
    setBusy(true);
    try {
      say(`${counted(await retry(order), 'group')} to be tried again`);
      onDone();
    } catch (error) {
      if (error instanceof RequestError && error.status === 401 && (await askForToken(error.message)))
        return await ask();
      sayFailed(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    // A button that is disabled loses the focus.
    <button
      ref={button}
      type="button"
      aria-disabled={isBusy}
      aria-label={`${label}: ${what}`}
      onClick={() => void run()}
    >
      {label}
    </button>
  );
}
