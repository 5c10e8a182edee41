/** A text in at most so many characters (code points, 1 or more): the last one says that there were more. */
export function cut(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, Math.max(0, most - 1)).join('')}…`;
}

/** The most of a text of whatever length that is kept, in UTF-16 units: MariaDB's `text` holds 65,535 bytes, and people read it. */
const longest = 4000;

/**
 * A text that came from anywhere, such as a plugin's message, as it is recorded: the beginning of one that is too long, up to a whole
 * character, and how long it was.
 */
export function shortened(text: string): string {
  if (text.length <= longest) return text;
  const mark = `… (${text.length} characters)`;
  // Half of a character at the end is left out.
  return text.slice(0, longest - mark.length).replace(/[\uD800-\uDBFF]$/, '') + mark;
}
