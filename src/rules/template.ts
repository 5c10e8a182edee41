import { CarbonationError } from '../errors/index.ts';
import { parseFormatSpec } from './format-spec.ts';
import { formatValue, type ValueFormat } from './format-value.ts';
import { compileStrftime, unknownDirective } from './strftime.ts';
import { hasValue, showValue } from './values.ts';

/** `{name}`, `{name:format}` or `{name!s:format}` in a template. */
export interface Placeholder {
  readonly name: string;
  /** As written, with its braces. */
  readonly source: string;
  /** `!s`: made text before it is formatted. */
  readonly asText: boolean;
  readonly format: ValueFormat | null;
}

/** A compiled template in Python's format syntax. Immutable, so it can be kept and shared. */
export interface Template {
  readonly text: string;
  /** The names it asks for, each once, in the order of their first use. */
  readonly names: readonly string[];
  /** Literal text and placeholders in turn, braces unescaped. */
  readonly pieces: readonly (string | Placeholder)[];
}

/** A piece of a rendered template; `name` is null for literal text. */
export interface RenderedPiece {
  readonly text: string;
  readonly name: string | null;
}

/** Values by placeholder name. */
export type TemplateValues = Readonly<Record<string, unknown>>;

/**
 * Compiles a template in Python's format syntax: `{category}/{start:%Y%m%d}/{orbit:06d}`, `{{` for a brace.
 *
 * @throws CarbonationError TEMPLATE_INVALID with the position (characters from 1) and the reason.
 */
export function compileTemplate(text: string): Template {
  const pieces: (string | Placeholder)[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const brace = text.slice(at).search(/[{}]/u);
    if (brace === -1) break;
    literal += text.slice(at, at + brace);
    at += brace;
    if (text[at] === text[at + 1]) {
      literal += text.charAt(at);
      at += 2;
      continue;
    }
    const end = closingBrace(text, at);
    if (literal !== '') pieces.push(literal);
    literal = '';
    pieces.push(parsePlaceholder(text, at, end));
    at = end + 1;
  }
  literal += text.slice(at);
  if (literal !== '') pieces.push(literal);
  const names = pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.name]));
  return { text, names: [...new Set(names)], pieces };
}

/**
 * Renders a template and keeps apart what came from which value. It does not look at what the text means as a path;
 * `renderDestination` does.
 *
 * @throws CarbonationError TEMPLATE_VALUE when a value is unknown, null or does not fit its format.
 */
export function renderPieces(template: Template, values: TemplateValues): RenderedPiece[] {
  return template.pieces.map((piece) =>
    typeof piece === 'string'
      ? { text: piece, name: null }
      : { text: renderPlaceholder(template, piece, values), name: piece.name },
  );
}

function renderPlaceholder(template: Template, piece: Placeholder, values: TemplateValues): string {
  const { name, source } = piece;
  if (!Object.hasOwn(values, name)) {
    const known = Object.keys(values).toSorted().join(', ');
    throw new CarbonationError('TEMPLATE_VALUE', `${source} in "${template.text}": there is no value "${name}"`, {
      remedy: `use one of: ${known}; or make the extractor return "${name}"; then run \`carbonation retry\``,
    });
  }
  const value = values[name];
  const formatted = formatValue(value, piece.format, piece.asText);
  if ('text' in formatted) return formatted.text;
  const subject = hasValue(values, name) ? `${name} = ${showValue(value)}` : name;
  throw new CarbonationError('TEMPLATE_VALUE', `${source} in "${template.text}": ${subject} ${formatted.why}`, {
    remedy: `${formatted.remedy}; then run \`carbonation retry\``,
  });
}

function invalid(text: string, at: number, reason: string): CarbonationError {
  return new CarbonationError('TEMPLATE_INVALID', `template "${text}", character ${at + 1}: ${reason}`);
}

/** The index of the brace that closes the placeholder opened at `open`. */
function closingBrace(text: string, open: number): number {
  if (text[open] === '}') throw invalid(text, open, 'a "}" without its "{"; write "}}" for the character itself');
  const next = text.slice(open + 1).search(/[{}]/u);
  const end = open + 1 + next;
  if (next === -1) {
    throw invalid(text, open, 'a "{" that is never closed; write "{{" for the character itself');
  }
  if (text[end] === '{') throw invalid(text, end, 'a "{" inside a placeholder');
  return end;
}

function parsePlaceholder(text: string, open: number, close: number): Placeholder {
  const body = text.slice(open + 1, close);
  const nameEnd = body.search(/[:!]/u);
  const name = nameEnd === -1 ? body : body.slice(0, nameEnd);
  checkName(text, open, name);
  const tail = body.slice(name.length);
  const asText = tail.startsWith('!');
  if (asText) checkConversion(text, open, tail);
  const spec = asText ? tail.slice(3) : tail.slice(1);
  const format = spec === '' ? null : compileFormat(text, open, spec, asText);
  return { name, source: text.slice(open, close + 1), asText, format };
}

function checkName(text: string, open: number, name: string): void {
  if (name === '') throw invalid(text, open, 'a placeholder without a name');
  if (/^\d+$/u.test(name)) throw invalid(text, open, `"${name}" is a position; use the name of a value`);
  if (/[.[\]]/u.test(name)) {
    const instead = 'only whole values can be used, and parts of a date as in "{start:%Y}"';
    throw invalid(text, open, `"${name}" reaches into a value; ${instead}`);
  }
  if (name.trim() !== name) throw invalid(text, open, `the name "${name}" has spaces around it`);
}

function checkConversion(text: string, open: number, tail: string): void {
  if (!/^!s(?::|$)/u.test(tail)) {
    const conversion = tail.split(':', 1).join('');
    throw invalid(text, open, `the conversion "${conversion}" is not supported; only "!s" is`);
  }
}

function compileFormat(text: string, open: number, spec: string, asText: boolean): ValueFormat {
  const standard = parseFormatSpec(spec);
  const unknown = unknownDirective(spec);
  const date = !asText && spec.includes('%') && unknown === null ? compileStrftime(spec) : null;
  if (standard !== null || date !== null) return { standard, date };
  const reason = spec.includes('%') && unknown !== null ? `"${unknown}" is not a date directive` : 'it is not a format';
  throw invalid(text, open, `the format "${spec}" is not supported: ${reason}`);
}
