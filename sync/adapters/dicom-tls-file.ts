import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createSelfSigned } from './certificate-x509.ts';
import { writeDurably } from './durable-file.ts';

/** Where the pair of a DICOM door is that `makeDicomTlsKeys` made. */
export function dicomTlsFiles(dataDir: string): {
  readonly keyFile: string;
  readonly certificateFile: string;
} {
  const folder = join(dataDir, 'keys');
  return {
    keyFile: join(folder, 'dicom-tls.key'),
    certificateFile: join(folder, 'dicom-tls.crt'),
  };
}

/**
 * Makes key and self-signed certificate of the DICOM door that speaks TLS, mode 0600, in `<dataDir>/keys`. The key
 * comes last: a making that broke off has none, and one that is there is never replaced, since the caller asks first.
 */
export async function makeDicomTlsKeys(
  dataDir: string,
  aeTitle: string,
): Promise<{ readonly keyFile: string; readonly certificateFile: string }> {
  const files = dicomTlsFiles(dataDir);
  await mkdir(join(dataDir, 'keys'), { recursive: true, mode: 0o700 });
  const made = await createSelfSigned({ commonName: aeTitle });
  const as = 'key-certificate';
  await writeDurably(files.certificateFile, made.certificatePem, { as });
  await writeDurably(files.keyFile, made.keyPem, { as });
  return files;
}
