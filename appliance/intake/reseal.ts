import { hex } from '#sync/core/bytes.ts';
import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import { parsePackFrame } from '#sync/seal/header.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { type PackId, parsePackId } from '#sync/wire/pack-id.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { Pairing } from '../ports-pairing.ts';
import { dropPacks } from './dropped-packs.ts';
import type { Recorder } from './recorder.ts';

export interface ResealPorts {
  readonly catalog: Pick<Catalog, 'openPacks' | 'packsTo'>;
  readonly recorder: Recorder;
  readonly spool: Pick<ClinicalSpool, 'agentState' | 'readSent' | 'removeSent'>;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly log: Log;
}

export interface Reseal {
  /** Drops sealed packs that nobody could open, so that what they held is sealed anew; how many. */
  turn(pairing: Pairing | undefined): Promise<number>;
}

/** A pack that was being sealed while its key went is found within this time. */
const againMs = 10 * 60_000;

/**
 * The two reasons to seal again what left this program (sealed-pack format, sequences): the file no longer hashes to
 * its id, or the signed key list calls every key it is sealed to gone; the latter also where a relay has it, since the
 * center can open it no more. That a relay calls it damaged is none: the agent's word only makes the box hash the file
 * itself, else a lying relay burns a metered link.
 */
export function createReseal(ports: ResealPorts): Reseal {
  let judgedBy = '';
  let judgedMs = Number.NEGATIVE_INFINITY;

  async function damaged(open: ReadonlySet<string>): Promise<readonly PackId[]> {
    const found: PackId[] = [];
    for (const { kind, packId: text } of (await ports.spool.agentState())?.faults ?? []) {
      const packId = kind === 'agent/damaged-pack' && text ? parsePackId(text) : undefined;
      if (packId === undefined || !open.has(packId)) continue;
      const bytes = await ports.spool.readSent(packId);
      if (bytes && hex(sha256(bytes)) !== packId) found.push(packId);
    }
    return found;
  }

  /** By their headers: packs of which no fact says to which key they are sealed. */
  async function unopenable(
    open: ReadonlySet<string>,
    gone: ReadonlySet<string>,
  ): Promise<readonly string[]> {
    const found: string[] = [];
    for (const text of open) {
      const packId = parsePackId(text);
      const bytes = packId && (await ports.spool.readSent(packId));
      const frame = bytes && parsePackFrame(bytes);
      if (packId && frame?.ok && frame.value.stanzas.every(({ kid }) => gone.has(hex(kid)))) {
        found.push(packId);
      }
    }
    return found;
  }

  async function drop(packIds: readonly string[], reason: string): Promise<number> {
    const packs = await dropPacks(ports, packIds, reason);
    if (packs > 0) ports.log.warn('appliance/sealed-again', { packs, reason });
    return packs;
  }

  return {
    turn: async (pairing) => {
      const open = new Set((await ports.catalog.openPacks()).map(({ packId }) => packId));
      const rotten = await drop(await damaged(open), 'damaged in the spool');
      const gone = goneKeys(pairing);
      const judging = [...gone].sort().join(' ');
      const nowMs = ports.clock.monotonicMs();
      if (judging === judgedBy && (judging === '' || nowMs - judgedMs < againMs)) return rotten;
      // Headers are read once for each set of gone keys: it changes a few times a year.
      const byHeader = judging === judgedBy ? [] : await unopenable(open, gone);
      const useless = [...new Set([...byHeader, ...(await ports.catalog.packsTo([...gone]))])];
      const dropped = await drop(useless, 'sealed to a key that is gone');
      if (dropped < useless.length) return rotten;
      judgedBy = judging;
      judgedMs = nowMs;
      return rotten + dropped;
    },
  };
}

/** Key ids (hex) that the signed list of a center calls gone. */
function goneKeys(pairing: Pairing | undefined): ReadonlySet<string> {
  const keys = (pairing?.centers ?? []).flatMap(({ keyList }) => keyList.receive);
  return new Set(keys.filter(({ state }) => state === 'gone').map(({ kid }) => hex(kid)));
}
