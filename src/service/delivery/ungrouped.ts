import { cut } from '../../core/index.ts';
import type { UngroupedReport } from '../../store/types.ts';

/** Files remembered a watch, a few MB; of more it is only known that there are as many. */
const most = 10_000;
/** Characters of a reason that are; the log has all of it. */
const longestReason = 300;
/** Files named one by one. */
const mostNamed = 5;

/** Files that no group has, since the grouping function of their rules fails for them. */
export class UngroupedFiles {
  /** By watch: why, by path. */
  readonly #reasons = new Map<string, Map<string, string>>();

  note(watchName: string, path: string, reason: string): void {
    const reasons = this.#reasons.get(watchName) ?? new Map<string, string>();
    this.#reasons.set(watchName, reasons);
    if (reasons.size < most || reasons.has(path)) reasons.set(path, cut(reason, longestReason));
  }

  /** A file is gone, or is asked about again. */
  forget(watchName: string, path: string): void {
    const reasons = this.#reasons.get(watchName);
    if (reasons?.delete(path) === true && reasons.size === 0) this.#reasons.delete(watchName);
  }

  /** The files of a watch; those beyond what is remembered are found by the next reconciliation. */
  paths(watchName: string): readonly string[] {
    return [...(this.#reasons.get(watchName)?.keys() ?? [])];
  }

  /** How many files of a watch there are, with one of them; null: none. */
  of(watchName: string): UngroupedReport | null {
    const reasons = this.#reasons.get(watchName);
    for (const [path, reason] of reasons ?? []) return { files: reasons?.size ?? 0, path, reason };
    return null;
  }

  /** The same in sentences. */
  problems(watchName: string): readonly string[] {
    const all = [...(this.#reasons.get(watchName) ?? [])];
    const named = all.slice(0, mostNamed).map(([path, reason]) => `${path} is in no group: ${reason}`);
    const others = all.length - named.length;
    return others > 0 ? [...named, `and ${others} more`] : named;
  }
}
