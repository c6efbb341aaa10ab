import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createUnconfirmed } from '#appliance/intake/unconfirmed.ts';
import { expectOk } from '#sync/core/result.ts';
import { buildControlToClinic } from '#sync/letters/control.ts';
import type { AgentState } from '#sync/wire/agent-state.ts';
import { openBoxWorld } from '#test/support/box-world.ts';
import { deedsOf } from '#test/support/housekeeping.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';

const slices = syntheticStudy({ seed: 41, slices: 3, rows: 32 });
const study = slices[0]?.attributes.studyInstanceUid ?? '';
const hourMs = 3_600_000;

/** A study is all at the relay, and the center has confirmed nothing of it. */
async function openWorld(t: TestContext) {
  const world = await openBoxWorld(t, { hasTwoCenters: true });
  const look = () => createUnconfirmed(world.parts().ports, 24 * hourMs);
  let unconfirmed = look();
  await world.receive(slices);
  world.clock.advance(2_000);

  /** Everything that is to be sent is sealed and signed for; how many packs. */
  async function send(): Promise<number> {
    await world.seal();
    const packs = (await world.spool.clinical.sentPacks()).length;
    await world.giveCustody();
    await world.countCustody();
    return packs;
  }

  return {
    ...world,
    send,
    unconfirmed: () => unconfirmed,
    ask: async (version: number, change: object = {}, from = world.center) => {
      const control = buildControlToClinic({
        ...{ v: 1, register: 'please-resend', version, list: 1, reason: 'unreadable' },
        ...{ study, packs: [], instances: [], ...change },
      });
      await world.bring('control', control, { from });
      assert.equal(await world.takeIn(), 1);
    },
    turn: async () => {
      world.clock.advance(20_000);
      return unconfirmed.turn(world.pairing);
    },
    restart: async () => {
      await world.stop();
      await world.start();
      unconfirmed = look();
    },
    budget: async (monthlyBytes: number) => {
      const limits: AgentState['limits'] = {
        ...{ capBytesPerS: null, capUntilMinuteOfDay: null, heldClasses: [], heldBy: null },
        budget: { usedBytes: 0, monthlyBytes, renewsOn: nextMonth(world.clock.nowMs()) },
      };
      expectOk(
        await world.spool.agent.writeState({
          ...{ format: 1, link: 'up', rateBytesPerS: 0, lastContactAt: null, offsets: {} },
          ...{ limits, faults: [] },
        }),
      );
    },
  };
}

function nextMonth(ms: number): string {
  const at = new Date(ms);
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1))
    .toISOString()
    .slice(0, 10);
}

test('what a center asks for is sealed anew, once for each version of its register, over a restart too', async (t) => {
  const { send, ask, turn, unconfirmed, restart } = await openWorld(t);
  await send();
  assert.equal(await turn(), 0, 'nobody asked');
  await ask(1);
  assert.ok((await turn()) > 0);
  assert.equal(await send(), 2, 'the images and their list');
  assert.equal(await turn(), 0);
  await restart();
  assert.equal(await turn(), 0, 'a register is no verb');
  await ask(2);
  assert.ok((await turn()) > 0);
  assert.equal(await send(), 2);
  await ask(3);
  assert.equal(await turn(), 0, 'twice is enough');
  assert.equal(unconfirmed().refusedResends().size, 1);
});

test('a person sends a study a third time, once for each word, over a restart too', async (t) => {
  const world = await openWorld(t);
  const { send, ask, turn, unconfirmed, restart } = world;
  const alpha = { by: 'TEST^ALPHA', reason: 'The center called' };
  const say = () => deedsOf(world).resend(study, alpha);
  assert.equal((await say()).ok, false, 'nothing of it is at the relay');
  await send();
  for (const version of [1, 2]) {
    await ask(version);
    assert.ok((await turn()) > 0);
    await send();
  }
  await ask(3);
  assert.equal(await turn(), 0);
  assert.deepEqual([...unconfirmed().refusedResends()], [study]);
  const done = expectOk(await say());
  assert.equal(done.did, 'resending');
  assert.equal(done.instances, slices.length);
  await restart();
  assert.ok((await turn()) > 0);
  assert.equal(unconfirmed().refusedResends().size, 0);
  await send();
  await ask(4);
  assert.equal(await turn(), 0, 'one word is for one time');
  assert.equal(unconfirmed().refusedResends().size, 1);
  const unknown = await deedsOf(world).resend('1.2.3', alpha);
  assert.equal(unknown.ok, false);
});

test('a person sends again what nobody asked for, beyond the budget too', async (t) => {
  const world = await openWorld(t);
  await world.send();
  await world.budget(1);
  expectOk(await deedsOf(world).resend(study, { by: 'TEST^ALPHA', reason: 'The center called' }));
  assert.ok((await world.turn()) > 0);
  assert.equal(await world.send(), 2);
});

test('a letter of another study hides none', async (t) => {
  const { send, ask, turn } = await openWorld(t);
  await send();
  await ask(5);
  await ask(1, { study: '1.2.3' });
  await ask(2, { study: null, packs: ['0'.repeat(64)] });
  assert.ok((await turn()) > 0);
  await send();
  await ask(5);
  assert.equal(await turn(), 0, 'the same letter again');
});

test('a center that could not read whose a pack is names the pack', async (t) => {
  const { send, ask, turn, folder } = await openWorld(t);
  await send();
  const [pack] = await folder().catalog.unconfirmedPacks();
  await ask(1, { study: null, packs: ['0'.repeat(64)] });
  assert.equal(await turn(), 0);
  await ask(2, { study: null, packs: [pack?.packId] });
  assert.ok((await turn()) > 0);
});

test('a center has no say on a study of another center', async (t) => {
  const { send, ask, turn, unconfirmed, second } = await openWorld(t);
  await send();
  await ask(1, {}, second);
  assert.equal(await turn(), 0);
  assert.equal(unconfirmed().refusedResends().size, 0);
});

test('beyond a tenth of the budget a supervisor is needed, and a higher budget is enough', async (t) => {
  const { send, ask, turn, unconfirmed, budget, folder } = await openWorld(t);
  await send();
  const packs = await folder().catalog.unconfirmedPacks();
  const sizeBytes = packs.reduce((sum, pack) => sum + pack.sizeBytes, 0);
  await ask(1);
  await budget(10 * sizeBytes - 1);
  assert.equal(await turn(), 0);
  assert.equal(unconfirmed().refusedResends().size, 1);
  await budget(15 * sizeBytes);
  assert.equal(await turn(), packs.length);
  await send();
  await ask(2);
  assert.equal(await turn(), 0, 'what was sent again counts');
  assert.equal(unconfirmed().refusedResends().size, 1);
});

test('what has not left yet is not sent again for its word', async (t) => {
  const { ask, turn, unconfirmed } = await openWorld(t);
  await ask(1);
  assert.equal(await turn(), 0);
  assert.equal(unconfirmed().refusedResends().size, 0);
});
