/** The code of a system error (`ENOENT`, `ENOSPC`), or undefined for anything else. */
export function errorCode(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : undefined;
}
