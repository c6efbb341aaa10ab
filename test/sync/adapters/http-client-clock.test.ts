import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createSelfSigned } from '#sync/adapters/certificate-x509.ts';
import { connectPinned } from '#sync/adapters/http-client.ts';
import { listenHttps } from '#sync/adapters/https-server.ts';
import type { LinkRequest } from '#sync/agent/ports.ts';
import { base64url } from '#sync/core/bytes.ts';

const signal = new AbortController().signal;

/** The certificate with its first time (UTCTime) or its last (GeneralizedTime) changed to another of that length. */
function withTime(pem: string, from: string, to: string): string {
  const der = Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  const at = der.indexOf(from);
  assert.ok(at > 0 && from.length === to.length);
  der.write(to, at, 'latin1');
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

// To a clock of 1970 every certificate is one of the future, to a clock far ahead it is one of the past.
for (const [what, from, to] of [
  ['is not good yet', '200101000000Z', '490101000000Z'],
  ['was good long ago', '99991231235959Z', '20210101000000Z'],
] as const) {
  test(`a relay whose certificate ${what} by the clock of the box is known by its key`, async (t) => {
    const tls = await createSelfSigned({ commonName: 'relay-1' });
    const certificatePem = withTime(tls.certificatePem, from, to);
    const { validFrom, validTo } = new X509Certificate(certificatePem);
    const isGoodNow = Date.parse(validFrom) <= Date.now() && Date.now() <= Date.parse(validTo);
    assert.equal(isGoodNow, false, `${validFrom} to ${validTo}`);
    const answer = () => new Response('here');
    const { keyPem } = tls;
    const server = await listenHttps(answer, {
      ...{ host: '127.0.0.1', port: 0, certificatePem, keyPem },
    });
    const url = `https://127.0.0.1:${server.port}`;
    const link = connectPinned({ id: 'relay-1', url, spki: base64url(tls.spkiSha256) });
    const stranger = connectPinned({ id: 'relay-1', url, spki: base64url(new Uint8Array(32)) });
    t.after(async () => {
      link.close();
      stranger.close();
      await server.close();
    });
    const request: LinkRequest = {
      method: 'GET',
      path: '/x',
      signal,
      deadlineMs: 60_000,
      answerSizeBytes: 100,
    };
    const answered = await link.request(request);
    assert.ok(answered.ok && new TextDecoder().decode(answered.value.body) === 'here');
    assert.equal((await stranger.request(request)).ok, false, 'the pin alone decides');
  });
}
