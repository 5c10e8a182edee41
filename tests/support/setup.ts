import { expect } from 'vitest';

// Without the devDependency `node`, everything would run on the host's older Node without a word.
const major = Number(process.versions.node.split('.')[0]);
expect(
  major,
  `tests need Node 24, this is ${process.version}: run \`npm ci\` and use \`npm test\``,
).toBeGreaterThanOrEqual(24);
