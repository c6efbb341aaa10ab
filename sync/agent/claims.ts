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
    if (requests === 0 && claim.from <= offset) continue;
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
    if (from <= behind || to <= from) continue;
    claims.push({ from, to, isAnswered: true });
    behind = to;
  }
  return claims;
}

/** What is claimed once the request for `piece` is under way. */
export function withRequest({ claims }: Progress, piece: Piece): readonly Claim[] {
  return piece.length > 0 ? inOrder([...without(claims, piece), claimOf(piece, false)]) : claims;
}

/** What is claimed once the request for `piece` failed. */
export function afterFailure({ claims }: Progress, piece: Piece): readonly Claim[] {
  return without(claims, piece);
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
  if (offset < before) return { offset, claims: others.filter(({ isAnswered }) => !isAnswered) };
  const reached = Math.max(known.offset, offset);
  const open = [...others, claimOf(piece, true)].filter(({ to }) => to > reached);
  return { offset: reached, claims: inOrder(open) };
}

function claimOf({ offset, length }: Piece, isAnswered: boolean): Claim {
  return { from: offset, to: offset + length, isAnswered };
}

function inOrder(claims: readonly Claim[]): readonly Claim[] {
  return [...claims].sort((a, b) => a.from - b.from);
}

function without(claims: readonly Claim[], piece: Piece): readonly Claim[] {
  return claims.filter(({ from }) => from !== piece.offset);
}
