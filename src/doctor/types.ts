import { maskUrls } from '../core/printable.ts';

/** How a check has come out: `fail` keeps the service from its work, `warn` may one day, or slows it down. */
export type Verdict = 'ok' | 'warn' | 'fail';

/** One thing that was looked at. */
export interface Check {
  /** `node`, `config`, `plugin`, `database`, `schema`, `clock`, `service`, `watch`, `archive`, `log`, `disk`, `mount`, `inotify`, `notify`. */
  readonly name: string;
  /** Which one, where there are several. */
  readonly subject: string | null;
  readonly verdict: Verdict;
  readonly message: string;
  /** What to do; null: nothing. */
  readonly remedy: string | null;
}

/** Makes the checks of one name; what they say may quote a URL of config.toml, of which the password is left out. */
export function checksOf(name: string, subject: string | null = null) {
  const make =
    (verdict: Verdict) =>
    (message: string, remedy: string | null = null): Check => ({
      name,
      subject,
      verdict,
      message: maskUrls(message),
      remedy,
    });
  return { ok: make('ok'), warn: make('warn'), fail: make('fail') };
}
