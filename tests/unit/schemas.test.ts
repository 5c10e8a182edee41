import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mkdir, writeFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { parse } from 'smol-toml';
import { describe, expect, it, test } from 'vitest';
import { editorSchemas } from '../../scripts/editor-schema.ts';
import { generatedFiles } from '../../scripts/generated.ts';
import { scaffold } from '../../src/scaffold/index.ts';
import { useTemp } from '../support/temp.ts';

const root = resolve(import.meta.dirname, '../..');
const directory = useTemp();

test('what is made from the schemas and the errors is as `npm run docs:config` makes it', () => {
  for (const [path, content] of Object.entries(generatedFiles())) {
    expect(readFileSync(join(root, path), 'utf8'), `${path}: run npm run docs:config`).toBe(content);
  }
});

describe('the schemas for editors', () => {
  const read = (name: string): object => JSON.parse(editorSchemas()[name] ?? '');
  // As an editor does: what it does not know is not ours alone to know.
  const validator = (name: string) => new Ajv({ strict: true, allowUnionTypes: true }).compile(read(name));

  it('describe every key', () => {
    const missing: string[] = [];
    const walk = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      for (const [key, inner] of Object.entries(schema)) {
        if (key !== 'properties') {
          walk(inner, `${path}/${key}`);
          continue;
        }
        for (const [name, property] of Object.entries(inner as object)) {
          if (!('description' in property)) missing.push(`${path}/${name}`);
          walk(property, `${path}/${name}`);
        }
      }
    };
    for (const name of ['config.schema.json', 'rules.schema.json']) walk(read(name), name);
    expect(missing).toEqual([]);
  });

  it('take the files of init with every commented-out option, and refuse what the program refuses', async () => {
    await scaffold({ directory: directory(), systemd: false, user: null });
    for (const name of ['config', 'rules'] as const) {
      const validate = validator(`${name}.schema.json`);
      const text = readFileSync(join(directory(), `${name}.toml`), 'utf8');
      const open = text.replaceAll(/^# (\[\[|[a-z_]+ = )/gm, '$1');
      for (const written of [text, open]) {
        expect({ valid: validate(parse(written)), errors: validate.errors }).toEqual({ valid: true, errors: null });
      }
    }
    const config = validator('config.schema.json');
    expect(config({ service: { retry_delay: '5 minutes' } })).toBe(false);
    expect(config({ service: { retry_dely: '5m' } })).toBe(false);
    expect(config({ logging: { rotation: '10 mib', retention: '2 Weeks', format: 'json' } })).toBe(true);
    expect(config({ logging: { retention: '2 fortnights' } })).toBe(false);
    expect(validator('rules.schema.json')({ r: { integrity: [{ type: 'magic', value: 'xyz' }] } })).toBe(false);
  });

  it('are named by the files of init: where the package is installed beside them, by a path', async () => {
    const named = (path: string) => /^#:schema (\S+)\n/.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
    await scaffold({ directory: join(directory(), 'elsewhere'), systemd: false, user: null });
    const url = named(join(directory(), 'elsewhere/rules.toml'));
    expect(JSON.parse(readFileSync(fileURLToPath(url), 'utf8'))).toMatchObject({ title: 'carbonation rules.toml' });
    const installed = join(directory(), 'node_modules/carbonation/schemas/config.schema.json');
    await mkdir(dirname(installed), { recursive: true });
    await writeFile(installed, '{}');
    await scaffold({ directory: directory(), systemd: false, user: null });
    expect(resolve(directory(), named(join(directory(), 'config.toml')))).toBe(installed);
  });
});
