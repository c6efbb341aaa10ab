/**
 * The one output sanitiser: text from outside (a peer's error comment, a patient's name, a file name) made fit for
 * one line of a log or a screen. Control, escape and bidirectional-override characters become `?`, so no input can
 * move a cursor or hide text; longer text is cut to `maxLength` characters with `...` at the end.
 */
export function sanitize(text: string, maxLength = 200): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu, '?');
  return clean.length <= maxLength ? clean : `${cut(clean, maxLength - 3)}...`.slice(0, maxLength);
}

/** A character of two units at the edge goes as a whole. */
function cut(text: string, length: number): string {
  const head = text.slice(0, Math.max(0, length));
  return head.isWellFormed() ? head : head.slice(0, -1);
}
