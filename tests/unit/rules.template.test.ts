import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { CarbonationError, type ErrorCode } from '../../src/errors/index.ts';
import { compileTemplate, renderDestination } from '../../src/rules/index.ts';
import { renderPieces } from '../../src/rules/template.ts';

const moment = new Date('2026-03-05T07:08:09.123Z');

function render(template: string, values: Record<string, unknown>): string {
  return renderPieces(compileTemplate(template), values)
    .map(({ text }) => text)
    .join('');
}

function failure(run: () => unknown): { code: ErrorCode; message: string; remedy: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof CarbonationError) return { code: error.code, message: error.message, remedy: error.remedy };
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a template is read as Python reads it', () => {
  test('names are listed once, in the order of their first use', () => {
    expect(compileTemplate('{b}/{a:%Y}/{b!s:>4}').names).toEqual(['b', 'a']);
  });

  test('doubled braces stand for braces', () => {
    expect(render('{{{v}}}/}}{{', { v: 'a' })).toBe('{a}/}{');
  });

  test.each([
    ['a{b', 2, 'never closed'],
    ['ab}', 3, 'without its "{"'],
    ['x/{}', 3, 'without a name'],
    ['{:%Y}', 1, 'without a name'],
    ['{0}', 1, 'is a position'],
    ['{a.b}', 1, 'reaches into a value'],
    ['{start.year:04d}', 1, 'parts of a date as in "{start:%Y}"'],
    ['{a[0]}', 1, 'reaches into a value'],
    ['{ a}', 1, 'spaces around it'],
    ['{a!r}', 1, 'conversion "!r"'],
    ['{a!}', 1, 'conversion "!"'],
    ['{a!sx}', 1, 'conversion "!sx"'],
    ['{a:{w}}', 4, 'inside a placeholder'],
    ['{a:q}', 1, 'the format "q"'],
    ['{a:.2d}', 1, 'the format ".2d"'],
    ['{a:,x}', 1, 'the format ",x"'],
    ['{a:99999d}', 1, 'the format "99999d"'],
    ['{a:%Y%Q}', 1, '"%Q" is not a date directive'],
    ['{a:%Y%}', 1, '"%" is not a date directive'],
    ['{a:%-f}', 1, '"%-f" is not a date directive'],
  ])('%s is refused with its position and the reason', (text, position, reason) => {
    const { code, message } = failure(() => compileTemplate(text));
    expect(code).toBe('TEMPLATE_INVALID');
    expect(message).toContain(`character ${position}:`);
    expect(message).toContain(reason);
  });
});

describe('values look as Python formats them', () => {
  test.each([
    ['{v}', 'a b', 'a b'],
    ['{v:>6}', 'abc', '   abc'],
    ['{v:*^7.3}', 'abcdef', '**abc**'],
    ['{v:010}', 'abc', 'abc0000000'],
    ['{v:.2}', 'a😀b', 'a😀'],
    ['{v:😀<4}', 'ab', 'ab😀😀'],
    ['{v!s:>4}', 12, '  12'],
    ['{v!s:.4}', moment, '2026'],
  ])('text: %s of %j is %j', (template, v, expected) => {
    expect(render(template, { v })).toBe(expected);
  });

  test.each([
    ['{v}', 42, '42'],
    ['{v}', 1e21, '1000000000000000000000'],
    ['{v:06d}', 42, '000042'],
    ['{v:06d}', -42, '-00042'],
    ['{v:+d}', 42, '+42'],
    ['{v: d}', 42, ' 42'],
    ['{v:,}', 1234567, '1,234,567'],
    ['{v:_}', 1234567, '1_234_567'],
    ['{v:08,}', 1234, '0,001,234'],
    ['{v:010,}', 1234, '00,001,234'],
    ['{v:x}', 255, 'ff'],
    ['{v:#X}', 255, '0XFF'],
    ['{v:#06b}', 5, '0b0101'],
    ['{v:_x}', 0xabcdef12, 'abcd_ef12'],
    ['{v:o}', 8, '10'],
    ['{v:<05d}', 42, '42000'],
    ['{v:x=6}', -42, '-xxx42'],
    ['{v:.2f}', 5, '5.00'],
    ['{v}', 9007199254740993n, '9007199254740993'],
    ['{v:020d}', -9007199254740993n, '-0009007199254740993'],
  ])('whole numbers: %s of %s is %j', (template, v, expected) => {
    expect(render(template, { v })).toBe(expected);
  });

  test.each([
    ['{v}', 0.00001, '1e-05'],
    ['{v}', 0.0001, '0.0001'],
    ['{v}', 1234.5, '1234.5'],
    ['{v:.0f}', 0.5, '0'],
    ['{v:.0f}', 1.5, '2'],
    ['{v:.0f}', 2.5, '2'],
    ['{v:.2f}', -0.001, '-0.00'],
    ['{v:.2f}', 1.005, '1.00'],
    ['{v:e}', 1234.5678, '1.234568e+03'],
    ['{v:.0e}', 1234.5678, '1e+03'],
    ['{v:.2E}', 0.00012345, '1.23E-04'],
    ['{v:g}', 1234567.5, '1.23457e+06'],
    ['{v:g}', 0.0001234, '0.0001234'],
    ['{v:G}', 0.00001234, '1.234E-05'],
    ['{v:.3}', 123.25, '1.23e+02'],
    ['{v:.1%}', 0.125, '12.5%'],
    ['{v:%}', 0.5, '50.000000%'],
    ['{v:010.2f}', -3.14159, '-000003.14'],
    ['{v:,.1f}', 1234567.25, '1,234,567.2'],
    ['{v:#.0f}', 2.5, '2.'],
    ['{v:.3e}', 9.9999995, '1.000e+01'],
  ])('floats: %s of %d is %j', (template, v, expected) => {
    expect(render(template, { v })).toBe(expected);
  });

  test('booleans are True and False, and 1 and 0 as numbers', () => {
    expect(render('{a} {b} {a:d} {b:>3}', { a: true, b: false })).toBe('True False 1   0');
  });

  test('a decimal, which is text, takes fixed, exponent and percent formats without loss', () => {
    const values = { v: '12345678901234567890.125' };
    expect(render('{v} {v:.2f} {v:,.0f}', values)).toBe(
      '12345678901234567890.125 12345678901234567890.12 12,345,678,901,234,567,890',
    );
  });

  test('text with leading zeros is a code, not a decimal', () => {
    expect(failure(() => render('{v:.2f}', { v: '007' })).code).toBe('TEMPLATE_VALUE');
  });
});

describe('dates are written in UTC', () => {
  test.each([
    ['{v}', '2026-03-05 07:08:09.123000+00:00'],
    ['{v:%Y%m%d}', '20260305'],
    ['{v:%Y/%j}', '2026/064'],
    ['{v:%H%M%S.%f}', '070809.123000'],
    ['{v:%y %b %B %a %A}', '26 Mar March Thu Thursday'],
    ['{v:%I%p}', '07AM'],
    ['{v:%-d %-m %_d %e %-H}', '5 3  5  5 7'],
    ['{v:%U %W %V %G %u %w}', '09 09 10 2026 4 4'],
    ['{v:%Z %z %%}', 'UTC +0000 %'],
    ['{v:%F %T|%D %R}', '2026-03-05 07:08:09|03/05/26 07:08'],
    ['{v:%c}', 'Thu Mar  5 07:08:09 2026'],
    ['{v:day %d}', 'day 05'],
  ])('%s is %s', (template, expected) => {
    expect(render(template, { v: moment })).toBe(expected);
  });

  test('a date without a fraction of a second shows none', () => {
    expect(render('{v}', { v: new Date('0042-01-01T00:00:00Z') })).toBe('0042-01-01 00:00:00+00:00');
  });

  test('the ISO year of a week differs from the calendar year at the turn of the year', () => {
    expect(render('{v:%G-W%V}', { v: new Date('2027-01-01T00:00:00Z') })).toBe('2026-W53');
  });
});

describe('a value that does not fit fails with placeholder, value and remedy', () => {
  test.each([
    ['{v:06d}', 'abc', 'v = "abc" is a text'],
    ['{v:%Y}', 'abc', 'v = "abc" is a text'],
    ['{v:%Y}', 5, 'v = 5 is a number'],
    ['{v:d}', 1.5, 'v = 1.5 is a number with a fraction'],
    ['{v:s}', 5, 'v = 5 is a number'],
    ['{v:.3}', 5n, 'v = 5 is a number'],
    ['{v:.3}', true, 'v = true is a boolean'],
    ['{v:06d}', moment, 'v = 2026-03-05T07:08:09.123Z is a date'],
    ['{v!s:d}', 5, 'is a text'],
    ['{v:+}', 'abc', 'is a text'],
    ['{v}', null, 'v is null'],
    ['{v}', undefined, 'v is null'],
    ['{v}', { a: 1 }, 'v = {"a":1} is of type object'],
    ['{v}', [1], 'v = [1] is a list'],
    ['{v}', Number.NaN, 'not a finite number'],
    ['{v:.1f}', Number.POSITIVE_INFINITY, 'not a finite number'],
    ['{v:%Y}', new Date('nonsense'), 'not a valid date'],
    ['{v:%Y}', new Date('+012026-01-01T00:00:00Z'), 'outside the years'],
    ['{v}', '\ud800', 'not valid Unicode'],
  ])('%s of %s', (template, v, reason) => {
    const { code, message, remedy } = failure(() => render(template, { v }));
    expect(code).toBe('TEMPLATE_VALUE');
    expect(message).toContain(template);
    expect(message).toContain(reason);
    expect(remedy).toContain('carbonation retry');
  });

  test('the placeholder that fails is named as it is written, without what is around it', () => {
    const { message } = failure(() => render('a/{w!s:>4}-{v:06d}_b', { v: 'x', w: 1 }));
    expect(message).toMatch(/^\{v:06d\} in "a\/\{w!s:>4\}-\{v:06d\}_b": v = /);
  });

  test('an unknown name is answered with the names there are', () => {
    const { code, message, remedy } = failure(() => render('{categry}', { start: 1, category: 'a' }));
    expect(code).toBe('TEMPLATE_VALUE');
    expect(message).toContain('there is no value "categry"');
    expect(remedy).toContain('category, start');
  });

  test('what every object inherits is no value', () => {
    expect(failure(() => render('{constructor}', {})).message).toContain('there is no value "constructor"');
  });
});

describe('a destination stays inside the base path', () => {
  const destination = (template: string, values: Record<string, unknown>, base = '/data/archive'): string =>
    renderDestination(compileTemplate(template), values, base);

  test.each([
    ['{v}/{v}', 'a', '/data/archive/a/a'],
    ['{v}', 'ops/a', '/data/archive/ops/a'],
    ['', 'a', '/data/archive'],
    ['.', 'a', '/data/archive'],
    ['x/../{v}/', 'a', '/data/archive/a'],
    ['/data/archive/sub/{v}', 'a', '/data/archive/sub/a'],
    ['{v}', '..a', '/data/archive/..a'],
    ['{v}', 'a..', '/data/archive/a..'],
    ['{v}', '...', '/data/archive/...'],
    ['{v}', 'a\\b', '/data/archive/a\\b'],
    ['pre{v}', '', '/data/archive/pre'],
    ['{v}', '~', '/data/archive/~'],
  ])('%j with %j gives %s', (template, v, expected) => {
    expect(destination(template, { v })).toBe(expected);
  });

  test('the root directory can be a base path', () => {
    expect(destination('a/{v}', { v: 'b' }, '/')).toBe('/a/b');
  });

  test.each([
    ['{v}', '..'],
    ['{v}', '.'],
    ['{v}', '../x'],
    ['{v}', 'a/../../x'],
    ['x{v}', '/..'],
    ['{v}', '/etc'],
    ['a/{v}', '/etc'],
    ['{v}', '..\\x'],
    ['{v}', '\\\\host\\share'],
    ['{v}', 'C:\\x'],
    ['{v}', 'a\0b'],
    ['.{v}', '.'],
    ['{v:.>2}', '.'],
    ['{v:.1}{v:.1}', '.x'],
    ['.{v:.2}', './x'],
    ['a/b/..{v}', ''],
    ['.{v}', ''],
    ['{v}..', 'a/b/'],
    ['../{v}', 'x'],
    ['{v}/../..', 'x'],
    ['/data/archived/{v}', 'x'],
    ['/data', 'x'],
  ])('%j with %j is refused', (template, v) => {
    expect(failure(() => destination(template, { v })).code).toBe('PATH_ESCAPES');
  });

  test.each([
    ['{v}', '', 'empty'],
    ['a/{v}/b', '', 'empty'],
    ['{v}', 'a//b', 'empty'],
    ['{v}', 'a/', 'empty'],
    ['{v}', 'é'.repeat(128), 'of 256 bytes'],
    ['{v}{v}', 'x'.repeat(128), 'of 256 bytes'],
  ])('%j with %j makes no directory name', (template, v, reason) => {
    const { code, message } = failure(() => destination(template, { v }));
    expect(code).toBe('TEMPLATE_VALUE');
    expect(message).toContain(reason);
  });

  test('whatever the values are, the result is refused or lies below the base path', () => {
    const hostile = fc.array(fc.constantFrom('.', '..', '/', '\\', 'a', '\0', '~', 'C:'), { maxLength: 5 });
    const template = fc.constantFrom('{a}{b}', '{a}/{b}', '.{a}{b}', '{a:.2}{b:.1}', 'x/{a}../{b}', '../{a}{b}');
    let accepted = 0;
    fc.assert(
      fc.property(template, hostile, hostile, (text, a, b) => {
        let directory: string;
        try {
          directory = destination(text, { a: a.join(''), b: b.join('') });
        } catch (error) {
          expect(error).toBeInstanceOf(CarbonationError);
          return;
        }
        accepted += 1;
        expect(`${directory}/`).toMatch(/^\/data\/archive\//u);
        expect(directory.split('/')).not.toContain('..');
      }),
      { seed: 1, numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  test('a name of 255 bytes is just short enough', () => {
    expect(destination('{v}', { v: 'x'.repeat(255) })).toBe(`/data/archive/${'x'.repeat(255)}`);
  });

  test('a path that no file system takes is refused', () => {
    const { code, message } = failure(() =>
      destination('{v}', { v: `${'é'.repeat(100)}/`.repeat(20) + 'x'.repeat(62) }),
    );
    expect([code, message]).toEqual(['TEMPLATE_VALUE', 'destination "{v}" gives a path of 4096 bytes']);
  });
});
