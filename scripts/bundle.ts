/**
 * Bundles the program into `dist/program`: what the command and its threads run as (docs/decisions/0012-bundled-program.md).
 * Whoever imports the library gets the modules of `dist/src` and their own MikroORM.
 */
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { types } from 'node:util';
import { rolldown, type OutputChunk, type Plugin } from 'rolldown';

const root = join(import.meta.dirname, '..');

/** Below `src`: what is started or imported by its name. */
const entries = [
  'cli/main',
  'index',
  'testing/index',
  ...globSync('**/*.worker.ts', { cwd: join(root, 'src') }).map(stem),
];

/** The packages whose code goes into the bundle: 425 of the 700 modules of a start. The others stay what they are. */
const inside = /^(@mikro-orm\/|kysely$)/;

/** Where modules without a name of their own go: as deep as all others, so that paths relative to them stay right. */
const shared = 'shared';

const prefix = '\0through:';

function stem(path: string): string {
  return path.replace(/\.ts$/, '').split(sep).join('/');
}

/** The package of a specifier: `a` of `a/b`, `@a/b` of `@a/b/c`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function manifestOf(directory: string): { readonly [key: string]: unknown } {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
}

/** The bundled package that a file belongs to; null: it is ours. */
function packageAt(path: string): string | null {
  const below = path.split(`node_modules${sep}`).at(-1);
  return below === undefined || below === path ? null : packageOf(below.split(sep).join('/'));
}

/** The packages from ours to a bundled one, by who depends on whom. */
function chainTo(name: string): readonly string[] {
  const depends = (directory: string): boolean => name in Object(manifestOf(directory)['dependencies']);
  if (depends(root)) return [name];
  const through = Object.keys(Object(manifestOf(root)['dependencies'])).find(
    (own) => inside.test(own) && depends(join(root, 'node_modules', own)),
  );
  if (through === undefined) throw new Error(`no dependency brings ${name}`);
  return [through, name];
}

/**
 * What bundled packages import from others, which stay outside, is looked up where those packages are: nobody else has to
 * have it, and a database driver is the very copy that its package has (see `sqliteLibrary`).
 */
const outside: Plugin = {
  name: 'outside',
  resolveId(specifier, importer, { kind }) {
    if (/^[./\0]|^node:/.test(specifier) || importer === undefined || inside.test(packageOf(specifier))) return null;
    const from = packageAt(importer);
    // What a package imports late it can do without.
    if (from === null || kind === 'dynamic-import') return { id: specifier, external: true };
    return `${prefix}${[...chainTo(from), specifier].join(':')}`;
  },
  load(id) {
    if (!id.startsWith(prefix)) return null;
    const path = id.slice(prefix.length).split(':');
    const required = path.reduce(
      (from, name, i) => `createRequire(${from})${i < path.length - 1 ? '.resolve' : ''}('${name}')`,
      'import.meta.url',
    );
    const from = path.slice(0, -1).reduce((at, name) => createRequire(at).resolve(name), import.meta.url);
    const content: unknown = createRequire(from)(path.at(-1) ?? '');
    const names = Object.keys(Object(content)).filter((name) => name !== 'default' && /^[a-z_$][\w$]*$/i.test(name));
    const code = [
      "import { createRequire } from 'node:module';",
      `const required = ${required};`,
      `export default required${types.isModuleNamespaceObject(content) ? '.default' : ''};`,
      ...names.map((name) => `export const ${name} = required.${name};`),
    ].join('\n');
    // Only whoever imports something of it has it loaded.
    return { code, moduleSideEffects: false };
  },
};

/** The licences of what has been bundled, which its copies must carry. */
function notices(chunks: readonly OutputChunk[]): string {
  const paths = chunks.flatMap(({ modules }) => Object.keys(modules)).filter((path) => packageAt(path) !== null);
  const directories = new Set(paths.map((path) => directoryOf(path)));
  const texts = [...directories].toSorted().map((directory) => {
    const { name, version, license } = manifestOf(directory);
    const [file] = globSync('LICEN{S,C}E*', { cwd: directory });
    if (file === undefined) throw new Error(`${String(name)} has no licence to publish its code under`);
    const text = readFileSync(join(directory, file), 'utf8').trim();
    return `${String(name)} ${String(version)} (${String(license)})\n\n${text}\n`;
  });
  return ['The program in this directory contains code of these packages.\n', ...texts].join(`\n${'-'.repeat(80)}\n\n`);
}

function directoryOf(path: string): string {
  const name = packageAt(path) ?? '';
  return path.slice(0, path.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length);
}

/** Bundles the program into a directory, which is made anew. */
export async function bundleProgram(target: string): Promise<void> {
  rmSync(target, { recursive: true, force: true });
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry, join(root, 'src', `${entry}.ts`)])),
    platform: 'node',
    plugins: [outside],
    // A name that nobody imports is not looked up: behind it may be a package that is loaded at that moment.
    treeshake: { propertyReadSideEffects: false },
    // A module that is loaded late by one command and at once by another is in one chunk with the latter: as it should be.
    checks: { ineffectiveDynamicImport: false },
  });
  const { output } = await bundle.write({
    dir: target,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: `${shared}/[name]-[hash].js`,
    // What the drivers share, in one piece: each would load another one otherwise, for a module of kysely that lies in it.
    codeSplitting: { groups: [{ name: 'sql', test: /node_modules\/(@mikro-orm\/(core|sql)|kysely)\// }] },
    // Classes and functions are told of by their names.
    keepNames: true,
    comments: { jsdoc: false },
  });
  await bundle.close();

  const chunks = output.filter((part) => part.type === 'chunk');
  for (const { fileName, code } of chunks) {
    if (fileName.split('/').length !== 2 && code.includes('import.meta'))
      throw new Error(`${fileName} looks for files relative to itself, but is not where its modules are`);
  }
  writeFileSync(join(target, 'THIRD-PARTY-NOTICES.txt'), notices(chunks));
}

if (import.meta.main) await bundleProgram(join(root, 'dist', 'program'));
