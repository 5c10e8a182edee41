import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonText } from '../../src/workers/json-text.ts';

/** Why a text that comes in pieces of so many bytes is no JSON, or null. */
function problemOf(text: string | Uint8Array, pieceBytes = 1): string | null {
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

describe('a text is JSON only in UTF-8', () => {
  const edges = [0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee];
  const characters = fc.array(fc.constantFrom(...edges, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff), { maxLength: 5 });

  test('whatever bytes it is made of', () => {
    fc.assert(
      fc.property(fc.array(characters, { maxLength: 3 }), fc.integer({ min: 1, max: 4 }), (parts, pieceBytes) => {
        const bytes = Buffer.from(parts.flat());
        const text = Buffer.concat([Buffer.from('{"'), bytes, Buffer.from('": "'), bytes, Buffer.from('"}')]);
        expect(problemOf(text, pieceBytes) === null).toBe(isUtf8(text));
      }),
      { numRuns: 20_000 },
    );
  });

  test.each([...'¡߿ࠀ퟿\uE000𐀀\u{10FFFF}'])('%j is', (character) => {
    expect(problemOf(`["${character}"]`)).toBeNull();
  });

  test('and that another encoding is the reason is said', () => {
    expect(problemOf(Buffer.from('["é"]', 'latin1'))).toBe('not UTF-8 at byte 4');
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
