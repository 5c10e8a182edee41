import { isAbsolute, relative, resolve } from 'node:path';
import { isBelow } from '../core/index.ts';

/** Where an archive begins, and the template of what is below it; or why that cannot be told. */
export type ArchiveRoot =
  | { readonly ok: true; readonly basePath: string; readonly destination: string }
  | { readonly ok: false; readonly key: 'base_path' | 'destination'; readonly reason: string };

/**
 * Splits a destination into an absolute base path and a template relative to it. Without `base_path`, the
 * directories of an absolute destination that come before its first placeholder are the base path.
 *
 * @param directory What a relative `base_path` is relative to.
 */
export function archiveRoot(destination: string, basePath: string | undefined, directory: string): ArchiveRoot {
  const climbs = destination.split('/').includes('..');
  if (climbs) return { ok: false, key: 'destination', reason: 'it must not contain ".."' };
  if (!isAbsolute(destination)) {
    if (basePath !== undefined) return { ok: true, basePath: resolve(directory, basePath), destination };
    return { ok: false, key: 'base_path', reason: 'missing; a relative `destination` needs it' };
  }
  const { literal, template } = splitLiteral(destination);
  if (basePath === undefined) return { ok: true, basePath: literal, destination: template };
  const base = resolve(directory, basePath);
  if (!isBelow(base, literal)) {
    return { ok: false, key: 'destination', reason: `it must be below \`base_path\` (${base})` };
  }
  return {
    ok: true,
    basePath: base,
    destination: [relative(base, literal), template].filter((part) => part !== '').join('/'),
  };
}

// Whole directories only: of `/data/year-{start:%Y}` it is `/data`.
function splitLiteral(destination: string): { readonly literal: string; readonly template: string } {
  const brace = destination.search(/[{}]/);
  if (brace === -1) return { literal: resolve(destination), template: '' };
  const slash = destination.lastIndexOf('/', brace);
  return { literal: resolve('/', destination.slice(0, slash)), template: destination.slice(slash + 1) };
}
