/**
 * carbonation's own checks of a plugin: columns, migrations, and each function with samples, called twice. They find what
 * would otherwise be found in operation: a value that cannot be stored, a function that keeps state, a slow extractor.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkPlugin } from 'carbonation/testing';
import plugin from '../src/index.ts';

test('keeps the contract of carbonation', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'my-plugin-'));
  try {
    const files = [join(directory, 'a.json'), join(directory, 'a.txt')];
    const document = { start: '2024-05-01T00:00:00Z', stop: '2024-05-01T01:00:00Z', category: 'demo' };
    for (const file of files) await writeFile(file, JSON.stringify(document));

    const problems = await checkPlugin(plugin, {
      samples: {
        extractors: { sample: [{ files }] },
        selectionFunctions: {
          should_archive: [{ metadata: { start: new Date() } }, { metadata: {}, unwanted: ['demo'] }],
        },
      },
    });
    assert.deepEqual(problems, []);
  } finally {
    await rm(directory, { recursive: true });
  }
});
