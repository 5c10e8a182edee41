/** What may follow what in JSON: for each state, the state that a character leads to. All others are mistakes. */
type Ways = Readonly<Record<string, string>>;

function each(characters: string, state: string): Ways {
  return Object.fromEntries([...characters].map((character) => [character, state]));
}

/** A space, where it changes nothing. */
const spaces = (state: string): Ways => each(' \t\n\r', state);

/** States that stand for what depends on the level, or changes it. */
const turns = ['[', '{', ']', '}', ','] as const;
const ends: Ways = { ...spaces('after value'), ']': ']', '}': '}', ',': ',' };
const value: Ways = {
  ...each('123456789', 'whole'),
  '0': 'zero',
  '-': 'minus',
  '"': 'text',
  t: 'rue',
  f: 'alse',
  n: 'ull',
  '[': '[',
  '{': '{',
};

function bytes(first: number, last: number, state: string): Ways {
  return each(String.fromCharCode(...Array.from({ length: last - first + 1 }, (_, i) => first + i)), state);
}

/** Characters of UTF-8 that take several bytes: the first one, the second, from and to, and how many follow these two. */
const characters = [
  [0xc2, 0xdf, 0x80, 0xbf, 0],
  [0xe0, 0xe0, 0xa0, 0xbf, 1],
  [0xe1, 0xec, 0x80, 0xbf, 1],
  [0xed, 0xed, 0x80, 0x9f, 1],
  [0xee, 0xef, 0x80, 0xbf, 1],
  [0xf0, 0xf0, 0x90, 0xbf, 2],
  [0xf1, 0xf3, 0x80, 0xbf, 2],
  [0xf4, 0xf4, 0x80, 0x8f, 2],
] as const;

/** In the name of a state within a character. */
const within = ', within a character';

/** The states in a text in quotes that leads to another state. */
function quoted(name: string, next: string): Readonly<Record<string, Ways>> {
  const hex = (left: number) => (left === 0 ? name : `${name}, hex digits to come: ${left}`);
  const digits = [4, 3, 2, 1].map((left) => [hex(left), each('0123456789abcdefABCDEF', hex(left - 1))] as const);
  const more = (left: number) => (left === 0 ? name : `${name}${within}: ${left} bytes to come`);
  const second = (first: number) => `${name}${within} that begins with ${first}`;
  const firsts = characters.map(([first, to]) => bytes(first, to, second(first)));
  const seconds = characters.map(([first, , from, to, left]) => [second(first), bytes(from, to, more(left))] as const);
  return {
    [name]: Object.assign(bytes(0x20, 0x7f, name), ...firsts, { '"': next, '\\': `${name}, escaped` }),
    ...Object.fromEntries(seconds),
    [more(1)]: bytes(0x80, 0xbf, name),
    [more(2)]: bytes(0x80, 0xbf, more(1)),
    [`${name}, escaped`]: { ...each('"\\/bfnrt', name), u: hex(4) },
    ...Object.fromEntries(digits),
  };
}

/** The states in the rest of a word. */
function word(rest: string): Readonly<Record<string, Ways>> {
  const [first = '', ...others] = rest;
  if (others.length === 0) return { [rest]: { [first]: 'after value' } };
  return { [rest]: { [first]: others.join('') }, ...word(others.join('')) };
}

const exponent = each('eE', 'exponent');
const grammar: Readonly<Record<string, Ways>> = {
  value: { ...spaces('value'), ...value },
  'first value': { ...spaces('first value'), ...value, ']': ']' },
  'first key': { ...spaces('first key'), '"': 'key', '}': '}' },
  'next key': { ...spaces('next key'), '"': 'key' },
  colon: { ...spaces('colon'), ':': 'value' },
  'after value': ends,
  ...quoted('text', 'after value'),
  ...quoted('key', 'colon'),
  ...word('rue'),
  ...word('alse'),
  ...word('ull'),
  minus: { '0': 'zero', ...each('123456789', 'whole') },
  zero: { ...ends, '.': 'point', ...exponent },
  whole: { ...ends, ...each('0123456789', 'whole'), '.': 'point', ...exponent },
  point: each('0123456789', 'fraction'),
  fraction: { ...ends, ...each('0123456789', 'fraction'), ...exponent },
  exponent: { ...each('+-', 'signed exponent'), ...each('0123456789', 'digits of exponent') },
  'signed exponent': each('0123456789', 'digits of exponent'),
  'digits of exponent': { ...ends, ...each('0123456789', 'digits of exponent') },
};

const states = [...Object.keys(grammar), ...turns];
const mistake = states.length;
const numberOf = (state: string): number => states.indexOf(state);

/** {@link grammar} by the number of the state and the byte. */
const table = new Uint8Array(states.length * 256).fill(mistake);
for (const [i, state] of states.entries()) {
  for (const [character, next] of Object.entries(grammar[state] ?? {}))
    table[i * 256 + character.charCodeAt(0)] = numberOf(next);
}

const [array, object, arrayEnd, objectEnd] = turns.map(numberOf);
const firstTurn = numberOf(turns[0]);
const start = numberOf('value');
const afterValue = numberOf('after value');
const firstValue = numberOf('first value');
const firstKey = numberOf('first key');
const nextKey = numberOf('next key');
/** Where a text may end that is one value. */
const last: ReadonlySet<number> = new Set(
  ['after value', 'zero', 'whole', 'fraction', 'digits of exponent'].map(numberOf),
);

/** Levels of arrays and objects in one another: more than anybody reads, and little to remember. */
const mostLevels = 100_000;

/**
 * Tells piece by piece whether bytes are JSON. To parse a large or deeply nested text takes many times its memory, and ends the
 * process where there is not so much.
 */
export class JsonText {
  /** Of each level, whether it is an object. */
  readonly #levels: boolean[] = [];
  #state = start;
  #bytesBefore = 0;
  #problem: string | null = null;

  /** Goes on with the next bytes; false: whatever follows, it is no JSON. */
  take(piece: Uint8Array): boolean {
    for (let i = 0; i < piece.length && this.#problem === null; i += 1) {
      const byte = piece[i] ?? 0;
      const next = table[this.#state * 256 + byte] ?? mistake;
      const before = this.#state;
      this.#state = next < firstTurn ? next : this.#turn(next);
      if (this.#state === mistake) {
        const what = states[before]?.includes(within) === true ? 'not UTF-8' : `unexpected ${shown(byte)}`;
        this.#problem ??= `${what} at byte ${this.#bytesBefore + i + 1}`;
      }
    }
    this.#bytesBefore += piece.length;
    return this.#problem === null;
  }

  /** Nothing follows; why it is no JSON, or null. */
  end(): string | null {
    const isWhole = this.#levels.length === 0 && last.has(this.#state);
    return this.#problem ?? (isWhole ? null : `it ends too early, after ${this.#bytesBefore} bytes`);
  }

  /** The state behind what depends on the level. */
  #turn(turn: number): number {
    if (turn === array || turn === object) {
      if (this.#levels.push(turn === object) > mostLevels) this.#problem = `it has more than ${mostLevels} levels`;
      return turn === object ? firstKey : firstValue;
    }
    const isObject = this.#levels.at(-1);
    if (turn === mistake || isObject === undefined) return mistake;
    if (turn !== arrayEnd && turn !== objectEnd) return isObject ? nextKey : start;
    if (isObject !== (turn === objectEnd)) return mistake;
    this.#levels.pop();
    return afterValue;
  }
}

function shown(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `byte 0x${byte.toString(16).padStart(2, '0')}`;
}
