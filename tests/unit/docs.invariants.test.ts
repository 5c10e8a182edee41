import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { invariants, invariantsOfEvents } from '../machines/invariants.ts';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/invariants.md', root), 'utf8');
const listed = page.split('\n').flatMap((line) => (line.startsWith('- ') ? [line.slice(2)] : []));

test('the page of what always holds has every rule that is checked, under its name', () => {
  const rules = [...Object.keys(invariants), ...Object.keys(invariantsOfEvents)];
  expect(rules.filter((rule) => !listed.includes(rule))).toEqual([]);
});

test('the page has no rule that no test is named after', () => {
  const charts = readFileSync(new URL('tests/machines/charts.test.ts', root), 'utf8');
  const rules = [...Object.keys(invariants), ...Object.keys(invariantsOfEvents)];
  const sentences = listed.filter((line) => /^[a-z]/.test(line));
  expect(sentences.filter((line) => !rules.includes(line) && !charts.includes(`'${line}'`))).toEqual([]);
  expect(sentences.length).toBeGreaterThan(rules.length);
});

test('the files that it names are there', () => {
  const named = [...page.matchAll(/`(tests\/[^`]+)`/g)].flatMap(([, path]) => path ?? []);
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
});
