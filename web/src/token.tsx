import { useEffect, useRef, useState } from 'preact/hooks';
import { storeToken } from './api.ts';

interface Question {
  readonly reason: string;
  readonly answer: (given: boolean) => void;
}

let ask: ((question: Question) => void) | null = null;

/** Asks for the token; whether one was given. */
export function askForToken(reason = ''): Promise<boolean> {
  return new Promise((answer) => {
    if (ask === null) answer(false);
    else ask({ reason, answer });
  });
}

/** The dialog that asks for the token. */
export function TokenDialog() {
  const [question, setQuestion] = useState<Question | null>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    ask = setQuestion;
    return () => {
      ask = null;
    };
  }, []);
  useEffect(() => {
    if (question !== null) dialog.current?.showModal();
  }, [question]);
  const close = (token: string | null): void => {
    dialog.current?.close();
    setQuestion(null);
    if (token !== null) storeToken(token);
    question?.answer(token !== null);
  };
  return (
    <dialog ref={dialog} aria-labelledby="token-title" onCancel={() => close(null)}>
      <TokenForm title="Token" reason={question?.reason ?? ''} onToken={close} canCancel />
    </dialog>
  );
}

interface FormProps {
  readonly title: string;
  readonly reason: string;
  readonly canCancel?: boolean;
  readonly onToken: (token: string | null) => void;
}

/** Takes a token; it is kept for as long as the tab is open. */
export function TokenForm({ title, reason, canCancel = false, onToken }: FormProps) {
  const field = useRef<HTMLInputElement>(null);
  // Outside the dialog it is all that the page shows.
  const Title = canCancel ? 'h2' : 'h1';
  const submit = (event: Event): void => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? '';
    if (token !== '') onToken(token);
  };
  return (
    <form onSubmit={submit} class="token">
      <Title id="token-title">{title}</Title>
      <p>
        It is in the file that <code>[http] token_file</code> of config.toml names.
      </p>
      <div class="field">
        <label for="token-field">Token</label>
        <input id="token-field" ref={field} type="password" autoComplete="off" required autoFocus />
      </div>
      {reason !== '' && (
        <p class="bad-text" role="alert">
          {reason}
        </p>
      )}
      <div class="buttons">
        <button type="submit" class="primary">
          Use it
        </button>
        {canCancel && (
          <button type="button" onClick={() => onToken(null)}>
            Cancel
          </button>
        )}
      </div>
    </form>
  );
}
