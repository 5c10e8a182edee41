import { catalogue } from '../src/errors/index.ts';

const introduction = `# Errors

Every error has a stable code; the sentence that says what is wrong comes with it, and below is what to do. A program finds the code
in \`CarbonationError.code\` (see [the library](library.md)). Commands print the sentence and the remedy, and exit with 1 (failed)
or 2 (wrong usage). What is tried again needs nobody: the service does it, with \`retry_delay\` between.
What is corrected in config.toml or in the plugin holds from the next start of the service; \`carbonation retry\` comes after it.
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
