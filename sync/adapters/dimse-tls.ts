import { constants } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';

export type TlsDoorFault = Fault<'dimse/tls-unusable'>;

/**
 * What a DICOM door offers over TLS (PS3.15 B.12, the profile of BCP 195 with RFC 9325): TLS 1.2 with the four
 * suites of RFC 9325 4.2, TLS 1.3 with its own, forward secrecy always. A certificate of the caller is asked for and
 * held against the list of callers, not against an authority: modalities bring certificates that they made.
 */
const dicomTlsProfile: TlsOptions = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
  ].join(':'),
  ecdhCurve: 'X25519:P-256:P-384',
  honorCipherOrder: true,
  requestCert: true,
  rejectUnauthorized: false,
  // Associations are long and few: every one proves its certificate anew.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
};

/** Key and certificate of a door, read and tried: a pair that does not fit is found at the start of the program. */
export async function readTlsDoor(files: {
  readonly keyFile: string;
  readonly certificateFile: string;
}): Promise<Result<TlsOptions, TlsDoorFault>> {
  try {
    const key = await readFile(files.keyFile);
    const cert = await readFile(files.certificateFile);
    createSecureContext({ key, cert });
    return ok({ ...dicomTlsProfile, key, cert });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return fail(
      fault(
        'dimse/tls-unusable',
        `Cannot use the key "${files.keyFile}" with the certificate "${files.certificateFile}": ${why}`,
        'Put a PEM key and its certificate there, readable by this program, or leave "tls" out',
        'never',
        cause,
      ),
    );
  }
}
