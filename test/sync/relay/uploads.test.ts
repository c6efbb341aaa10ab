import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { eventsOf, statusOf } from '#test/support/relay-requests.ts';
import { openRelayWorld, type RelayWorld } from '#test/support/relay-world.ts';

/** A body that breaks after `length` bytes when it is told to, as a cut link does. */
function bodyOf(bytes: Uint8Array, isCut: boolean): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 700) {
        controller.enqueue(bytes.slice(at, at + 700));
      }
      if (isCut) controller.error(new Error('cut'));
      else controller.close();
    },
  });
}

function send(
  world: RelayWorld,
  token: string,
  pack: Uint8Array,
  step: { readonly from: number; readonly to: number; readonly isCut: boolean },
): Promise<Response> {
  const body = bodyOf(pack.subarray(step.from, step.to), step.isCut);
  return sendBody(world, token, pack, step.from, body);
}

function sendBody(
  world: RelayWorld,
  token: string,
  pack: Uint8Array,
  from: number,
  body: ReadableStream<Uint8Array>,
): Promise<Response> {
  return world.as(token, `packs/${idOf(pack)}`, {
    method: 'PATCH',
    headers: {
      'content-type': 'application/partial-upload',
      'upload-length': String(pack.length),
      'upload-offset': String(from),
    },
    body,
    duplex: 'half',
  } as RequestInit);
}

const pack = (world: RelayWorld, seed: string) =>
  outsideOfPack(world.center.mailbox, 3_000, `property ${seed}`);

const steps = fc.array(
  fc.record({
    a: fc.nat({ max: 4_308 }),
    b: fc.nat({ max: 4_308 }),
    isCut: fc.boolean(),
    isAtOnce: fc.boolean(),
  }),
  { maxLength: 12 },
);

test('any cuts, offsets, repeats and races end in the same bytes and one custody', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const world = await openRelayWorld();
      const token = await world.session(world.box);
      const bytes = pack(world, 'any');
      let running: Promise<Response>[] = [];
      for (const { a, b, isCut, isAtOnce } of plan) {
        running.push(
          send(world, token, bytes, { from: Math.min(a, b), to: Math.max(a, b), isCut }),
        );
        if (isAtOnce) continue;
        for (const answer of await Promise.all(running)) {
          assert.ok([200, 201, 409].includes(answer.status), String(answer.status));
        }
        running = [];
      }
      await Promise.all(running);
      await finish(world, token, bytes);
      const center = await world.session(world.center);
      const { packs } = await eventsOf(world, center, world.center.mailbox, '');
      assert.equal(packs.length, 1, 'exactly one custody');
      const fetched = await world.as(center, `packs/${idOf(bytes)}`);
      assert.deepEqual(new Uint8Array(await fetched.arrayBuffer()), bytes);
      assert.deepEqual(await world.store.parts(), [], 'nothing is left over');
    }),
    { numRuns: 40 },
  );
});

test('two parties that bring the same pack at once make one of it', async () => {
  const world = await openRelayWorld();
  const twin = { ...world.box, handle: 'ee'.repeat(16), mailbox: 'dd'.repeat(16) };
  const body = world.center.accessText(2, [world.box, twin]);
  await world.fetch('access', { method: 'PUT', body });
  const tokens = await Promise.all([world.session(world.box), world.session(twin)]);
  const bytes = pack(world, 'twins');
  const whole = { from: 0, to: bytes.length, isCut: false };
  const answers = await Promise.all(tokens.map((token) => send(world, token, bytes, whole)));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201],
  );
  const events = await eventsOf(world, await world.session(world.center), world.center.mailbox, '');
  assert.equal(events.packs.length, 1);
});

test('what came of requests that have not ended counts as soon as a sender asks', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const bytes = pack(world, 'no end yet');
  const [first, behind] = [openBody(), openBody()];
  const running = [
    sendBody(world, token, bytes, 0, first.body),
    sendBody(world, token, bytes, 2_000, behind.body),
  ];
  first.come(bytes.subarray(0, 700));
  behind.come(bytes.subarray(2_000, 2_300));
  const told = async () => {
    const [pack] = (await statusOf(world, token, [bytes])).packs;
    return JSON.stringify([pack?.offset, pack?.early]);
  };
  while ((await told()) !== '[700,[[2000,2300]]]') await turn();
  first.come(bytes.subarray(700, 900));
  first.cut();
  behind.come(bytes.subarray(2_300));
  behind.close();
  await Promise.all(running);
  const [later] = (await statusOf(world, token, [bytes])).packs;
  assert.deepEqual([later?.offset, later?.early?.at(-1)?.[1]], [900, bytes.length]);
  await finish(world, token, bytes);
});

/** Lets others run. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** A body whose bytes come when the test says so. */
function openBody() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
    undefined,
    new CountQueuingStrategy({ highWaterMark: 16 }),
    new CountQueuingStrategy({ highWaterMark: 16 }),
  );
  const writer = writable.getWriter();
  return {
    body: readable,
    come: (bytes: Uint8Array): void => void writer.write(Uint8Array.from(bytes)),
    close: (): void => void writer.close(),
    cut: (): void => void writer.abort(new Error('cut')).catch(() => undefined),
  };
}

/** As a sender does: goes on from where the relay stands until it has custody. */
async function finish(world: RelayWorld, token: string, bytes: Uint8Array): Promise<void> {
  let from = 0;
  for (let tries = 0; tries < 5; tries++) {
    const answer = await send(world, token, bytes, { from, to: bytes.length, isCut: false });
    if (answer.status === 201) return;
    assert.equal(answer.status, 409, 'a relay never spoils bytes that it was given right');
    from = Number(answer.headers.get('upload-offset'));
  }
  assert.fail('no custody');
}
