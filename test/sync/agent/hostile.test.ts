import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createSelfSigned } from '#sync/adapters/certificate-x509.ts';
import { base64url, utf8 } from '#sync/core/bytes.ts';
import { openCustody } from '#sync/seal/custody.ts';
import { openAgentWorld } from '#test/support/agent-world.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { type Fetch, startRelay } from '#test/support/relay-server.ts';
import { testCenter, testParty, testReceiptKey } from '#test/support/relay-world.ts';

const center = testCenter('center one');
const box = testParty('box one');
const pack = outsideOfPack(center.mailbox, 5_000, 'hostile');

/** A box whose relay answers as `around` says; the center is known there already. */
async function open(
  t: TestContext,
  around: (request: Request, inner: Fetch) => Response | Promise<Response>,
  speed = 200,
) {
  const relay = await startRelay(center, { around });
  const side = await openAgentWorld(box, relay.peerOf(box), speed);
  await side.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await side.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  t.after(async () => {
    await side.stop();
    await relay.close();
  });
  const hasFault = (kind: string) =>
    side.until(async () =>
      Boolean((await side.clinical.agentState())?.faults.some((shown) => shown.kind === kind)),
    );
  const hasCustody = () =>
    side.until(async () => (await side.clinical.custodyPacks()).includes(idOf(pack)));
  return { relay, side, hasFault, hasCustody };
}

const isUpload = (request: Request): boolean => request.method === 'PATCH';

test('a relay with another key gets not one byte of HTTP', async (t) => {
  let requests = 0;
  const { side, relay, hasFault } = await open(t, (request, inner) => {
    requests++;
    return inner(request);
  });
  const other = await createSelfSigned({ commonName: 'relay-1' });
  const peer = relay.peerOf(box);
  const relays = peer.relays.map((known) => ({ ...known, spki: base64url(other.spkiSha256) }));
  await side.clinical.writePeer({ ...peer, relays });
  side.start();
  await side.send([pack]);
  await hasFault('link/wrong-pin');
  assert.equal(requests, 0);
  assert.equal((await side.clinical.agentState())?.link, 'down');
});

test('a relay that answers 500 is tried again until it works', async (t) => {
  let left = 3;
  const { side, hasFault, hasCustody } = await open(t, (request, inner) =>
    isUpload(request) && left-- > 0 ? new Response('no', { status: 500 }) : inner(request),
  );
  side.start();
  await side.send([pack]);
  await hasFault('agent/busy');
  await hasCustody();
});

test('a storm is met with less than one upload a second, however many packs wait', async (t) => {
  const speed = 100;
  const minuteMs = 60_000 / speed;
  let first = 0;
  let uploads = 0;
  let isStorm = true;
  const { side, hasFault, hasCustody } = await open(
    t,
    (request, inner) => {
      if (!isUpload(request) || !isStorm) return inner(request);
      first ||= performance.now();
      if (performance.now() - first < minuteMs) uploads++;
      return new Response('{}', { status: 503 });
    },
    speed,
  );
  side.start();
  const others = [...Array(40).keys()].map((n) =>
    outsideOfPack(center.mailbox, 5_000, `storm ${n}`),
  );
  await side.send([pack, ...others]);
  await hasFault('agent/busy');
  await new Promise((resolve) => setTimeout(resolve, minuteMs));
  assert.ok(uploads <= 40, `${uploads} uploads in a minute`);
  isStorm = false;
  await side.send([]);
  await hasCustody();
});

test('a relay that says wait is left alone, and wake ends the wait', async (t) => {
  let uploads = 0;
  const { side, hasFault, hasCustody } = await open(
    t,
    (request, inner) => {
      if (isUpload(request) && uploads++ === 0) {
        return new Response('', { status: 429, headers: { 'retry-after': '3600' } });
      }
      return inner(request);
    },
    1,
  );
  side.start();
  await side.send([pack]);
  await hasFault('agent/busy');
  assert.equal(uploads, 1);
  await side.send([]);
  await hasCustody();
});

test('a relay that calls a good pack damaged is shown, and the pack stays', async (t) => {
  let isLying = true;
  const { side, hasFault, hasCustody } = await open(t, (request, inner) =>
    isUpload(request) && isLying ? new Response('{}', { status: 422 }) : inner(request),
  );
  side.start();
  await side.send([pack]);
  await hasFault('agent/good-pack-refused');
  assert.deepEqual(await side.clinical.sentPacks(), [idOf(pack)]);
  isLying = false;
  await hasCustody();
  await side.until(async () => (await side.clinical.agentState())?.faults.length === 0);
});

test('a pack that the disk damaged is shown to the clinical side, and the others go on', async (t) => {
  const { side, hasFault, hasCustody } = await open(t, (request, inner) => inner(request));
  const damaged = outsideOfPack(center.mailbox, 5_000, 'damaged');
  const bad = damaged.slice();
  bad[5_000] = (bad[5_000] ?? 0) ^ 1;
  await side.clinical.putPack(idOf(damaged), bad);
  const entry = { class: 2 as const, group: '00'.repeat(16), sizeBytes: damaged.length };
  await side.clinical.putPack(idOf(pack), pack);
  await side.clinical.writeOrder({
    format: 1,
    wake: 1,
    packs: [
      { packId: idOf(damaged), ...entry },
      { packId: idOf(pack), ...entry },
    ],
  });
  side.start();
  await hasFault('agent/damaged-pack');
  await hasCustody();
  assert.equal((await side.clinical.sentPacks()).length, 2);
});

test('a relay that talks nonsense is not believed', async (t) => {
  const answers = [
    () => new Response('not json'),
    () => new Response('{"offset":-1}'),
    () => new Response('{"offset":99999999}'),
    () => new Response('{"offset":0}'),
    () => new Response('', { status: 409, headers: { 'upload-offset': '0' } }),
    () => new Response('x'.repeat(3_000_000)),
    () => new Response('', { status: 302, headers: { location: 'https://127.0.0.1:1/' } }),
  ];
  const { side, hasCustody } = await open(t, (request, inner) => {
    const answer = isUpload(request) ? answers.shift() : undefined;
    return answer === undefined ? inner(request) : answer();
  });
  side.start();
  await side.send([pack]);
  await hasCustody();
  assert.equal(answers.length, 0);
});

test('a receipt of another pack is no receipt, and the pack is sent', async (t) => {
  const first = outsideOfPack(center.mailbox, 5_000, 'first');
  let replayed: Uint8Array | undefined;
  const { side, hasFault, hasCustody } = await open(t, (request, inner) =>
    isUpload(request) && replayed !== undefined
      ? new Response(Uint8Array.from(replayed), { status: 201 })
      : inner(request),
  );
  side.start();
  await side.send([first]);
  await side.until(async () => (await side.clinical.custodyPacks()).includes(idOf(first)));
  replayed = await side.clinical.custodyReceipt(idOf(first));
  await side.send([pack]);
  await hasFault('agent/relay-broken');
  assert.ok(!(await side.clinical.custodyPacks()).includes(idOf(pack)));
  replayed = undefined;
  await hasCustody();
});

test('a receipt that the clinical side does not use is asked for again', async (t) => {
  let isForging = true;
  const { side, hasCustody } = await open(
    t,
    async (request, inner) => {
      if (!isUpload(request) || !isForging) return inner(request);
      const signed = JSON.stringify({ packs: [{ packId: idOf(pack) }] });
      return new Response(JSON.stringify({ signed }), { status: 201 });
    },
    2_000,
  );
  side.start();
  await side.send([pack]);
  await hasCustody();
  isForging = false;
  await side.until(async () => {
    const [packId] = await side.clinical.custodyPacks();
    const receipt = packId && (await side.clinical.custodyReceipt(packId));
    return receipt !== undefined && openCustody(receipt, testReceiptKey.publicKey).ok;
  });
});

test('a relay that does not know the machine is asked again until the center told it', async (t) => {
  let isKnown = false;
  const { side, hasFault, hasCustody } = await open(t, (request, inner) =>
    request.url.endsWith('/session') && !isKnown
      ? new Response('{}', { status: 403 })
      : inner(request),
  );
  side.start();
  await side.send([pack]);
  await hasFault('agent/no-session');
  isKnown = true;
  await hasCustody();
});

test('a relay that forgot the session gets the pack again, planned anew and by a session of its own', async (t) => {
  let refused = 0;
  const { side, hasCustody } = await open(t, (request, inner) => {
    if (!isUpload(request) || refused > 0) return inner(request);
    refused += 1;
    return new Response('{}', { status: 401 });
  });
  await side.send([pack]);
  side.start();
  await hasCustody();
  assert.equal(refused, 1);
});

test('a relay that opens sessions and knows none of them is left after two uploads', async (t) => {
  let uploads = 0;
  const { side, hasFault } = await open(t, (request, inner) => {
    if (!isUpload(request)) return inner(request);
    uploads += 1;
    return new Response('{}', { status: 401 });
  });
  await side.send([pack]);
  side.start();
  await hasFault('agent/no-session');
  assert.equal(uploads, 2);
});

test('a relay that says it holds what it does not costs no pack', async (t) => {
  const { side, hasCustody } = await open(t, async (request, inner) => {
    if (!request.url.endsWith('packs/status')) return inner(request);
    const early = [[1_000, pack.length]];
    const packs = [{ packId: idOf(pack), state: 'offset', offset: 0, early }];
    return new Response(JSON.stringify({ packs, receipts: [] }));
  });
  await side.send([pack]);
  side.start();
  await hasCustody();
});

test('STAT makes other packs wait, even those under way', async (t) => {
  const bulk = outsideOfPack(center.mailbox, 400_000, 'bulk');
  let release = (): void => undefined;
  const isHeld = new Promise<void>((resolve) => {
    release = resolve;
  });
  let onAll = (): void => undefined;
  const all = new Promise<void>((resolve) => {
    onAll = resolve;
  });
  const uploads: string[] = [];
  const { side, hasCustody } = await open(t, async (request, inner) => {
    if (!isUpload(request)) return inner(request);
    const id = request.url.split('/').at(-1) ?? '';
    uploads.push(id);
    if (uploads.length === 4) onAll();
    if (id === idOf(bulk)) await isHeld;
    return inner(request);
  });
  side.start();
  await side.send([bulk]);
  await all;
  await side.send([pack], 0);
  await hasCustody();
  const at = uploads.indexOf(idOf(pack));
  assert.ok(uploads.slice(0, at).every((id) => id === idOf(bulk)) && at >= 4);
  release();
  await side.until(async () => (await side.clinical.custodyPacks()).length === 2);
});

test('an agent without a peer waits for pairing and says so', async (t) => {
  const relay = await startRelay(center);
  const side = await openAgentWorld(box, undefined);
  t.after(async () => {
    await side.stop();
    await relay.close();
  });
  side.start();
  await side.until(async () =>
    Boolean((await side.clinical.agentState())?.faults.some((f) => f.kind === 'agent/not-paired')),
  );
  await side.clinical.putPublic('center.keys', utf8(center.keyListText(1)));
  await side.clinical.putPublic('access.json', utf8(center.accessText(1, [box])));
  await side.clinical.writePeer(relay.peerOf(box));
  await side.send([pack]);
  await side.until(async () => (await side.clinical.custodyPacks()).length === 1);
});
