import { CarbonationError } from '../errors/index.ts';

/** What the systemd unit is filled in with; paths are absolute. */
export interface UnitValues {
  readonly user: string;
  /** The directory of config.toml. */
  readonly directory: string;
  /** The Node executable. */
  readonly node: string;
  /** The `bin` file of this program. */
  readonly program: string;
  /** config.toml. */
  readonly config: string;
}

/** Control characters would end a line and begin another setting. */
const unprintable = /\p{Cc}/u;

/** A value that takes the rest of its line: only systemd's `%` specifiers have a meaning. */
function plain(value: string): string {
  if (unprintable.test(value)) {
    throw new CarbonationError('SCAFFOLD_FAILED', `a systemd unit cannot hold the path ${JSON.stringify(value)}`, {
      remedy: 'rename the directory: no control characters, such as line breaks',
    });
  }
  return value.replaceAll('%', '%%');
}

/** One word of a list of words. */
function word(value: string): string {
  const escaped = plain(value)
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`);
  return /[\s"'\\;]/.test(value) ? `"${escaped}"` : escaped;
}

/** One word of a command line, where `$` begins a variable. */
function commandWord(value: string): string {
  return word(value).replaceAll('$', '$$$$');
}

/**
 * Fills the unit template in.
 *
 * @throws CarbonationError USAGE for a text that cannot be a user's name; SCAFFOLD_FAILED for a path with control
 *   characters.
 */
export function fillUnit(template: string, values: UnitValues): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/.test(values.user)) {
    throw new CarbonationError('USAGE', `${JSON.stringify(values.user)} is not the name of a user`);
  }
  const fields: Readonly<Record<string, string>> = {
    USER: values.user,
    DIRECTORY: plain(values.directory),
    MOUNTS: word(values.directory),
    WRITABLE: word(values.directory),
    NODE: commandWord(values.node),
    PROGRAM: commandWord(values.program),
    CONFIG: commandWord(values.config),
  };
  return template.replaceAll(/@([A-Z]+)@/g, (whole, name: string) => fields[name] ?? whole);
}
