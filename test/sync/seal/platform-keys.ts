import { Buffer } from 'node:buffer';
import * as crypto from 'node:crypto';

/** Raw keys behind the fixed DER prefixes of RFC 8410 and RFC 9935, as keys of the platform's own library. */
const prefixes = {
  ed25519Private: '302e020100300506032b657004220420',
  ed25519Public: '302a300506032b6570032100',
  x25519Private: '302e020100300506032b656e04220420',
  x25519Public: '302a300506032b656e032100',
  mlKem768Private: '3054020100300b060960864801650304040204428040',
  mlKem768Public: '308204b2300b0609608648016503040402038204a100',
} as const;

type Prefix = keyof typeof prefixes;

const derOf = (prefix: Prefix, raw: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(prefixes[prefix], 'hex'), raw]);

/** A private key of the platform from its raw seed. */
export const platformPrivate = (prefix: Prefix, raw: Uint8Array): crypto.KeyObject =>
  crypto.createPrivateKey({ key: derOf(prefix, raw), format: 'der', type: 'pkcs8' });

/** A public key of the platform from its raw bytes. */
const platformPublic = (prefix: Prefix, raw: Uint8Array): crypto.KeyObject =>
  crypto.createPublicKey({ key: derOf(prefix, raw), format: 'der', type: 'spki' });

/** The platform's X25519, or undefined where it refuses to derive (an all-zero share). */
export function platformX25519(secret: Uint8Array, point: Uint8Array): Uint8Array | undefined {
  const privateKey = platformPrivate('x25519Private', secret);
  const publicKey = platformPublic('x25519Public', point);
  try {
    return Uint8Array.from(crypto.diffieHellman({ privateKey, publicKey }));
  } catch {
    return undefined;
  }
}

/** The platform's verdict on an Ed25519 signature; a key that it cannot read is one that it refuses. */
export function platformVerifies(
  publicKey: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): boolean {
  try {
    const key = platformPublic('ed25519Public', publicKey);
    return crypto.verify(null, message, key, signature);
  } catch {
    return false;
  }
}

/** The platform's ML-KEM-768 by raw keys and seeds, or undefined where the runtime has none. */
export function platformMlKem768() {
  if (!('encapsulate' in crypto) || 'Deno' in globalThis) return undefined;
  return {
    publicKey: (seed: Uint8Array): Uint8Array => {
      const key = crypto.createPublicKey(platformPrivate('mlKem768Private', seed));
      return Uint8Array.from(key.export({ format: 'der', type: 'spki' }).subarray(-1184));
    },
    encapsulate: (publicKey: Uint8Array) => {
      const key = platformPublic('mlKem768Public', publicKey);
      const { ciphertext, sharedKey } = crypto.encapsulate(key);
      return { cipherText: Uint8Array.from(ciphertext), sharedSecret: Uint8Array.from(sharedKey) };
    },
    decapsulate: (seed: Uint8Array, cipherText: Uint8Array): Uint8Array =>
      Uint8Array.from(crypto.decapsulate(platformPrivate('mlKem768Private', seed), cipherText)),
  };
}
