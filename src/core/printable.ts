/**
 * What must never reach a terminal or a log line as it is: control characters, line separators, marks that reverse
 * the direction of text, and halves of characters.
 */
const unprintable = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]|\p{Surrogate}/gu;

const shortForms: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text with everything unprintable escaped (`\n`, `\u001b`): names come from anyone, and must stay on their line. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, (character) => shortForms[character] ?? escaped(character));
}

/** The JSON with everything unprintable escaped; the same JSON to a parser. */
export function printableJson(json: string): string {
  return json.replaceAll(unprintable, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Up to the last "@" in front of a path: users are addresses at times, and passwords are not always escaped. A scheme of any length would
 * have every dot of a long text be where one may begin, each read to its end.
 */
const urlPassword = /(\b[a-z][a-z0-9+.-]{0,40}:\/\/[^\s:/]*):[^\s/]+@/gi;

/** The user of a web server mostly is a token, also where a word such as "x" stands for the password. */
const urlUser = /(\bhttps?:\/\/)[^\s/?#]+@/gi;

/** The text without the passwords and tokens of URLs: drivers put connection URLs into their messages. */
export function maskUrls(text: string): string {
  return text.replaceAll(urlPassword, '$1:***@').replaceAll(urlUser, '$1***@');
}
