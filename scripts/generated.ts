import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { configReference } from './config-reference.ts';
import { editorSchemas } from './editor-schema.ts';
import { errorReference } from './error-reference.ts';
import { validatorModules } from './validators.ts';

const root = join(import.meta.dirname, '..');

/**
 * Every file that is made from the schemas and the catalogue of errors, by path, formatted as the repository wants it, except
 * code that nobody reads.
 */
export function generatedFiles(): Readonly<Record<string, string>> {
  const files: Record<string, string> = {
    'docs/configuration.md': configReference(),
    'docs/errors.md': errorReference(),
  };
  for (const [name, text] of Object.entries(editorSchemas())) files[`schemas/${name}`] = text;
  const written = Object.entries(files).map(([path, text]): [string, string] => [path, formatted(path, text)]);
  return { ...Object.fromEntries(written), ...validatorModules() };
}

function formatted(path: string, text: string): string {
  const program = join(root, 'node_modules/.bin/oxfmt');
  return execFileSync(program, [`--stdin-filepath=${join(root, path)}`], { cwd: root, input: text, encoding: 'utf8' });
}
