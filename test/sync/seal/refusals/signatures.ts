import { Buffer } from 'node:buffer';
import { hex } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { openPack } from '#sync/seal/open.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { sign } from '#sync/seal/signature.ts';
import { forger, receiver } from '../forge.ts';

/** The neutral point of Ed25519: with R = this and S = 0 anything verifies under a key of order 1. */
export const identityPoint = `01${'00'.repeat(31)}`;

/** Points of small order, and two of their encodings that are not reduced. */
export const smallOrderPoints = {
  'order 1': identityPoint,
  'order 2': `ec${'ff'.repeat(30)}7f`,
  'order 4': '00'.repeat(32),
  'order 4, negative': `${'00'.repeat(31)}80`,
  'order 8': '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'order 8, the other': 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'order 4, not reduced': `ed${'ff'.repeat(30)}7f`,
  'order 1, not reduced': `ee${'ff'.repeat(30)}7f`,
} as const;

/** The inner signature of a pack that opens (hex), or what its signer would write under another `label`. */
export function signatureOf(pack: Uint8Array, label?: string): string {
  const { payload } = expectOk(openPack(pack, receiver()));
  // The opened payload is a view of the inner part: 248 bytes of head, 18 of meta before it.
  const inner = new Uint8Array(payload.buffer, payload.byteOffset - 248 - 18, 248);
  if (label === undefined) return hex(inner.subarray(184));
  const headerHash = sha256(pack.subarray(0, 2488));
  return hex(sign(forger, label, headerHash, inner.subarray(0, 184)));
}

/** The signature (hex) with L added to its S: tweetnacl alone accepts it. */
export function malleated(signature: string): string {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const scalar = Uint8Array.from(Buffer.from(signature.slice(64), 'hex')).reverse();
  const sum = BigInt(`0x${hex(scalar)}`) + order;
  const bytes = Buffer.from(sum.toString(16).padStart(64, '0'), 'hex').reverse();
  return signature.slice(0, 64) + bytes.toString('hex');
}
