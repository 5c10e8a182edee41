import fastStringWidth from 'fast-string-width';

/** XML as text: the only place where it is put together, so that nothing gets into it unescaped. */

type Attributes = Readonly<Record<string, string | number>>;

/** An element with its attributes and what is inside, which is markup already. */
export function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const own = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${text(String(value)).replaceAll('"', '&quot;')}"`,
  );
  const inside = children.join('');
  return inside === '' ? `<${name}${own.join('')}/>` : `<${name}${own.join('')}>${inside}</${name}>`;
}

/** What XML 1.0 cannot hold, however it is written. */
const unwritable = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** A text as markup. */
export function text(value: string): string {
  return value
    .replaceAll(unwritable, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** About how wide a line is in the widest of the usual fonts, in points; a Chinese character is as wide as two others. */
export function widthOf(line: string, size: number): number {
  return fastStringWidth(line) * size * 0.6;
}
