import { useEffect, useState } from 'preact/hooks';

/** What has just been done, or could not be. */
interface Notice {
  readonly text: string;
  readonly isBad: boolean;
}

/** How long a notice stays, in ms. */
const shownMs = 8000;

let show: ((notice: Notice) => void) | null = null;

/** Tells what has come of an action, wherever the page is by then. */
export function say(text: string, isBad = false): void {
  show?.({ text, isBad });
}

/** Tells that an action could not be done. */
export function sayFailed(error: unknown): void {
  say(error instanceof Error ? error.message : String(error), true);
}

/** The place of notices: what is put into it is read out. */
export function Notices() {
  const [notice, setNotice] = useState<Notice | null>(null);
  useEffect(() => {
    show = setNotice;
    return () => {
      show = null;
    };
  }, []);
  useEffect(() => {
    if (notice === null) return undefined;
    const timer = setTimeout(() => setNotice(null), shownMs);
    return () => clearTimeout(timer);
  }, [notice]);
  return (
    <div class="notices" role="status">
      {notice !== null && <p class={notice.isBad ? 'bad' : ''}>{notice.text}</p>}
    </div>
  );
}
