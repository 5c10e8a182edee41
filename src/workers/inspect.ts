import { constants as bufferConstants } from 'node:buffer';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { identityOf, isSameIdentity, refusedKind } from '../core/index.ts';
import { isAbsence, messageOf, systemCode } from '../errors/index.ts';
import { checksChecksums } from '../rules/group.ts';
import type { IntegrityCheck } from '../rules/types.ts';
import { absentFiles, checkChecksum, digest } from './checksum.ts';
import type { InspectedFile, InspectRequest, SourceFile } from './messages.ts';

/** The checks that need no plugin, on the components of one group, in their order. */
export function inspectGroup(request: InspectRequest): readonly InspectedFile[] {
  return request.files.map((file) => inspectFile(request, file));
}

function inspectFile(request: InspectRequest, file: InspectRequest['files'][number]): InspectedFile {
  try {
    const stat = (request.followSymlinks ? statSync : lstatSync)(file.path);
    const refused = refusedKind(stat);
    if (refused !== null) return { verdict: 'failed', reason: refused };
    if (!isSameIdentity(identityOf(stat), file.identity)) return { verdict: 'changed' };
    const fd = openSync(
      file.path,
      constants.O_RDONLY | constants.O_NONBLOCK | (request.followSymlinks ? 0 : constants.O_NOFOLLOW),
    );
    try {
      if (!isSameIdentity(identityOf(fstatSync(fd)), file.identity)) return { verdict: 'changed' };
      for (const check of request.checks) {
        const verdict = runCheck(check, file, stat, fd);
        if (verdict !== null) return verdict;
      }
      const unchanged = file.archivedSha256 !== null && digest(fd, 'sha256') === file.archivedSha256;
      const absent = checksChecksums(request.checks) ? absentFiles(file.path) : [];
      return { verdict: 'passed', unchanged, ...(absent.length > 0 && { absent }) };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isAbsence(error)) return { verdict: 'gone' };
    const code = systemCode(error);
    if (code === 'ELOOP') return { verdict: 'failed', reason: 'symbolic link' };
    if (code === 'EACCES' || code === 'EPERM')
      return { verdict: 'failed', reason: `not readable: ${messageOf(error)}` };
    throw error;
  }
}

function failed(reason: string): InspectedFile {
  return { verdict: 'failed', reason };
}

/** Null: passed. */
function runCheck(check: IntegrityCheck, file: SourceFile, stat: Stats, fd: number): InspectedFile | null {
  switch (check.type) {
    case 'min_size':
      return stat.size < check.value ? failed(`size ${stat.size} is below min_size ${check.value}`) : null;
    case 'max_size':
      return stat.size > check.value ? failed(`size ${stat.size} is above max_size ${check.value}`) : null;
    case 'magic':
      return checkMagic(fd, check.value);
    case 'json':
      return checkJson(fd, stat.size);
    case 'checksum':
      return checkChecksum(file.path, fd);
    case 'plugin':
      return null;
  }
}

function checkMagic(fd: number, expectedHex: string): InspectedFile | null {
  const expected = expectedHex.replaceAll(/\s/g, '').toLowerCase();
  const head = Buffer.alloc(expected.length / 2);
  const found = head.subarray(0, readSync(fd, head, 0, head.length, 0)).toString('hex');
  return found === expected ? null : failed(`begins with ${found || 'nothing'}, not with ${expected}`);
}

function checkJson(fd: number, sizeBytes: number): InspectedFile | null {
  if (sizeBytes > bufferConstants.MAX_STRING_LENGTH)
    return failed(`${sizeBytes} bytes are too many to be parsed as JSON`);
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let length = 0;
  for (let count = -1; count !== 0 && length < sizeBytes; length += count) {
    count = readSync(fd, bytes, length, sizeBytes - length, length);
  }
  try {
    JSON.parse(bytes.toString('utf8', 0, length));
    return null;
  } catch (error) {
    if (error instanceof SyntaxError) return failed(`not JSON: ${messageOf(error)}`);
    throw error;
  }
}
