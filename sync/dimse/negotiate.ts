import type { ProposedContext } from './associate.ts';
import { explicitLittleEndianUid, implicitLittleEndianUid, verificationUid } from './uids.ts';

/** Result of one presentation context (PS3.8 9.3.3.2). */
export const contextResult = {
  accepted: 0,
  abstractSyntaxNotSupported: 3,
  transferSyntaxesNotSupported: 4,
} as const;

/** Which instances a door takes, of one device or of all. */
export interface StoragePolicy {
  /** Whether instances of this SOP class are taken. Verification is always served. */
  isStored(sopClassUid: string): boolean;
  /** The one syntax of those offered in one context, or undefined when none will do. Called once a context. */
  chooseTransferSyntax(offered: readonly string[]): string | undefined;
}

/** What a door takes. */
export interface NegotiationPolicy extends StoragePolicy {
  /** Whether another service with small datasets is given under this SOP class. */
  isServed(sopClassUid: string): boolean;
}

/** The answer to one proposed context. */
export interface ContextAnswer {
  readonly id: number;
  readonly abstractSyntaxUid: string;
  readonly result: (typeof contextResult)[keyof typeof contextResult];
  /** Chosen when accepted; else without meaning, but the answer has to carry one. */
  readonly transferSyntaxUid: string;
}

/**
 * Answers every proposed context, each with a legal result, in the order given. Abstract syntaxes of `peerAsScp` are
 * for instances that go to the peer: uncompressed where it takes that, since anything can be made so and nothing is
 * ever compressed for it.
 */
export function negotiate(
  contexts: readonly ProposedContext[],
  policy: NegotiationPolicy,
  peerAsScp: ReadonlySet<string> = new Set(),
): readonly ContextAnswer[] {
  return contexts.map((context) => {
    const { id, abstractSyntaxUid, transferSyntaxUids: offered } = context;
    const isPlain = abstractSyntaxUid === verificationUid || policy.isServed(abstractSyntaxUid);
    const refused = (result: ContextAnswer['result']): ContextAnswer => ({
      id,
      abstractSyntaxUid,
      result,
      transferSyntaxUid: offered[0] ?? implicitLittleEndianUid,
    });
    if (!isPlain && !policy.isStored(abstractSyntaxUid)) {
      return refused(contextResult.abstractSyntaxNotSupported);
    }
    const wantsPlain = isPlain || peerAsScp.has(abstractSyntaxUid);
    const plain = wantsPlain ? choosePlain(offered) : undefined;
    const chosen = isPlain ? plain : (plain ?? policy.chooseTransferSyntax(offered));
    if (chosen === undefined) return refused(contextResult.transferSyntaxesNotSupported);
    return { id, abstractSyntaxUid, result: contextResult.accepted, transferSyntaxUid: chosen };
  });
}

/** Below this, a peer's limit holds not even a response, and drives a sender of fragments into a loop (H4). */
const leastPduLengthBytes = 1024;
/** For a peer that does not say: the length that every implementation takes. */
const usualPduLengthBytes = 16_384;

/**
 * The longest PDU to send to a peer that announced `offered` (0 = no limit; undefined = it said nothing), at most
 * `ownLimit`; undefined when the peer's limit is too small to talk at all.
 */
export function sendablePduLength(
  offered: number | undefined,
  ownLimit: number,
): number | undefined {
  if (offered === undefined) return Math.min(usualPduLengthBytes, ownLimit);
  if (offered === 0) return ownLimit;
  return offered < leastPduLengthBytes ? undefined : Math.min(offered, ownLimit);
}

/** No dataset or a small one: either of the two uncompressed syntaxes will do, the one with types first. */
function choosePlain(offered: readonly string[]): string | undefined {
  return [explicitLittleEndianUid, implicitLittleEndianUid].find((uid) => offered.includes(uid));
}
