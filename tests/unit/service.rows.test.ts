import { expect, test } from 'vitest';
import { initialContext } from '../../machines/file-group/index.ts';
import { groupWrite } from '../../src/service/group/rows.ts';
import { inputOf } from '../machines/group-words.ts';

test('tries beyond what a component’s column holds are counted by its group', () => {
  const { attempt, components } = groupWrite({
    id: 1,
    lockVersion: 1,
    fileType: null,
    keyHash: 'h',
    createdAt: 0,
    stateSince: 0,
    state: 'retryPending',
    context: { ...initialContext(inputOf({})), attempt: 32_768 },
    persisted: null,
    transitions: [],
    formerCopies: [],
    written: new Map(),
    writtenContext: null,
    primaryPath: null,
    now: 0,
  });
  expect({ attempt, retryCounts: components.map(({ retryCount }) => retryCount) }).toEqual({
    attempt: 32_768,
    retryCounts: [32_767],
  });
});
