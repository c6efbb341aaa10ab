import type { Claim, Piece, Progress } from './progress.ts';

/**
 * The first bytes of a pack that nobody sends; undefined when all are confirmed or claimed. With no request under
 * way, bytes that the relay took early and that would follow its offset now are bytes it has lost.
 */
export function firstGap(
  { offset, claims, requests }: Progress,
  sizeBytes: number,
): { readonly from: number; readonly to: number } | undefined {
  let from = Math.min(offset, sizeBytes);
  for (const claim of claims) {
    if (requests === 0 && claim.from <= offset && claim.state !== 'doubtful') continue;
    if (claim.from > from) return { from, to: Math.min(claim.from, sizeBytes) };
    from = Math.max(from, claim.to);
  }
  return from < sizeBytes ? { from, to: sizeBytes } : undefined;
}

/** What a relay says that it holds behind a gap; what overlaps is not believed. */
export function claimsOf(
  offset: number,
  early: readonly (readonly [number, number])[],
): readonly Claim[] {
  const claims: Claim[] = [];
  let behind = offset;
  for (const [from, to] of [...early].sort(([a], [b]) => a - b)) {
    // Ranges may touch, but a first one at the offset itself would follow it.
    if (from < behind || from <= offset || to <= from) continue;
    claims.push({ from, to, state: 'answered' });
    behind = to;
  }
  return claims;
}

/** What is claimed once the request for `piece` is under way. */
export function withRequest({ claims }: Progress, piece: Piece): readonly Claim[] {
  return piece.length > 0 ? inOrder([...without(claims, piece), claimOf(piece, 'sent')]) : claims;
}

/** What is claimed once the relay refused `piece`: nothing of it is there. */
export function afterFailure({ claims }: Progress, piece: Piece): readonly Claim[] {
  return without(claims, piece);
}

/** What is claimed once the request for `piece` was cut: some of it may have arrived. */
export function afterCut({ claims }: Progress, piece: Piece): readonly Claim[] {
  if (piece.length === 0) return claims;
  return inOrder([...without(claims, piece), claimOf(piece, 'doubtful')]);
}

/**
 * What is known once the relay said what it holds. It was asked when `asked` was known: what was sent, answered or cut
 * since then it may not have seen.
 */
export function afterStatus(
  known: Progress,
  asked: Progress,
  offset: number,
  early: readonly (readonly [number, number])[],
): Pick<Progress, 'offset' | 'claims'> {
  const hasLost = offset < asked.offset;
  const reached = hasLost ? offset : Math.max(offset, known.offset);
  const isNew = (claim: Claim): boolean => {
    const before = asked.claims.find(({ from }) => from === claim.from);
    return claim.state === 'sent' || before?.state !== claim.state;
  };
  const kept = known.claims.filter((claim) => claim.to > reached && isNew(claim));
  const told = claimsOf(offset, early).flatMap((range) => outside(range, kept));
  return { offset: reached, claims: inOrder([...kept, ...told.filter(({ to }) => to > reached)]) };
}

/** What of `range` none of `others` covers. */
function outside(range: Claim, others: readonly Claim[]): readonly Claim[] {
  return others.reduce<readonly Claim[]>(
    (rest, { from, to }) =>
      rest.flatMap((each) => [
        ...(each.from < from ? [{ ...each, to: Math.min(each.to, from) }] : []),
        ...(each.to > to ? [{ ...each, from: Math.max(each.from, to) }] : []),
      ]),
    [range],
  );
}

/**
 * What is known once the relay answered `piece` with `offset`. Requests overtake one another, so an answer may be
 * older than what is known by now; but one below `before`, known when the request left, means that bytes are lost.
 */
export function afterAnswer(
  known: Progress,
  piece: Piece,
  before: number,
  offset: number,
): Pick<Progress, 'offset' | 'claims'> {
  const others = without(known.claims, piece);
  if (offset < before)
    return { offset, claims: others.filter(({ state }) => state !== 'answered') };
  const reached = Math.max(known.offset, offset);
  const open = [...others, claimOf(piece, 'answered')].filter(({ to }) => to > reached);
  return { offset: reached, claims: inOrder(open) };
}

function claimOf({ offset, length }: Piece, state: Claim['state']): Claim {
  return { from: offset, to: offset + length, state };
}

function inOrder(claims: readonly Claim[]): readonly Claim[] {
  return [...claims].sort((a, b) => a.from - b.from);
}

function without(claims: readonly Claim[], piece: Piece): readonly Claim[] {
  return claims.filter(({ from }) => from !== piece.offset);
}
