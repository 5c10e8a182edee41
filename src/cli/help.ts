/** A command in the general help. */
export interface HelpEntry {
  readonly name: string;
  readonly description: string;
}

/** The help that lists commands. */
export function generalHelp(entries: readonly HelpEntry[], version: string): string {
  const sorted = entries.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
  const width = Math.max(...sorted.map(({ name }) => name.length));
  return [
    `carbonation ${version}: watches delivery directories and archives what arrives`,
    '',
    'Usage: carbonation COMMAND [OPTIONS]',
    '',
    ...sorted.map(({ name, description }) => `  ${name.padEnd(width)}  ${description}`),
    '',
    '  -c, --config PATH  the config file (default: ./config.toml)',
    '  --verbose          say more, and where an error comes from',
    '  --version          the version',
    '  --help             this text; after a command: its options, with examples',
    '',
  ].join('\n');
}

/** The help of one command, with words for the parser's `#0`, an option's value, and for its dots, any number of arguments. */
export function commandHelp(usage: string): string {
  return usage.replaceAll(/ #0 {0,3}/g, ' VALUE').replace(/^(\$ .+) \.\.\.$/m, '$1 [PATHS]');
}
