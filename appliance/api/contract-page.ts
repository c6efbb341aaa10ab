/** Where a page of instances ended, as one word of a query. */
export function cursorOf(
  last: { readonly sopInstanceUid: string; readonly datasetSha256: string } | undefined,
): string {
  return last === undefined ? '' : `${last.sopInstanceUid}:${last.datasetSha256}`;
}

/** The key behind which a page begins; anything that is no cursor begins with the first page. */
export function keyOfCursor(
  cursor: string | undefined,
): { readonly sopInstanceUid: string; readonly datasetSha256: string } | undefined {
  const [, sopInstanceUid, datasetSha256] =
    /^([0-9.]{1,64}):([0-9a-f]{64})$/.exec(cursor ?? '') ?? [];
  return sopInstanceUid === undefined || datasetSha256 === undefined
    ? undefined
    : { sopInstanceUid, datasetSha256 };
}
