import { lstatSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { transferGroups } from '../../src/archive/index.ts';
import { identityOf } from '../../src/core/index.ts';
import { archiveDefaults } from './archive-defaults.ts';
import type { SourceFile, TransferredFile, TransferRequest } from '../../src/workers/messages.ts';

/** The process's id in temporary names. */
export const owner = 'aaaaaaaaaaaa';

/** A directory to deliver into, and one to archive into, both empty. */
export function makeDirectories(parent: string): { readonly delivery: string; readonly archive: string } {
  const made = { delivery: join(parent, 'delivery'), archive: join(parent, 'archive') };
  for (const path of Object.values(made)) mkdirSync(path);
  return made;
}

/** Writes a file and gives it as it has settled. */
export function deliver(path: string, content: string | Buffer): SourceFile {
  writeFileSync(path, content);
  return source(path);
}

/** A file as it is now. */
export function source(path: string, followSymlinks = false): SourceFile {
  return { path, name: basename(path), identity: identityOf((followSymlinks ? statSync : lstatSync)(path)) };
}

/** A durable, verified copy, unless told otherwise. */
export function request(
  directory: string,
  files: readonly SourceFile[],
  changes: Partial<TransferRequest> = {},
): TransferRequest {
  return {
    owner,
    basePath: directory,
    root: null,
    directory,
    ...archiveDefaults,
    followSymlinks: false,
    sweeps: null,
    kept: [],
    files,
    ...changes,
  };
}

/** Transfers one group; the outcomes in the order of its files. */
export async function transfer(one: TransferRequest): Promise<readonly TransferredFile[]> {
  const [outcomes] = await transferGroups([one]);
  return outcomes ?? [];
}

/** The outcome, which must be `archived`. */
export function archived(found: TransferredFile | undefined): Extract<TransferredFile, { outcome: 'archived' }> {
  if (found?.outcome === 'archived') return found;
  throw new Error(`not archived: ${JSON.stringify(found)}`);
}

/** Outcomes in short: the outcome, or the code of the failure. */
export function shortly(found: TransferredFile | undefined): string | undefined {
  return found?.outcome === 'failed' ? found.error.code : found?.outcome;
}

/** The names in a directory, in order. */
export function names(directory: string): readonly string[] {
  return readdirSync(directory).toSorted();
}
