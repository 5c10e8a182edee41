import { basename } from 'node:path';
import { identityOf, isBelow, isSameIdentity, Slots, type FileIdentity } from '../core/index.ts';
import { CarbonationError, messageOf, systemCode, toCarbonationError } from '../errors/index.ts';
import type { SourceFile, TransferredFile, TransferRequest } from '../workers/messages.ts';
import { Directories } from './directories.ts';
import * as disk from './disk.ts';
import { partPath } from './names.ts';
import { isSameFile, publish, publishSymlink } from './publish.ts';
import { stageCopy, stageFile, type Staged } from './stage.ts';
import { sweepParts } from './sweep.ts';

/** A file that cannot be transferred as it is. */
type Refusal = Extract<TransferredFile, { outcome: 'changed' | 'gone' | 'failed' }>;

type Staging = {
  readonly request: TransferRequest;
  /** In the order of the request, so that of two files of one name each gets the same one every time. */
  readonly staged: readonly Staged[];
  readonly refused: Map<string, Refusal>;
};

type Outcomes = ReadonlyMap<string, TransferredFile>;

/** Files of one message that are open at once, and flushed together: each keeps two descriptors meanwhile. */
const openFiles = 128;

/**
 * Puts groups into their archives. First every component of a group is staged:
 * read, hashed, written under a temporary name, flushed, verified. Only when all
 * of them are sound and still the files that settled are they published, so that
 * no mix of old and new is ever archived. Running it again is harmless.
 *
 * Returns, for each request, the outcomes in the order of its files; it never
 * throws for a file's sake.
 */
export async function transferGroups(
  requests: readonly TransferRequest[],
): Promise<readonly (readonly TransferredFile[])[]> {
  const directories = new Directories();
  const slots = new Slots(openFiles);
  const stagings = await Promise.all(requests.map((request) => stageGroup(request, directories, slots)));
  const outcomes: Outcomes[] = [];
  for (const staging of stagings) outcomes.push(await publishGroup(staging, directories));
  const unflushed = await flushDirectories(directories.dirty);
  return stagings.map((staging, i) => {
    const outcome = outcomes[i] ?? new Map();
    const { durable, directory, files } = staging.request;
    const error = durable ? unflushed.find((one) => isBelow(one.directory, directory))?.error : undefined;
    const found = withIdentities(staging, error === undefined ? outcome : withoutArchived(outcome, error));
    return files.map(({ path }) => found.get(path) ?? { outcome: 'changed' });
  });
}

/** A link that was made before a file failed has changed its ctime: that is no change of the file, which would settle anew. */
function withIdentities({ request, staged }: Staging, outcomes: Outcomes): Outcomes {
  const now = new Map(outcomes);
  for (const { file, part } of staged) {
    const found = now.get(file.path);
    if (part !== null || found?.outcome !== 'failed') continue;
    try {
      now.set(file.path, { ...found, identity: identityAfterLink(request, file) });
    } catch {
      // It cannot be looked at; whoever looks at it next finds out.
    }
  }
  return now;
}

/** What was published in a directory that cannot be flushed, or below one, does not count. */
function withoutArchived(outcomes: Outcomes, error: CarbonationError): Outcomes {
  const failed: TransferredFile = { outcome: 'failed', error: error.toPlain() };
  return new Map([...outcomes].map(([path, found]) => [path, found.outcome === 'archived' ? failed : found]));
}

async function stageGroup(request: TransferRequest, directories: Directories, slots: Slots): Promise<Staging> {
  const refused = new Map<string, Refusal>();
  try {
    // Where there is no destination, that is said of all files, and none of them is opened.
    directories.destination(request);
    const { sweeps, files } = request;
    if (sweeps !== null)
      sweepParts(
        sweeps,
        files.map(({ path }) => path),
      );
    const found = await Promise.all(
      files.map((file) =>
        slots.run(async () => {
          try {
            return await stageFile(request, directories, file);
          } catch (error) {
            refused.set(file.path, refusalOf(request, file, error));
            return null;
          }
        }),
      ),
    );
    return { request, staged: found.filter((one) => one !== null), refused };
  } catch (error) {
    for (const { path } of request.files) refused.set(path, refusal(error));
    return { request, staged: [], refused };
  }
}

async function publishGroup(staging: Staging, directories: Directories): Promise<Outcomes> {
  const { request, staged, refused } = staging;
  for (const { file } of staged) {
    const disturbance = disturbanceOf(request, file);
    if (disturbance !== null) refused.set(file.path, disturbance);
  }
  const outcomes = new Map<string, TransferredFile>(refused);
  const taken = new Set(request.kept);
  const disturbed = [...refused.values()].some(({ outcome }) => outcome !== 'failed');
  for (const item of staged) {
    const { path } = item.file;
    if (!outcomes.has(path))
      outcomes.set(path, disturbed ? { outcome: 'changed' } : await publishFile(request, item, taken));
    const found = outcomes.get(path);
    if (found?.outcome === 'archived') taken.add(found.path);
    else {
      const leftover = discard(partOf(request, item));
      if (leftover !== null) outcomes.set(path, leftover);
    }
  }
  if (staged.length > 0) directories.changed(request);
  return outcomes;
}

async function publishFile(
  request: TransferRequest,
  item: Staged,
  taken: ReadonlySet<string>,
): Promise<TransferredFile> {
  try {
    return publishStaged(request, item, taken);
  } catch (error) {
    if (request.action === 'move' && item.part === null && disk.hasNoLinks(error))
      return copyInstead(request, item, taken);
    // A copy is linked within its own directory: there, that advice would be wrong.
    if (systemCode(error) === 'EXDEV' && item.part === null) {
      const message = `${item.file.path} and ${request.directory} are on different file systems`;
      return { outcome: 'failed', error: new CarbonationError('LINK_CROSS_DEVICE', message).toPlain() };
    }
    if (request.action === 'hardlink' && !(error instanceof CarbonationError) && disk.hasNoLinks(error)) {
      const message = `${item.file.path} gets no hard link in ${request.directory}: ${messageOf(error)}`;
      return { outcome: 'failed', error: new CarbonationError('LINK_REFUSED', message).toPlain() };
    }
    return refusal(error);
  }
}

/** Two mounts of one file system look the same and still refuse links; so may the rights on another's file. */
async function copyInstead(
  request: TransferRequest,
  item: Staged,
  taken: ReadonlySet<string>,
): Promise<TransferredFile> {
  const { file } = item;
  // A link that was made before the refusal has changed the source's ctime, and so does its removal.
  const leftover = discard(partOf(request, item));
  if (leftover !== null) return leftover;
  let now = file;
  try {
    now = { ...file, identity: identityAfterLink(request, file) };
    return publishStaged(request, await stageCopy(request, now), taken);
  } catch (error) {
    return refusalOf(request, now, error);
  }
}

function publishStaged(request: TransferRequest, item: Staged, taken: ReadonlySet<string>): TransferredFile {
  const { file, sha256, sizeBytes } = item;
  const part = partOf(request, item);
  const { directory, owner, onConflict: policy, durable, fileMode } = request;
  const naming = { directory, name: basename(file.path), policy, taken };
  if (request.action === 'symlink') {
    const path = publishSymlink(file.path, part, naming);
    return { outcome: 'archived', path, sha256, sizeBytes, identity: file.identity };
  }
  const source =
    item.part === null
      ? {
          path: request.followSymlinks ? disk.realpathSync(file.path) : file.path,
          identity: file.identity,
          mode: request.action === 'move' ? fileMode : null,
        }
      : null;
  const path = publish({ part, source, owner, sha256, sizeBytes, durable }, naming);
  const leftover = discard(part);
  if (leftover !== null) return leftover;
  const identity = source === null ? file.identity : identityAfterLink(request, file);
  return { outcome: 'archived', path, sha256, sizeBytes, identity };
}

/** The source's identity once it has been linked. Another file that has taken its place is not the archived one. */
function identityAfterLink(request: TransferRequest, file: SourceFile): FileIdentity {
  const after = disk.statOrNull(file.path, request.followSymlinks);
  return after !== null && isSameFile(after, file.identity) ? identityOf(after) : file.identity;
}

/** Null: the file is still the one that settled. */
function disturbanceOf(request: TransferRequest, file: SourceFile): Refusal | null {
  try {
    const now = disk.statOrNull(file.path, request.followSymlinks);
    if (now === null) return { outcome: 'gone' };
    return isSameIdentity(identityOf(now), file.identity) ? null : { outcome: 'changed' };
  } catch (error) {
    return refusal(error);
  }
}

/** The temporary name of a file, be it that of a copy or one that a link may have got. */
function partOf({ directory, owner }: TransferRequest, { part, file }: Staged): string {
  return part ?? partPath(directory, owner, file.path);
}

/**
 * Removes the temporary name, if it is there. One that cannot be removed fails
 * the file, whatever else became of it: the next try sweeps it away, and finds
 * what has been published under its name.
 */
function discard(part: string): Refusal | null {
  try {
    disk.removeIfThere(part);
    return null;
  } catch (error) {
    const message = `${part} cannot be removed: ${messageOf(error)}`;
    return { outcome: 'failed', error: new CarbonationError('TRANSFER_FAILED', message).toPlain() };
  }
}

interface Unflushed {
  readonly directory: string;
  readonly error: CarbonationError;
}

async function flushDirectories(dirty: ReadonlySet<string>): Promise<readonly Unflushed[]> {
  const failed: Unflushed[] = [];
  await Promise.all(
    [...dirty].map(async (directory) => {
      try {
        await disk.flushDirectory(directory);
      } catch (error) {
        const message = `${directory} cannot be flushed: ${messageOf(error)}`;
        failed.push({ directory, error: new CarbonationError('TRANSFER_FAILED', message) });
      }
    }),
  );
  return failed;
}

/** Why a file was not transferred: before all, because it is not the one that settled. */
function refusalOf(request: TransferRequest, file: SourceFile, error: unknown): Refusal {
  const disturbance = disturbanceOf(request, file);
  return disturbance === null || disturbance.outcome === 'failed' ? refusal(error) : disturbance;
}

function refusal(error: unknown): Refusal {
  const code = systemCode(error);
  if (code === 'SOURCE_CHANGED' || code === 'ELOOP') return { outcome: 'changed' };
  return { outcome: 'failed', error: toCarbonationError(error, 'TRANSFER_FAILED').toPlain() };
}
