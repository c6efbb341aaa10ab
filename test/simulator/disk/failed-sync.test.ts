import '../virtual-files.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex } from '#sync/core/bytes.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import { seededBytes } from '../../support/pack-bytes.ts';
import type { DiskError, Life } from '../life.ts';
import { createTimeline } from '../timeline.ts';
import { createMachineDisk, mount, unmountAll } from './mount.ts';

const { openPackStore } = await import('#sync/adapters/pack-store-folder.ts');
const { openAgentSpool } = await import('#sync/adapters/spool-folder.ts');

// An fsync that failed marked the pages clean: the next one says yes, and a power cut takes them all the same.

const bytes = seededBytes('pack', 20_000);
const packId = hex(sha256(bytes)) as PackId;

/** A disk whose first fsync of a path that `pattern` knows fails with `code`. */
function openMount(pattern: RegExp, code: DiskError) {
  const machine = createMachineDisk(createTimeline(1), ['spool', 'relay']);
  let hasFailed = false;
  const life: Pick<Life, 'write' | 'now' | 'look' | 'isOver' | 'fault'> = {
    isOver: () => false,
    fault(step) {
      if (hasFailed || !pattern.test(step)) return undefined;
      hasFailed = true;
      return code;
    },
    write: async (_, effect) => effect(),
    now: async (_, effect) => effect(),
    look: (effect) => effect(),
  };
  return { disk: machine.disk, root: mount(machine, life as Life) };
}

for (const code of ['EIO', 'ENOSPC'] as const) {
  test(`the relay begins a part anew whose fsync failed with ${code}`, async () => {
    const { disk, root } = openMount(/^sync relay\/parts/, code);
    const store = await openPackStore(`${root}/relay`);
    const key = { center: 'a'.repeat(64), handle: 'b'.repeat(32), packId };
    await store.writePart(key, 0, bytes);
    const kept = await store.finishPart(key, bytes.length);
    // Whoever hears of it starts anew, and finds no part that claims to be whole.
    assert.equal(kept.ok ? undefined : kept.fault.kind, 'packs/io');
    assert.deepEqual(await store.parts(), []);
    await store.writePart(key, 0, bytes);
    assert.deepEqual(await store.finishPart(key, bytes.length), { ok: true, value: true });
    const path = ['relay', 'packs', packId.slice(0, 2), `${packId}.spk`];
    assert.equal(disk.safeFile(path)?.isSynced(), true);
    unmountAll();
  });

  test(`the agent fetches a part anew whose fsync failed with ${code}`, async () => {
    const { disk, root } = openMount(/^sync spool\/in\/tmp/, code);
    const spool = await openAgentSpool(`${root}/spool`);
    await spool.appendPart(packId, 0, bytes);
    const kept = await spool.finishPart(packId);
    assert.equal(kept.ok ? undefined : kept.fault.kind, 'spool/io');
    assert.equal(await spool.partSize(packId), 0);
    await spool.appendPart(packId, 0, bytes);
    assert.deepEqual(await spool.finishPart(packId), { ok: true, value: undefined });
    assert.equal(disk.safeFile(['spool', 'in', 'new', `${packId}.spk`])?.isSynced(), true);
    unmountAll();
  });
}
