import { Fragment, type ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { printable } from '../../src/core/printable.ts';
import { RequestError } from './api.ts';
import { absolute, duration, lasting, number, relative, words } from './format.ts';
import { sayFailed } from './notice.tsx';
import { useTime } from './time.tsx';

/** Colours of a word; the word itself says the same. */
export type Tone = 'good' | 'quiet' | 'busy' | 'warn' | 'bad';

const tones: Readonly<Record<string, Tone>> = {
  ok: 'good',
  archived: 'good',
  running: 'good',
  waiting: 'quiet',
  starting: 'busy',
  stopping: 'busy',
  late: 'warn',
  retrying: 'warn',
  retry_pending: 'warn',
  timed_out: 'warn',
  missing: 'bad',
  failing: 'bad',
  failed: 'bad',
  integrity_failed: 'bad',
  lost: 'bad',
  stale: 'bad',
  stuck: 'bad',
  assessing: 'busy',
  extracting: 'busy',
  deciding: 'busy',
  transferring: 'busy',
  removing_sources: 'busy',
  adopting: 'busy',
  detected: 'busy',
};

/** A state or a health word. */
export function Word({ name }: { readonly name: string }) {
  return <span class={`word ${tones[name] ?? 'quiet'}`}>{words(name)}</span>;
}

/**
 * A text with names and paths from anyone. A directory that is written from right to left stays where it is in its path: without that
 * two of them in a row would change places.
 */
export function Printed({ text }: { readonly text: string }) {
  const shown = printable(text);
  if (!/[^\0-\x7f]/.test(shown)) return <>{shown}</>;
  return (
    <>
      {shown.split('/').map((part, i) => (
        <Fragment key={i}>
          {i > 0 && '/'}
          <bdi dir="ltr">{part}</bdi>
        </Fragment>
      ))}
    </>
  );
}

/** A moment: how long ago, and when exactly on a closer look. */
export function Moment({ at, none = '–' }: { readonly at: number | null; readonly none?: string }) {
  const time = useTime();
  return at === null ? <span class="none">{none}</span> : <Time at={at}>{relative(at, time)}</Time>;
}

/** Since when something is so: how long that has been, and when exactly it began on a closer look. */
export function Since({ at }: { readonly at: number }) {
  const time = useTime();
  return <Time at={at}>{lasting(at, time)}</Time>;
}

/** A moment in words, and exactly on a closer look. */
function Time({ at, children }: { readonly at: number; readonly children: string }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={absolute(at)}>
      {children}
    </time>
  );
}

/** A span in seconds, or a dash where there is none. */
export function Seconds({ value }: { readonly value: number | null }) {
  if (value === null) return <span class="none">–</span>;
  return <>{value < 10 ? `${value.toFixed(1)} s` : duration(value * 1000)}</>;
}

/** Sixty minutes as bars. */
export function Sparkline({ perMinute }: { readonly perMinute: readonly number[] }) {
  const total = perMinute.reduce((sum, one) => sum + one, 0);
  const most = Math.max(1, ...perMinute);
  const label = `${number(total)} files in the last hour, at most ${number(Math.max(0, ...perMinute))} in a minute`;
  return (
    <span class="spark">
      <svg viewBox="0 0 120 24" role="img" preserveAspectRatio="none">
        <title>{label}</title>
        <line x1="0" y1="23.5" x2="120" y2="23.5" />
        {perMinute.map((count, minute) => {
          const height = count === 0 ? 0 : Math.max(1.5, (count / most) * 22);
          return count === 0 ? null : (
            <rect key={minute} x={minute * 2 + 0.2} y={23.5 - height} width="1.6" height={height} />
          );
        })}
      </svg>
      <span class="spark-total" aria-hidden="true">
        {number(total)}
      </span>
    </span>
  );
}

/** What could not be read, with what helps. */
export function Trouble({ error }: { readonly error: Error }) {
  return (
    <div class="trouble" role="alert">
      <strong>{error.message}</strong>
      {error instanceof RequestError && error.remedy !== '' && (
        <span>
          {' '}
          <Quoted text={error.remedy} />
        </span>
      )}
    </div>
  );
}

/** Says that there is nothing to be shown. */
export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** A view's head; it takes the focus when the view is come to. */
export function Heading({
  children,
  aside,
}: {
  readonly children: ComponentChildren;
  readonly aside?: ComponentChildren;
}) {
  return (
    <div class="heading">
      <h1 tabIndex={-1}>{children}</h1>
      {aside !== undefined && <div class="aside">{aside}</div>}
    </div>
  );
}

/** A text with commands and keys in backticks, as a terminal shows it. */
export function Quoted({ text }: { readonly text: string }) {
  return (
    <>
      {text.split(/`([^`]+)`/).map((part, i) =>
        i % 2 === 0 ? (
          <Printed key={i} text={part} />
        ) : (
          <code key={i}>
            <Printed text={part} />
          </code>
        ),
      )}
    </>
  );
}

/** A command to be typed elsewhere. */
export function Shell({ command }: { readonly command: string }) {
  return (
    <code class="shell">
      <Printed text={command} />
    </code>
  );
}

/** Reads on behind the rows of the table before it. The first new one gets the focus: the button may be gone by then. */
export function MoreButton({ readOn }: { readonly readOn: () => Promise<void> }) {
  const button = useRef<HTMLButtonElement>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async (): Promise<void> => {
    if (isBusy) return;
    const place = button.current?.parentElement;
    const before = place?.querySelectorAll('tbody tr').length ?? 0;
    setBusy(true);
    try {
      await readOn();
      // The rows are drawn with the next frame.
      requestAnimationFrame(() => place?.querySelectorAll('tbody tr').item(before)?.querySelector('a')?.focus());
    } catch (error) {
      sayFailed(error);
    } finally {
      setBusy(false);
    }
  };
  // A button that is disabled loses the focus.
  return (
    <button ref={button} type="button" class="more" aria-disabled={isBusy} onClick={() => void run()}>
      More of them
    </button>
  );
}
