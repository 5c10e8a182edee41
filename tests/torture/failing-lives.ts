/**
 * Lives the lives that are read from stdin as a JSON list of failures; writes a
 * line of JSON with the problems of each to stdout.
 *
 * Usage: node --import faults.ts failing-lives.ts
 */
import { text } from 'node:stream/consumers';
import { dropDatabases } from './databases.ts';
import { failAt, type Failing } from './failures.ts';

const failures: readonly Failing[] = JSON.parse(await text(process.stdin));

for (const failure of failures) {
  const start = performance.now();
  const problems = await failAt(failure).catch((error: unknown) => [String(error)]);
  process.stdout.write(`${JSON.stringify({ failure, problems, ms: Math.round(performance.now() - start) })}\n`);
}
await dropDatabases();
process.stdout.end(() => process.exit(0));
