import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSelfSigned } from '#sync/adapters/certificate-x509.ts';
import { runPeer, startBox } from './live-box.ts';

const hasDcmtk = (await runPeer('echoscu', ['--version']).catch(() => undefined))?.code === 0;

test('DCMTK calls the old title at the old port, and over TLS with its certificate or without', {
  skip: !hasDcmtk && 'DCMTK is not installed',
}, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-takeover-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const keep = async (name: string, commonName: string) => {
    const { keyPem, certificatePem } = await createSelfSigned({ commonName });
    const files = { keyFile: join(dir, `${name}.key`), certificateFile: join(dir, `${name}.pem`) };
    await writeFile(files.keyFile, keyPem);
    await writeFile(files.certificateFile, certificatePem);
    return { ...files, sha256: new X509Certificate(certificatePem).fingerprint256 };
  };
  const { sha256: _, ...tls } = await keep('box', 'OUTPOST');
  const modality = await keep('modality', 'XA1');
  const box = await startBox(t, {
    dicom: {
      ...{ host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST', 'OLD_PACS'] },
      doors: [
        { host: '127.0.0.2', port: 0 },
        { host: '127.0.0.1', port: 0, tls },
      ],
      callers: [{ aeTitle: 'CT1' }, { aeTitle: 'XA1', certificateSha256: modality.sha256 }],
    },
  });
  const [oldPort = '', tlsPort = ''] = String(box.ready['doorPorts']).split(' ');
  const echo = async (...args: readonly string[]) =>
    (await runPeer('echoscu', [...args, '-aec', 'OLD_PACS'])).code;
  assert.equal(await echo('-aet', 'CT1', '127.0.0.2', oldPort), 0);
  assert.equal(await echo('-aet', 'CT1', '127.0.0.1', String(box.port)), 0);
  // Anonymous TLS, and TLS with a certificate; the box's own is taken unchecked.
  assert.equal(await echo('+tla', '-ic', '-aet', 'CT1', '127.0.0.1', tlsPort), 0);
  const certified = ['+tls', modality.keyFile, modality.certificateFile, '-ic'];
  assert.equal(await echo(...certified, '-aet', 'XA1', '127.0.0.1', tlsPort), 0);
  assert.notEqual(await echo('-aet', 'XA1', '127.0.0.1', String(box.port)), 0);
  assert.notEqual(await echo('+tla', '-ic', '-aet', 'XA1', '127.0.0.1', tlsPort), 0);
  assert.notEqual(await echo('-aet', 'CT1', '127.0.0.1', tlsPort), 0, 'plain at the TLS door');
});
