import type { TestContext } from 'node:test';
import { createSelfSigned } from '#sync/adapters/certificate-x509.ts';
import { connectPinned } from '#sync/adapters/http-client.ts';
import { listenHttps } from '#sync/adapters/https-server.ts';
import type { LinkRequest } from '#sync/agent/ports.ts';
import { base64url } from '#sync/core/bytes.ts';

export const never = new AbortController().signal;
/** A question that may take its time. */
export const plainGet: LinkRequest = {
  ...{ method: 'GET', path: '/x', signal: never },
  ...{ deadlineMs: 60_000, answerSizeBytes: 1_000 },
};

/** A server with TLS on loopback and a link that pins it. */
export async function openPinnedLink(
  t: TestContext,
  answer: (request: Request) => Response | Promise<Response>,
  port = 0,
) {
  const tls = await createSelfSigned({ commonName: 'relay-1' });
  const server = await listenHttps(answer, {
    ...{ host: '127.0.0.1', port },
    ...{ certificatePem: tls.certificatePem, keyPem: tls.keyPem },
  });
  const url = `https://127.0.0.1:${server.port}`;
  const endpoint = { id: 'relay-1', url, spki: base64url(tls.spkiSha256) };
  const link = connectPinned(endpoint);
  t.after(async () => {
    link.close();
    await server.close();
  });
  return { link, server, endpoint };
}
