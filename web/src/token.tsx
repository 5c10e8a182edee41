import { useEffect, useId, useRef, useState } from 'preact/hooks';
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
  const titleId = useId();
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
    <dialog ref={dialog} aria-labelledby={titleId} onCancel={() => close(null)}>
      {question !== null && (
        <TokenForm title="Token" titleId={titleId} reason={question.reason} onToken={close} canCancel />
      )}
    </dialog>
  );
}

interface FormProps {
  readonly title: string;
  readonly titleId?: string;
  readonly reason: string;
  readonly canCancel?: boolean;
  readonly onToken: (token: string | null) => void;
}

/** Takes a token; it is kept for as long as the tab is open. */
export function TokenForm({ title, titleId, reason, canCancel = false, onToken }: FormProps) {
  const field = useRef<HTMLInputElement>(null);
  const fieldId = useId();
  const reasonId = useId();
  const [isUnsendable, setUnsendable] = useState(false);
  const wrong = isUnsendable ? 'The token has a character that cannot be sent.' : reason;
  // Outside the dialog it is all that the page shows.
  const Title = canCancel ? 'h2' : 'h1';
  const submit = (event: Event): void => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? '';
    // A header takes no other characters; what is pasted may have some that are not seen.
    const isBad = /[^!-~]/.test(token);
    setUnsendable(isBad);
    if (token !== '' && !isBad) onToken(token);
  };
  return (
    <form onSubmit={submit} class="token">
      <Title id={titleId}>{title}</Title>
      <p>
        It is in the file that <code>[http] token_file</code> of config.toml names.
      </p>
      <div class="field">
        <label for={fieldId}>Token</label>
        <input
          id={fieldId}
          ref={field}
          type="password"
          autoComplete="off"
          required
          autoFocus
          aria-invalid={wrong !== ''}
          aria-describedby={wrong === '' ? undefined : reasonId}
        />
      </div>
      {wrong !== '' && (
        <p id={reasonId} class="bad-text" role="alert">
          {wrong}
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
