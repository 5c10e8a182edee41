import type { Root } from './files.ts';
import type { Line } from './figures.ts';

/** Numbers that a part takes from the command line, by name, such as `groups` for `--groups 2000`. */
export type Settings = Readonly<Record<string, number>>;

/** One part of `npm run bench`, a file of its own in bench/parts, which can also be run alone. */
export interface Part {
  readonly name: string;
  /** What it shows, as the heading of its table. */
  readonly title: string;
  readonly defaults: Settings;
  measure(given: Settings, root: Root): Promise<readonly Line[]>;
}
