import { execFileSync, spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { IntegrityCheck } from '../../src/rules/types.ts';
import { inspectGroup } from '../../src/workers/inspect.ts';
import type { InspectedFile, SourceFile } from '../../src/workers/index.ts';
import { deliver, source } from '../support/archive.ts';
import { useTemp } from '../support/temp.ts';

const temp = useTemp();

function inspect(
  file: SourceFile,
  checks: readonly IntegrityCheck[] = [],
  followSymlinks = false,
): InspectedFile | undefined {
  return inspectGroup({ files: [{ ...file, archivedSha256: null }], checks, followSymlinks })[0];
}

/** Delivers a file and inspects it; the verdict, with the reason where there is one. */
function check(content: string | Buffer, one: IntegrityCheck, name = 'a'): string {
  return said(inspect(deliver(join(temp(), name), content), [one]));
}

function said(found: InspectedFile | undefined): string {
  return found !== undefined && 'reason' in found ? `${found.verdict}: ${found.reason}` : (found?.verdict ?? 'nothing');
}

describe('a size', () => {
  test.each([
    ['min_size', 4, 'failed: size 3 is below min_size 4'],
    ['min_size', 3, 'passed'],
    ['max_size', 2, 'failed: size 3 is above max_size 2'],
    ['max_size', 3, 'passed'],
  ] as const)('is checked by %s %i', (type, value, expected) => {
    expect(check('abc', { type, value })).toBe(expected);
  });
});

describe('leading bytes', () => {
  test.each([
    ['89504e47', 'passed'],
    ['8950ff', 'failed: begins with 89504e, not with 8950ff'],
    ['89504e470000', 'failed: begins with 89504e47, not with 89504e470000'],
  ])('are compared with %s', (value, expected) => {
    expect(check(Buffer.from('89504e47', 'hex'), { type: 'magic', value })).toBe(expected);
  });

  test('of an empty file are none', () => {
    expect(check('', { type: 'magic', value: '00' })).toBe('failed: begins with nothing, not with 00');
  });
});

describe('JSON', () => {
  const json: IntegrityCheck = { type: 'json' };
  test.each([
    ['{"a":[1]}', /^passed$/],
    ['"漢😀"', /^passed$/],
    ['{"a":', /^failed: not JSON/],
    ['', /^failed: not JSON/],
    ['{} {}', /^failed: not JSON/],
    [`{"a":[${'1,'.repeat(1_000_000)}1]}`, /^passed$/],
    // To be parsed it would take forty times its size.
    ['['.repeat(2_000_000), /^failed: not JSON: it has more than 100000 levels$/],
  ])('is told from what is none: %#', (content, expected) => {
    expect(check(content, json)).toMatch(expected);
  });

  test('is read from its start by each check', () => {
    const file = deliver(join(temp(), 'a'), '{}');
    expect(said(inspect(file, [json, json, { type: 'magic', value: '7b' }, json]))).toBe('passed');
  });
});

describe('a checksum', () => {
  const checksum: IntegrityCheck = { type: 'checksum' };
  const right = (algorithm: string) => hash(algorithm, 'content');

  test('that is not there yet is waited for', () => {
    expect(check('content', checksum)).toBe('waiting: waiting for its checksum');
  });

  test.each(['md5', 'sha1', 'sha256', 'sha512'])('beside the file in .%s is compared', (algorithm) => {
    const sidecar = join(temp(), `a.${algorithm}`);
    writeFileSync(sidecar, `${right(algorithm).toUpperCase()}  a\n`);
    expect(check('content', checksum)).toBe('passed');
    writeFileSync(sidecar, right(algorithm));
    expect(check('content', checksum)).toBe('passed');
    writeFileSync(
      sidecar,
      right(algorithm).replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    );
    expect(check('content', checksum)).toMatch(
      new RegExp(`^failed: mismatch: ${algorithm} is ${right(algorithm)}, a.${algorithm} says`),
    );
  });

  test('that is only half written is waited for', () => {
    const unread = 'waiting: unread: a.sha256 holds no checksum of sha256; waiting for its checksum';
    writeFileSync(join(temp(), 'a.sha256'), right('sha256').slice(0, 40));
    expect(check('content', checksum)).toBe(unread);
    // Another file's manifest is not what it waits for.
    writeFileSync(join(temp(), 'SHA256SUMS'), `${right('sha256')}  b\n`);
    writeFileSync(join(temp(), 'a.sha256'), '');
    expect(check('content', checksum)).toBe(unread);
  });

  test.each([
    ['SHA256SUMS', 'sha256'],
    ['manifest-sha256.txt', 'sha256'],
    ['MD5SUMS', 'md5'],
  ])('in the manifest %s is compared; a file that it does not list waits', (manifest, algorithm) => {
    const other = hash(algorithm, 'other');
    writeFileSync(join(temp(), manifest), `${other}  b\r\n${right(algorithm)} *./a\r\n`);
    expect(check('content', checksum)).toBe('passed');
    expect(check('content', checksum, 'b')).toMatch(/^failed: mismatch: /);
    expect(check('content', checksum, 'c')).toBe(
      `waiting: extra: ${manifest} does not list it; waiting for its checksum`,
    );
  });

  test('of a file of the same name in another directory is not this file’s', () => {
    writeFileSync(join(temp(), 'SHA256SUMS'), `${hash('sha256', 'other')}  sub/a\n${right('sha256')}  a\n`);
    expect(check('content', checksum)).toBe('passed');
  });

  test.each([
    ['  ', '*a', 'a'],
    ['  ', ' a', 'a'],
    ['  ', 'a ', 'a'],
    [' *', 'a ', 'a'],
    // As BSD's `-r` writes it.
    [' ', '1a', 'a'],
    ['\t', '1a', 'a'],
  ])('behind %j of %j is not that of %j, which is listed, too', (blanks, other, name) => {
    const lines = [`${hash('sha256', 'other')}${blanks}${other}\n`, `${right('sha256')}${blanks}${name}\n`];
    for (const listing of [lines, lines.toReversed()]) {
      writeFileSync(join(temp(), 'SHA256SUMS'), listing.join(''));
      expect(check('content', checksum, name)).toBe('passed');
      expect(check('other', checksum, other)).toBe('passed');
    }
  });

  test('of each file that a manifest lists and that is not there is told, by its path', () => {
    const line = (name: string) => `${hash('sha256', 'x')}  ${name}\n`;
    const manifest = deliver(join(temp(), 'SHA256SUMS'), ['a', 'b', './c', 'sub/d', 'e'].map(line).join(''));
    for (const name of ['a', 'c']) deliver(join(temp(), name), 'x');
    const absent = ['b', 'sub/d', 'e'].map((name) => join(temp(), name));
    expect(inspect(manifest, [checksum])).toEqual({ verdict: 'passed', unchanged: false, absent });
    expect(inspect(manifest, [])).toEqual({ verdict: 'passed', unchanged: false });
    for (const name of ['b', 'e']) deliver(join(temp(), name), 'x');
    mkdirSync(join(temp(), 'sub'));
    deliver(join(temp(), 'sub/d'), 'x');
    expect(inspect(manifest, [checksum])).toEqual({ verdict: 'passed', unchanged: false });
  });

  test('in a manifest that is written anew is read anew', () => {
    const file = deliver(join(temp(), 'a'), 'content');
    writeFileSync(join(temp(), 'SHA256SUMS'), `${hash('sha256', 'other')}  a\n`);
    expect(said(inspect(file, [checksum]))).toMatch(/^failed: mismatch/);
    writeFileSync(join(temp(), 'SHA256SUMS'), `${right('sha256')}  a\n`);
    expect(said(inspect(file, [checksum]))).toBe('passed');
  });

  test.each([[[]], [['--tag']], [['--zero']], [['--zero', '--tag']]])(
    'as the coreutils write it (with %j) is understood, whatever the name',
    (options) => {
      const found = [
        'a b',
        "it's",
        ' leading',
        'back\\slash',
        'new\nline',
        '漢😀',
        '*star',
        'a (1) = b',
        'a\u2028b',
      ].map((name) => {
        deliver(join(temp(), name), 'content');
        const { stdout, status } = spawnSync('sha256sum', [...options, '--', name], { cwd: temp(), encoding: 'utf8' });
        expect(status).toBe(0);
        appendFileSync(join(temp(), 'SHA256SUMS'), stdout);
        return `${name}: ${check('content', checksum, name)}`;
      });
      expect(found.filter((line) => !line.endsWith(': passed'))).toEqual([]);
    },
  );

  test.each(['a.sha256', 'SHA256SUMS'])('in %s of more than 64 MiB is not read, and that is said', (name) => {
    writeFileSync(join(temp(), name), `${right('sha256')}  a\n`);
    truncateSync(join(temp(), name), 64 * 1024 * 1024 + 1);
    expect(check('content', checksum)).toBe(`waiting: unread: ${name} has more than 64 MiB; waiting for its checksum`);
    truncateSync(join(temp(), name), 64 * 1024 * 1024);
    expect(check('content', checksum)).toBe('passed');
  });

  test('behind a link is taken only when links are followed', () => {
    writeFileSync(join(temp(), 'elsewhere'), hash('md5', 'abc'));
    symlinkSync('elsewhere', join(temp(), 'a.md5'));
    const file = deliver(join(temp(), 'a'), 'abc');
    expect(said(inspect(file, [{ type: 'checksum' }]))).toBe('waiting: waiting for its checksum');
    expect(said(inspect(file, [{ type: 'checksum' }], true))).toBe('passed');
  });

  test('in a directory of a recursive watch is found beside the file', () => {
    mkdirSync(join(temp(), 'sub'));
    writeFileSync(join(temp(), 'sub', 'SHA256SUMS'), `${hash('sha256', 'abc')}  a\n${hash('sha256', '')}  absent\n`);
    const file = { ...deliver(join(temp(), 'sub', 'a'), 'abc'), name: 'sub/a' };
    const manifest = { ...source(join(temp(), 'sub', 'SHA256SUMS')), name: 'sub/SHA256SUMS' };
    expect(said(inspect(file, [{ type: 'checksum' }]))).toBe('passed');
    expect(inspect(manifest, [{ type: 'checksum' }])).toMatchObject({ absent: [join(temp(), 'sub', 'absent')] });
  });

  test.each(['SHA2-256(a)= ', 'SHA256 (elsewhere/a) = '])('in a sidecar that begins with %s is compared', (tag) => {
    writeFileSync(join(temp(), 'a.sha256'), `${tag}${right('sha256')}\n`);
    expect(check('content', checksum)).toBe('passed');
    expect(check('other', checksum)).toMatch(/^failed: mismatch/);
  });

  test('file itself needs none', () => {
    for (const name of ['a.md5', 'SHA256SUMS', 'manifest-sha256.txt'])
      expect(check('x', checksum, name)).toBe('passed');
  });

  test.each(['a directory', 'a FIFO', 'a dangling link'])('whose file is %s is waited for', (kind) => {
    const sidecar = join(temp(), 'a.sha256');
    if (kind === 'a directory') mkdirSync(sidecar);
    else if (kind === 'a FIFO') execFileSync('mkfifo', [sidecar]);
    else symlinkSync('nowhere', sidecar);
    expect(check('content', checksum)).toMatch(/^waiting/);
  });
});

describe('a file', () => {
  test('that is as it settled passes, and says whether its content is the archived one', () => {
    const file = deliver(join(temp(), 'a'), 'content');
    const one = (archivedSha256: string | null) =>
      inspectGroup({ files: [{ ...file, archivedSha256 }], checks: [], followSymlinks: false })[0];
    expect(one(null)).toEqual({ verdict: 'passed', unchanged: false });
    expect(one(hash('sha256', 'content'))).toEqual({ verdict: 'passed', unchanged: true });
    expect(one(hash('sha256', 'other'))).toEqual({ verdict: 'passed', unchanged: false });
  });

  test('of 3 MB is hashed as a whole', () => {
    const content = Buffer.alloc(3_000_000, 'abc');
    const file = deliver(join(temp(), 'a'), content);
    const files = [{ ...file, archivedSha256: hash('sha256', content) }];
    expect(inspectGroup({ files, checks: [], followSymlinks: false })[0]).toEqual({
      verdict: 'passed',
      unchanged: true,
    });
  });

  test('that has changed since, or has gone, is told as that', () => {
    const file = deliver(join(temp(), 'a'), 'content');
    appendFileSync(file.path, '!');
    expect(said(inspect(file))).toBe('changed');
    rmSync(file.path);
    expect(said(inspect(file))).toBe('gone');
    mkdirSync(join(temp(), 'sub'));
    const below = deliver(join(temp(), 'sub', 'a'), 'x');
    rmSync(join(temp(), 'sub'), { recursive: true });
    writeFileSync(join(temp(), 'sub'), 'a file now');
    expect(said(inspect(below))).toBe('gone');
  });

  test('that is none fails without being opened', () => {
    execFileSync('mkfifo', [join(temp(), 'fifo')]);
    mkdirSync(join(temp(), 'directory'));
    writeFileSync(join(temp(), 'behind'), 'x');
    symlinkSync('behind', join(temp(), 'link'));
    const kinds = ['fifo', 'directory', 'link'].map((name) => said(inspect(source(join(temp(), name)))));
    expect(kinds).toEqual(['failed: FIFO', 'failed: directory', 'failed: symbolic link']);
    expect(said(inspect(source('/dev/null')))).toBe('failed: device');
  });

  test('behind a link passes when links are followed, and is gone when the link leads nowhere', () => {
    writeFileSync(join(temp(), 'behind'), 'x');
    symlinkSync('behind', join(temp(), 'link'));
    const file = source(join(temp(), 'link'), true);
    expect(said(inspect(file, [{ type: 'min_size', value: 1 }], true))).toBe('passed');
    rmSync(join(temp(), 'behind'));
    expect(said(inspect(file, [], true))).toBe('gone');
  });

  test.runIf(process.getuid?.() === 0)('that may not be read fails, and says so', () => {
    const file = deliver(join(temp(), 'a'), 'x');
    execFileSync('chmod', ['0755', temp()]);
    execFileSync('chmod', ['0000', file.path]);
    const found = inspectAsNobody(source(file.path));
    expect(found).toMatch(/^failed: not readable/);
  });

  test('whose directory was exchanged for a link is gone, unless links are followed', () => {
    mkdirSync(join(temp(), 'sub'));
    const file = { ...deliver(join(temp(), 'sub', 'a'), 'x'), name: 'sub/a' };
    renameSync(join(temp(), 'sub'), join(temp(), 'elsewhere'));
    symlinkSync('elsewhere', join(temp(), 'sub'));
    expect(said(inspect(file))).toBe('gone');
    expect(said(inspect(file, [], true))).toBe('passed');
  });

  test('is checked on its own: one that fails leaves the others', () => {
    const files = ['', 'x'].map((content, i) => ({ ...deliver(join(temp(), `${i}`), content), archivedSha256: null }));
    const found = inspectGroup({ files, checks: [{ type: 'min_size', value: 1 }], followSymlinks: false });
    expect(found.map(({ verdict }) => verdict)).toEqual(['failed', 'passed']);
  });
});

/** Inspects with the rights of a user who has none; root may read everything. */
function inspectAsNobody(file: SourceFile): string {
  process.seteuid?.(65_534);
  try {
    return said(inspect(file));
  } finally {
    process.seteuid?.(0);
  }
}
