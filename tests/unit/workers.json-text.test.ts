import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonText } from '../../src/workers/json-text.ts';

/** Why a text that comes in pieces of so many bytes is no JSON, or null. */
function problemOf(text: string, pieceBytes = 1): string | null {
  const bytes = Buffer.from(text);
  const json = new JsonText();
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    if (!json.take(bytes.subarray(start, start + pieceBytes))) break;
  }
  return json.end();
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const scraps = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  'u',
  '0',
  '1',
  '-',
  '+',
  '.',
  'e',
  'E',
  'true',
  'null',
  ' ',
  '\n',
];
const soup = fc.array(fc.constantFrom(...scraps, 'false', 'a', '"a"', '\\u00e9', 'é', '\t', '\0', '\u007F'), {
  maxLength: 8,
});

describe('a text is JSON when it can be parsed', () => {
  test('whatever it is made of', () => {
    fc.assert(
      fc.property(soup, fc.integer({ min: 1, max: 4 }), (parts, pieceBytes) => {
        const text = parts.join('');
        expect(problemOf(text, pieceBytes) === null).toBe(parses(text));
      }),
      { numRuns: 20_000 },
    );
  });

  test('with one place of it changed', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom(...scraps, ''), (text, at, scrap) => {
        expect(problemOf(text)).toBeNull();
        const place = at % text.length;
        const changed = text.slice(0, place) + scrap + text.slice(place + 1);
        expect(problemOf(changed, 3) === null).toBe(parses(changed));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('what is wrong is said', () => {
  test.each([
    ['', 'it ends too early, after 0 bytes'],
    ['{"a": [1', 'it ends too early, after 8 bytes'],
    ['{"a": 1]', 'unexpected ] at byte 8'],
    ['1,', 'unexpected , at byte 2'],
    ['"a\n"', 'unexpected byte 0x0a at byte 3'],
    ['\uFEFF{}', 'unexpected byte 0xef at byte 1'],
  ])('of %j', (text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });

  test('where it is nested too deeply to be read by anybody', () => {
    expect(problemOf('['.repeat(100_000) + ']'.repeat(100_000), 4096)).toBeNull();
    expect(problemOf('['.repeat(100_001), 4096)).toBe('it has more than 100000 levels');
  });
});
