/** As it is, with an end: it may begin with the name of a file. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
