/** A part of a file that a client asks for. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * The range that a `Range` header asks of a file of `sizeBytes` (RFC 9110, section 14.2): one `bytes=first-last` or
 * `bytes=first-`. Undefined when it cannot be satisfied; any other form is ignored, and the whole file answers.
 */
export function parseRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | 'whole' | undefined {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === undefined) return 'whole';
  const from = Number(first);
  const to = last ? Math.min(Number(last), sizeBytes - 1) : sizeBytes - 1;
  return from >= sizeBytes || to < from ? undefined : { offset: from, length: to - from + 1 };
}
