import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { base64url } from '../core/bytes.ts';
import type { Random } from '../core/random.ts';
import { signingKeyOf } from '../seal/signature.ts';
import { createSelfSigned } from './certificate-x509.ts';
import { writeDurably } from './durable-file.ts';
import { writeSeed } from './keys-file.ts';

/** What a center needs to know of a relay for its key list; binary values as base64url. */
export interface RelayFacts {
  readonly id: string;
  readonly spki: string;
  readonly receipt: string;
}

/**
 * Makes the keys of a relay in `<dataDir>/keys`: `tls.key` and `tls.crt` (ECDSA P-256, self-signed, pinned by its
 * SubjectPublicKeyInfo) and `receipt.seed`. Replaces what was there: the caller asks first.
 */
export async function makeRelayKeys(
  dataDir: string,
  id: string,
  random: Random,
): Promise<RelayFacts> {
  const folder = join(dataDir, 'keys');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const certificate = await createSelfSigned({ commonName: id });
  const seed = random.bytes(32);
  await writeDurably(join(folder, 'tls.key'), certificate.keyPem, { as: 'key-certificate' });
  await writeDurably(join(folder, 'tls.crt'), certificate.certificatePem, {
    as: 'key-certificate',
  });
  await writeSeed(join(folder, 'receipt.seed'), seed);
  return {
    id,
    spki: base64url(certificate.spkiSha256),
    receipt: base64url(signingKeyOf(seed).publicKey),
  };
}
