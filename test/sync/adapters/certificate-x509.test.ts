import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createSelfSigned, spkiSha256Of } from '#sync/adapters/certificate-x509.ts';

test('a self-signed certificate verifies under its own key and names the relay', async () => {
  const made = await createSelfSigned({ commonName: 'relay-1' });
  const certificate = new X509Certificate(made.certificatePem);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(made.keyPem)));
  assert.equal(certificate.subject, 'CN=relay-1');
  assert.equal(certificate.issuer, certificate.subject);
  assert.equal(certificate.checkHost('relay-1'), 'relay-1');
  assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
});

test('the pin is that of the key, and every certificate has its own', async () => {
  const one = await createSelfSigned({ commonName: 'relay-1' });
  const other = await createSelfSigned({ commonName: 'relay-1' });
  assert.deepEqual(spkiSha256Of(one.certificatePem), one.spkiSha256);
  assert.notDeepEqual(one.spkiSha256, other.spkiSha256);
});

test('a certificate is good for clocks between 2020 and the end of the calendar', async () => {
  const certificate = new X509Certificate(
    (await createSelfSigned({ commonName: 'r' })).certificatePem,
  );
  assert.equal(new Date(certificate.validFrom).getUTCFullYear(), 2020);
  assert.equal(new Date(certificate.validTo).getUTCFullYear(), 9999);
});
