import { resolve } from 'node:path';

import { isBelow, longestPath } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import { renderPieces, type RenderedPiece, type Template, type TemplateValues } from './template.ts';
import { showValue } from './values.ts';

/** The longest name of a directory that file systems take, in bytes of UTF-8. */
const longestSegment = 255;

/** A directory name of the rendered path, and the values that are part of it. */
interface Segment {
  text: string;
  readonly names: string[];
}

/**
 * The directory that a destination template gives for a group: absolute, normalised, and `basePath` itself
 * or below it. The check is lexical; nothing is read from disk. A value may hold `/` between clean names,
 * which makes several directories.
 *
 * @param basePath The archive's absolute base path.
 * @throws CarbonationError TEMPLATE_VALUE for a value that is unknown, null, misfits its format, or makes an empty
 *   or too long directory name, or a too long path; PATH_ESCAPES for one that leads, or tries to lead, out of `basePath`.
 */
export function renderDestination(template: Template, values: TemplateValues, basePath: string): string {
  const pieces = renderPieces(template, values);
  for (const piece of pieces) if (piece.name !== null) checkValue(template, piece.name, piece.text);
  const segments = segmentsOf(pieces);
  for (const segment of segments) checkSegment(template, segment);
  const way = segments.map((segment) => segment.text).join('/');
  // Many groups go to the directory that the one before went to.
  if (last.basePath === basePath && last.way === way) return last.directory;
  const base = resolve(basePath);
  const directory = resolve(base, way);
  if (!isBelow(base, directory)) {
    throw new CarbonationError('PATH_ESCAPES', `destination "${template.text}" gives ${directory}, outside ${base}`, {
      remedy: 'correct `destination` in config.toml: it must stay below the archive’s `base_path`',
    });
  }
  const bytes = Buffer.byteLength(directory);
  if (bytes > longestPath) {
    throw new CarbonationError('TEMPLATE_VALUE', `destination "${template.text}" gives a path of ${bytes} bytes`, {
      remedy: `a path has at most ${longestPath} bytes: make the extractor give shorter texts; then run \`carbonation retry\``,
    });
  }
  last = { basePath, way, directory };
  return directory;
}

let last = { basePath: '', way: '', directory: '' };

function checkValue(template: Template, name: string, text: string): void {
  const why = danger(text);
  if (why === null) return;
  throw new CarbonationError('PATH_ESCAPES', `"${template.text}": ${name} = ${showValue(text)} ${why}`);
}

// A backslash is part of a name on POSIX, but such a value was made to climb where it separates.
function danger(text: string): string | null {
  if (text.includes('\0')) return 'contains a NUL character';
  if (/^(?:[/\\]|[A-Za-z]:[/\\])/u.test(text)) return 'is an absolute path';
  const climbs = text.split(/[/\\]/u).find((part) => part === '.' || part === '..');
  return climbs === undefined ? null : `contains "${climbs}" as a directory`;
}

function segmentsOf(pieces: readonly RenderedPiece[]): Segment[] {
  let current: Segment = { text: '', names: [] };
  const segments = [current];
  for (const { text, name } of pieces) {
    for (const [index, part] of text.split('/').entries()) {
      if (index > 0) {
        current = { text: '', names: [] };
        segments.push(current);
      }
      current.text += part;
      if (name !== null) current.names.push(name);
    }
  }
  return segments;
}

function checkSegment(template: Template, { text, names }: Segment): void {
  if (names.length === 0) return;
  const from = [...new Set(names)].join(', ');
  if (text === '') {
    throw new CarbonationError('TEMPLATE_VALUE', `"${template.text}": ${from} makes an empty directory name`, {
      remedy: 'make the extractor give a text that is not empty; then run `carbonation retry`',
    });
  }
  // Values are clean by themselves here; text around them can still complete one to a step up.
  if (text === '.' || text === '..') {
    throw new CarbonationError('PATH_ESCAPES', `"${template.text}": ${from} makes the directory "${text}"`);
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > longestSegment) {
    const message = `"${template.text}": ${from} makes the directory name ${showValue(text)} of ${bytes} bytes`;
    throw new CarbonationError('TEMPLATE_VALUE', message, {
      remedy: `a name has at most ${longestSegment} bytes: cut it, e.g. {name:.80}; then run \`carbonation retry\``,
    });
  }
}
