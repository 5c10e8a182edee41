/**
 * Writes what is made from the schemas of config.toml and rules.toml, and from the catalogue of errors: `schemas/` for
 * editors, what validates, docs/configuration.md and docs/errors.md.
 *
 * Usage: node scripts/docs-config.ts
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generatedFiles } from './generated.ts';

const root = join(import.meta.dirname, '..');
for (const [path, content] of Object.entries(generatedFiles())) {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), content);
  process.stdout.write(`${path}\n`);
}
