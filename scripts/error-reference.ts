import { catalogue } from '../src/errors/index.ts';

const introduction = `# Errors

Every error has a stable code, a sentence that says what is wrong, and a remedy (below). A program finds the code in
\`CarbonationError.code\` (see [the library](library.md)). Commands print the sentence and the remedy, and exit with 1 (failed) or
2 (wrong usage). If an error is tried again, the service does so by itself, with \`retry_delay\` between.
A correction in config.toml or in the plugin takes effect at the next start of the service; run \`carbonation retry\` after it.
This page is made from the program's catalogue (\`npm run docs:config\`).
`;

/** docs/errors.md, before it is formatted. */
export function errorReference(): string {
  const rows = Object.entries(catalogue)
    .toSorted(([a], [b]) => a.localeCompare(b, 'en'))
    .map(
      ([code, { exit, retryable, remedy }]) => `| \`${code}\` | ${exit} | ${retryable ? 'yes' : 'no'} | ${remedy} |`,
    );
  const head = ['| code | exit code | tried again | what to do |', '| --- | --- | --- | --- |'];
  return `${introduction}\n${[...head, ...rows].join('\n')}\n`;
}
