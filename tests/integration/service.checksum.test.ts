import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { CarbonationError } from '../../src/errors/index.ts';
import { FilePool } from '../../src/workers/index.ts';
import { Settler } from '../../src/watch/index.ts';
import { shiftedClock, TestProject, until } from '../support/project.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A rule set without completeness and extractor whose files need a checksum. */
const rules = `
[my-rules]
archive = "my-archive"
[[my-rules.integrity]]
type = "checksum"
`;

/** A group is two files, and is given up after an hour. */
const ofPairs = `${rules}
[my-rules.completeness]
expected_extensions = [".dat", ".xml"]
timeout_minutes = 60
on_timeout = "skip"
`;

function create(ruleSets = rules): Promise<TestProject> {
  return TestProject.create({
    rules: () => ruleSets,
    config: (text) =>
      text
        .replace('destination = "{category}/{start:%Y%m%d}"', 'destination = "{watch_name}"')
        .replace(/^patterns = .*$/m, 'patterns = []'),
  });
}

async function statuses(project: TestProject) {
  const rows = await project.rows('select filename, status, error_message from file_components order by filename');
  return rows.map(({ filename, status, error_message }) => [filename, status, error_message]);
}

describe('files with a checksum beside them', () => {
  it('wait for it, and are archived together with it', async () => {
    const project = await create();
    await project.deliver('a.dat', 'the content');
    await project.runOnce();
    expect(await statuses(project)).toEqual([['a.dat', 'waiting', 'waiting for its checksum']]);
    await project.deliver('a.dat.sha256', `${sha256('the content')}  a.dat\n`);
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    expect(await project.archived()).toEqual(['my-watch/a.dat', 'my-watch/a.dat.sha256']);
  });

  it('are archived with the checksum of their checksum, too; a name that is only the ending is a file like others', async () => {
    const project = await create();
    await project.edit('config.toml', (text) => text.replace('patterns = []', 'patterns = []\nignore_patterns = []'));
    const sidecar = `${sha256('the content')}  a.dat\n`;
    await project.deliver('a.dat', 'the content');
    await project.deliver('a.dat.sha256', sidecar);
    await project.deliver('a.dat.sha256.sha256', sha256(sidecar));
    await project.deliver('.md5', 'of whatever');
    await project.runOnce();
    expect(await project.archived()).toEqual(
      ['a.dat', 'a.dat.sha256', 'a.dat.sha256.sha256'].map((name) => `my-watch/${name}`),
    );
    expect((await statuses(project))[0]).toEqual(['.md5', 'waiting', 'waiting for its checksum']);
    await project.deliver('.md5.sha256', sha256('of whatever'));
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
  });

  it('fail when it says otherwise, and are taken up again when the file is delivered right', async () => {
    const project = await create();
    await project.deliver('a.dat.sha256', `${sha256('the content')}  a.dat\n`);
    await project.runOnce();
    await project.deliver('a.dat', 'the cont');
    await project.runOnce();
    expect(await statuses(project)).toEqual([
      ['a.dat', 'integrity_failed', expect.stringContaining('a.dat.sha256 says')],
      ['a.dat.sha256', expect.any(String), null],
    ]);
    expect(await project.archived()).toEqual([]);
    await project.deliver('a.dat', 'the content');
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    expect(await project.archived()).toEqual(['my-watch/a.dat', 'my-watch/a.dat.sha256']);
  });

  it('are archived when it comes after their group has timed out, also where the watch does not take it', async () => {
    const project = await create(ofPairs);
    await project.edit('config.toml', (text) => text.replace('patterns = []', 'patterns = ["*.dat", "*.xml"]'));
    const later = (hours: number) => ({ clock: shiftedClock(hours * 3_600_000) });
    for (const name of ['a.dat', 'a.xml']) await project.deliver(name, 'the content');
    await project.runOnce();
    expect((await project.runOnce(later(2))).open).toMatchObject({ timedOut: 1 });
    for (const name of ['a.dat', 'a.xml']) await project.deliver(`${name}.sha256`, sha256('the content'));
    expect(await project.runOnce(later(3))).toMatchObject({ archived: 1 });
    expect(await project.archived()).toEqual(['my-watch/a.dat', 'my-watch/a.xml']);
  });

  it('have all the time for it when they are delivered again long after the first time', async () => {
    const project = await create(ofPairs);
    await project.edit('config.toml', (text) => text.replace('action = "copy"', 'action = "move"'));
    const later = (hours: number) => ({ clock: shiftedClock(hours * 3_600_000) });
    const deliver = async (name: string, content: string) => {
      await project.deliver(name, content);
      await project.deliver(`${name}.sha256`, sha256(content));
    };
    for (const name of ['a.dat', 'a.xml']) await deliver(name, 'the content');
    expect(await project.runOnce()).toMatchObject({ archived: 1 });
    for (const name of ['a.dat', 'a.xml']) await project.deliver(name, 'other content');
    expect((await project.runOnce(later(5))).open).toMatchObject({ waiting: 1, timedOut: 0 });
    expect((await project.runOnce(later(6.1))).open).toMatchObject({ waiting: 0, timedOut: 1 });
    for (const name of ['a.dat', 'a.xml']) await deliver(name, 'other content');
    expect(await project.runOnce(later(7))).toMatchObject({ archived: 1 });
    expect(await project.archived()).toContain('my-watch/a_1.dat');
  });

  it('are archived as soon as the manifest that lists them has come', async () => {
    const project = await create();
    await project.deliver('a.dat', 'one');
    await project.deliver('b.dat', 'two');
    await project.runOnce();
    expect(await project.archived()).toEqual([]);
    await project.deliver('SHA256SUMS', `${sha256('one')}  a.dat\n${sha256('2')}  b.dat\n`);
    await project.runOnce();
    expect(await project.archived()).toEqual(['my-watch/SHA256SUMS', 'my-watch/a.dat']);
    expect((await statuses(project)).find(([name]) => name === 'b.dat')?.[1]).toBe('integrity_failed');
  });

  it('of a manifest: what is missing, extra or wrong is told apart, and taken up as it is put right', async () => {
    const project = await create();
    const line = (name: string, text: string) => `${sha256(text)}  ${name}\n`;
    await project.deliver(
      'SHA256SUMS',
      line('good.dat', 'good') + line('late.dat', 'late') + line('wrong.dat', 'right'),
    );
    for (const name of ['good', 'wrong', 'extra']) await project.deliver(`${name}.dat`, name);
    await project.runOnce();
    expect(await statuses(project)).toEqual([
      ['SHA256SUMS', 'waiting', 'missing: late.dat'],
      ['extra.dat', 'waiting', 'extra: SHA256SUMS does not list it; waiting for its checksum'],
      ['good.dat', 'archived', null],
      ['wrong.dat', 'integrity_failed', expect.stringMatching(/^mismatch: sha256 is .*, SHA256SUMS says /)],
    ]);
    // What has been archived is not missing, even if its deliverer has cleaned it up.
    await rm(project.path('delivery/good.dat'));
    await project.deliver('late.dat', 'late');
    await project.deliver('wrong.dat', 'right');
    await project.deliver('extra.dat.sha256', line('extra.dat', 'extra'));
    await project.runOnce();
    expect((await statuses(project)).map(([, status]) => status)).toEqual(Array(6).fill('archived'));
  });

  it('of a manifest: what is missing in another directory is named with it, and what is too long for a name is none', async () => {
    const project = await create();
    await project.deliver('SHA256SUMS', `${sha256('one')}  data/a.dat\n${sha256('one')}  ${'a'.repeat(10_000)}\n`);
    await project.deliver('a.dat', 'one');
    await project.runOnce();
    expect(await statuses(project)).toEqual([
      ['SHA256SUMS', 'waiting', 'missing: data/a.dat'],
      ['a.dat', 'waiting', 'extra: SHA256SUMS does not list it; waiting for its checksum'],
    ]);
  });

  it.each([
    ['a.dat.sha256', 'a sidecar'],
    ['SHA256SUMS', 'a manifest'],
  ])('live: are archived once %s has come, which the watch does not take', async (name) => {
    const project = await create();
    await project.edit('config.toml', (text) => text.replace('patterns = []', 'patterns = ["*.dat"]'));
    const service = await project.start();
    await project.deliver('a.dat', 'the content');
    await until('it waits', async () => (await statuses(project))[0]?.[1] === 'waiting');
    await project.deliver(name, `${sha256('the content')}  a.dat\n`);
    await until('it is archived', async () => (await statuses(project))[0]?.[1] === 'archived');
    await service.stop();
    expect(await project.archived()).toEqual(['my-watch/a.dat']);
    expect(await statuses(project)).toHaveLength(1);
  });

  it('live: a manifest that came first is archived when its last file has come', async () => {
    const project = await create();
    const service = await project.start();
    await project.deliver('SHA256SUMS', `${sha256('one')}  a.dat\n${sha256('two')}  b.dat\n`);
    await project.deliver('a.dat', 'one');
    await until('the first is archived', async () => (await project.archived()).length === 1);
    await until('it waits', async () => (await statuses(project)).some(([, , reason]) => reason === 'missing: b.dat'));
    await project.deliver('b.dat', 'two');
    await until('all are archived', async () => (await project.archived()).length === 3);
    await service.stop();
  });
});

describe('a checksum file that is moved', () => {
  const moving = async () => {
    const project = await create();
    await project.edit('config.toml', (text) => text.replace('action = "copy"', 'action = "move"'));
    return project;
  };

  it('vouches for what is looked at after it has gone', async () => {
    const project = await moving();
    const manifest = project.path('delivery/SHA256SUMS');
    const { inspect } = FilePool.prototype;
    vi.spyOn(FilePool.prototype, 'inspect').mockImplementation(async function (this: FilePool, request) {
      // As the last one of many, of which only some are in memory at once.
      if (request.files[0]?.name === 'b.dat') await until('the manifest is moved', () => !existsSync(manifest));
      return inspect.call(this, request);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    const names = ['a.dat', 'b.dat'];
    for (const name of names) await project.deliver(name, name);
    await project.deliver('SHA256SUMS', names.map((name) => `${sha256(name)}  ${name}\n`).join(''));
    expect(await project.runOnce()).toMatchObject({ archived: 3, waiting: 0 });
    expect(await readdir(project.path('delivery'))).toEqual([]);
  });

  it.each([
    ['SHA256SUMS', '  a.dat'],
    ['a.dat.sha256', ''],
  ])('vouches for what has to be tried again, and for nothing else (%s)', async (name, rest) => {
    const project = await moving();
    const { transfer, remove } = FilePool.prototype;
    const ended = () => Promise.reject(new CarbonationError('WORKER_CRASHED', 'ended'));
    const hasData = ({ files }: { readonly files: readonly { readonly name: string }[] }) => files[0]?.name === 'a.dat';
    vi.spyOn(FilePool.prototype, 'transfer').mockImplementation(function (this: FilePool, request) {
      return hasData(request) && request.files.length === 1 ? ended() : transfer.call(this, request);
    });
    vi.spyOn(FilePool.prototype, 'remove').mockImplementation(function (this: FilePool, request) {
      const files = request.files.filter((file) => file.name !== 'a.dat');
      return remove.call(this, { ...request, files }).then((found) => (hasData(request) ? ended() : found));
    });
    onTestFinished(() => void vi.restoreAllMocks());
    await project.deliver('a.dat', 'the content');
    await project.deliver(name, `${sha256('the content')}${rest}\n`);
    await project.runOnce();
    expect(await readdir(project.path('delivery'))).toEqual(['a.dat']);
    vi.restoreAllMocks();
    const later = (hours: number) => ({ clock: shiftedClock(hours * 3_600_000) });
    expect(await project.runOnce(later(1))).toMatchObject({ archived: 1, waiting: 0 });
    expect(await readdir(project.path('delivery'))).toEqual([]);
    await project.deliver('a.dat', 'other content');
    await project.runOnce(later(2));
    expect((await statuses(project)).find(([file]) => file === 'a.dat')).toEqual([
      'a.dat',
      'waiting',
      'waiting for its checksum',
    ]);
  });
});

it('a checksum file that no watch takes is left alone where no rule checks checksums', async () => {
  const project = await TestProject.create();
  const touch = vi.spyOn(Settler.prototype, 'touch');
  onTestFinished(() => touch.mockRestore());
  const service = await project.start();
  await project.deliver('a.txt.sha256', sha256('the text of a'));
  await project.deliverGroup('a');
  await until('its group is archived', async () => (await project.archived()).length === 2);
  await service.stop();
  const names = new Set(touch.mock.calls.map(([, path]) => basename(path)));
  expect([...names].toSorted()).toEqual(['a.json', 'a.txt']);
});
