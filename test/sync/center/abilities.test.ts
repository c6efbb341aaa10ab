import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CenterAbilities } from '#sync/center/ports-party.ts';
import { createCenterWorld, joinBox, type WorldBox } from '../../support/center-world.ts';

const ct = '1.2.840.10008.5.1.4.1.1.2';
const mr = '1.2.840.10008.5.1.4.1.1.4';

function worldOf(told: Partial<CenterAbilities>) {
  const disk = { text: undefined as string | undefined };
  const abilities = {
    told: { sopClasses: [], transferSyntaxes: [], countries: [], ...told },
    file: {
      read: async () => disk.text,
      write: async (text: string) => {
        disk.text = text;
      },
    },
  };
  return { disk, world: createCenterWorld({ abilities }), abilities };
}

async function toldTo(box: WorldBox) {
  return (await box.inbox()).flatMap(({ letter }) =>
    letter.kind === 'control' && letter.control.register === 'capabilities' ? [letter.control] : [],
  );
}

test('each confirmed box hears once what the destination takes', async () => {
  const { world } = worldOf({ sopClasses: [ct], countries: ['CM'] });
  const box = joinBox(world);
  const later = joinBox(world, 'box 2', { state: 'claimed' });
  const center = await world.settle();
  const [told, ...more] = await toldTo(box);
  assert.equal(more.length, 0);
  assert.deepEqual(told?.sopClasses, [ct]);
  assert.deepEqual(told?.countries, ['CM']);
  assert.deepEqual(await toldTo(later), []);
  later.setState('active');
  await world.settle(center);
  assert.equal((await toldTo(later)).length, 1);
  await world.takeCustody();
  await world.settle(world.start());
  assert.deepEqual(await toldTo(box), [], 'not again after custody and a new start');
});

test('a change is a higher version, also when the file of the version is lost', async () => {
  const { world, disk, abilities } = worldOf({ sopClasses: [ct] });
  const box = joinBox(world);
  await world.settle();
  abilities.told.sopClasses = [ct, mr];
  await world.settle(world.start());
  disk.text = undefined;
  world.clock.advance(1_000);
  abilities.told.sopClasses = [mr];
  await world.settle(world.start());
  const told = await toldTo(box);
  assert.deepEqual(
    told.map(({ sopClasses }) => sopClasses),
    [[ct], [ct, mr], [mr]],
  );
  const versions = told.map(({ version }) => version);
  assert.deepEqual(
    versions,
    [...new Set(versions)].toSorted((a, b) => a - b),
  );
});

test('a pack that was lost before custody is sealed again', async () => {
  const { world } = worldOf({ sopClasses: [ct] });
  const box = joinBox(world);
  const center = await world.settle();
  const [pack] = await world.spool.agent.outgoing();
  assert.ok(pack);
  await world.spool.clinical.removeSent(pack.packId);
  await world.settle(center);
  const [told] = await toldTo(box);
  assert.deepEqual(told?.sopClasses, [ct]);
});

test('a center without abilities in its config tells nothing', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await world.settle();
  assert.deepEqual(await box.inbox(), []);
});
