import { closeSync, fstatSync, lstatSync, readSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identityOf, isSameIdentity, refusedKind } from '../core/index.ts';
import { isAbsence, messageOf, systemCode } from '../errors/index.ts';
import { inPlace, isLost, openFile } from '../archive/index.ts';
import { checksChecksums } from '../rules/group.ts';
import type { IntegrityCheck } from '../rules/types.ts';
import { absentFiles, checkChecksum, digest } from './checksum.ts';
import { JsonText } from './json-text.ts';
import type { InspectedFile, InspectRequest } from './messages.ts';

/** The checks that need no plugin, on the components of one group, in their order. */
export function inspectGroup(request: InspectRequest): readonly InspectedFile[] {
  return request.files.map((file) => inspectFile(request, file));
}

type FileToInspect = InspectRequest['files'][number];

/** A file that is being inspected. */
interface OpenFile {
  /** Where it is found now. */
  readonly path: string;
  readonly fd: number;
  readonly sizeBytes: number;
  readonly followSymlinks: boolean;
  readonly moved: Readonly<Record<string, string>>;
}

function inspectFile(request: InspectRequest, file: FileToInspect): InspectedFile {
  try {
    return inPlace(file, request.followSymlinks, (path) => inspectAt(path, request, file));
  } catch (error) {
    if (isAbsence(error)) return { verdict: 'gone' };
    const code = systemCode(error);
    if (code === 'ELOOP') return { verdict: 'failed', reason: 'symbolic link' };
    if (code === 'EACCES' || code === 'EPERM')
      return { verdict: 'failed', reason: `not readable: ${messageOf(error)}`, isUnreadable: true };
    throw error;
  }
}

function inspectAt(path: string, { checks, followSymlinks }: InspectRequest, file: FileToInspect): InspectedFile {
  const stat = (followSymlinks ? statSync : lstatSync)(path);
  const refused = refusedKind(stat);
  if (refused !== null) return { verdict: 'failed', reason: refused };
  if (!isSameIdentity(identityOf(stat), file.identity)) return { verdict: 'changed' };
  const fd = openFile(path, followSymlinks);
  try {
    if (!isSameIdentity(identityOf(fstatSync(fd)), file.identity)) return { verdict: 'changed' };
    for (const check of checks) {
      const moved = file.moved ?? {};
      const verdict = runCheck(check, { path, fd, sizeBytes: stat.size, followSymlinks, moved });
      if (verdict !== null) return verdict;
    }
    const isCopied = file.archivedSha256 !== null && digest(fd, 'sha256') === file.archivedSha256;
    const lost = isCopied && file.copy !== undefined && isLost(file.copy);
    const names = checksChecksums(checks) ? absentFiles(path, followSymlinks) : [];
    const absent = names.map((name) => join(dirname(file.path), name));
    const unchanged = isCopied && !lost;
    return { verdict: 'passed', unchanged, ...(lost && { lost }), ...(absent.length > 0 && { absent }) };
  } finally {
    closeSync(fd);
  }
}

function failed(reason: string): InspectedFile {
  return { verdict: 'failed', reason };
}

/** Null: passed. */
function runCheck(
  check: IntegrityCheck,
  { path, fd, sizeBytes, followSymlinks, moved }: OpenFile,
): InspectedFile | null {
  switch (check.type) {
    case 'min_size':
      return sizeBytes < check.value ? failed(`size ${sizeBytes} is below min_size ${check.value}`) : null;
    case 'max_size':
      return sizeBytes > check.value ? failed(`size ${sizeBytes} is above max_size ${check.value}`) : null;
    case 'magic':
      return checkMagic(fd, check.value);
    case 'json':
      return checkJson(fd, sizeBytes);
    case 'checksum':
      return checkChecksum(path, fd, followSymlinks, moved);
    case 'plugin':
      return null;
  }
}

function checkMagic(fd: number, expected: string): InspectedFile | null {
  const head = Buffer.alloc(expected.length / 2);
  const found = head.subarray(0, readSync(fd, head, 0, head.length, 0)).toString('hex');
  return found === expected ? null : failed(`begins with ${found || 'nothing'}, not with ${expected}`);
}

/** Pieces in which a file is read that need not be in memory as a whole. */
const pieceBytes = 1024 * 1024;

function checkJson(fd: number, sizeBytes: number): InspectedFile | null {
  const text = new JsonText();
  const piece = Buffer.allocUnsafe(Math.min(sizeBytes + 1, pieceBytes));
  for (let position = 0; ;) {
    const count = readSync(fd, piece, 0, piece.length, position);
    if (count === 0 || !text.take(piece.subarray(0, count))) break;
    position += count;
  }
  const problem = text.end();
  return problem === null ? null : failed(`not JSON: ${problem}`);
}
