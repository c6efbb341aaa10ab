import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { concat, utf8 } from '../core/bytes.ts';

/** A self-signed TLS certificate and its key. Peers pin the key, so nothing else in it is ever checked. */
export interface SelfSigned {
  readonly certificatePem: string;
  /** PKCS #8; for a file of mode 0600. */
  readonly keyPem: string;
  /** SHA-256 of the SubjectPublicKeyInfo, 32 bytes: the pin. */
  readonly spkiSha256: Uint8Array;
}

/**
 * Makes an ECDSA P-256 key and a self-signed version 3 certificate for it (RFC 5280), good for ever: a box with a
 * dead clock must still connect, and the key list ends the life of a pin. Written out in DER, since it is a single
 * fixed shape and a certificate library would bring a dozen packages to the relay.
 */
export async function createSelfSigned(options: {
  readonly commonName: string;
}): Promise<SelfSigned> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }));
  const name = sequence(tlv(0x31, sequence(oid.commonName, tlv(0x0c, utf8(options.commonName)))));
  // Of at most 20 bytes, positive (RFC 5280, section 4.1.2.2).
  const serial = Uint8Array.from(randomBytes(16));
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const validity = sequence(tlv(0x17, utf8('200101000000Z')), tlv(0x18, utf8('99991231235959Z')));
  const alternativeName = sequence(
    oid.subjectAltName,
    tlv(0x04, sequence(tlv(0x82, utf8(options.commonName)))),
  );
  const toSign = sequence(
    tlv(0xa0, tlv(0x02, Uint8Array.of(2))),
    tlv(0x02, serial),
    sequence(oid.ecdsaWithSha256),
    name,
    validity,
    name,
    spki,
    tlv(0xa3, sequence(alternativeName)),
  );
  const signature = Uint8Array.from(
    sign('sha256', toSign, { key: privateKey, dsaEncoding: 'der' }),
  );
  const certificate = new X509Certificate(
    sequence(toSign, sequence(oid.ecdsaWithSha256), tlv(0x03, concat(Uint8Array.of(0), signature))),
  );
  return {
    certificatePem: certificate.toString(),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    spkiSha256: spkiSha256Of(certificate),
  };
}

/** The pin of a certificate, given as PEM text or parsed: SHA-256 of its SubjectPublicKeyInfo. */
export function spkiSha256Of(certificate: X509Certificate | string): Uint8Array {
  const parsed = typeof certificate === 'string' ? new X509Certificate(certificate) : certificate;
  const spki = parsed.publicKey.export({ type: 'spki', format: 'der' });
  return Uint8Array.from(createHash('sha256').update(spki).digest());
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tlv(0x30, concat(...parts));
}

/** One DER element: tag, length, value (X.690, section 8.1). */
function tlv(tag: number, value: Uint8Array): Uint8Array {
  const { length } = value;
  if (length < 0x80) return concat(Uint8Array.of(tag, length), value);
  if (length < 0x100) return concat(Uint8Array.of(tag, 0x81, length), value);
  return concat(Uint8Array.of(tag, 0x82, length >> 8, length & 0xff), value);
}

/** Object identifiers, encoded whole. */
const oid = {
  /** 2.5.4.3 */
  commonName: Uint8Array.of(0x06, 3, 0x55, 0x04, 0x03),
  /** 2.5.29.17 */
  subjectAltName: Uint8Array.of(0x06, 3, 0x55, 0x1d, 0x11),
  /** 1.2.840.10045.4.3.2 */
  ecdsaWithSha256: Uint8Array.of(0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02),
} as const;
