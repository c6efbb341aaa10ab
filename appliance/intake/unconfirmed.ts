import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import type { ClinicalSpool } from '#sync/wire/spool.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { Pairing } from '../ports-pairing.ts';
import type { PackedInstance, Resend, UnconfirmedPack } from '../ports-waiting.ts';
import type { BoxFact } from '../store/facts.ts';
import type { Recorder } from './recorder.ts';
import { type Asked, askedBy, askingFor, restoredResends } from './resend-asked.ts';
import { resendRefusal, spentOn } from './resend-limit.ts';

export interface UnconfirmedPorts {
  readonly catalog: Pick<
    Catalog,
    | 'unconfirmedPacks'
    | 'packedInstances'
    | 'totals'
    | 'resends'
    | 'resendWords'
    | 'resendRegisters'
  >;
  readonly recorder: Recorder;
  readonly spool: Pick<ClinicalSpool, 'agentState'>;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly log: Log;
}

export interface Unconfirmed {
  /**
   * Gives up packs that got lost behind the relay's signature, or that a center asks for again, so that what they held
   * is sealed anew; how many.
   */
  turn(pairing?: Pairing): Promise<number>;
  /** Studies that are all at the relay and that the center has not confirmed in time. */
  studies(): number;
  /** Studies that should be sent again and that only a supervisor may send once more. */
  refusedResends(): ReadonlySet<string>;
}

const everyMs = 10_000;

/**
 * A relay can sign for a pack and lose it. A study that is all in custody for `afterMs` without a receipt of the center
 * is an alarm; when receipts came meanwhile for what was sent with it or later, the center is well and the study has a
 * hole: it is sent again. While the center is silent nothing is: a dead center would cost the link everything twice.
 * A study that its center asks for is sent again at once, once for each version of its register. Both have the same
 * limits, which no center and no relay can lift: a person at this box can, once each time.
 *
 * A study that is offered again to a center that was put back from a backup has its own count: the center names what it
 * lacks, and that alone is sealed anew. No answer to the offer is a hole of its list, which is offered once more.
 */
export function createUnconfirmed(ports: UnconfirmedPorts, afterMs: number): Unconfirmed {
  const sinceMs = new Map<string, number>();
  let confirmed = -1;
  let confirmedMs = Number.NEGATIVE_INFINITY;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let overdue = 0;
  let refused: ReadonlySet<string> = new Set();

  async function noteReceipts(nowMs: number): Promise<void> {
    const { instances, onlyHere } = await ports.catalog.totals();
    if (confirmed >= 0 && instances - onlyHere > confirmed) confirmedMs = nowMs;
    confirmed = instances - onlyHere;
  }

  /** The packs of each study by now, and whether they are overdue with receipts of others after them. */
  function studiesOf(
    packs: readonly UnconfirmedPack[],
    nowMs: number,
  ): readonly { readonly own: readonly UnconfirmedPack[]; readonly isHole: boolean }[] {
    const known = new Set(packs.map(({ packId }) => packId));
    for (const packId of sinceMs.keys()) if (!known.has(packId)) sinceMs.delete(packId);
    for (const packId of known) if (!sinceMs.has(packId)) sinceMs.set(packId, nowMs);
    const studies = Map.groupBy(packs, ({ study, center }) => `${study} ${center}`);
    overdue = 0;
    return [...studies.values()].map((own) => {
      const youngestMs = Math.max(...own.map(({ packId }) => sinceMs.get(packId) ?? nowMs));
      const isOverdue = nowMs - youngestMs >= afterMs;
      overdue += Number(isOverdue);
      return { own, isHole: isOverdue && confirmedMs > youngestMs };
    });
  }

  async function look(nowMs: number, pairing: Pairing | undefined): Promise<number> {
    await noteReceipts(nowMs);
    const studies = studiesOf(await ports.catalog.unconfirmedPacks(), nowMs);
    refused = new Set();
    if (studies.length === 0) return 0;
    const registers = await ports.catalog.resendRegisters();
    const asking = askedBy(registers, pairing?.centers ?? []);
    const past = await ports.catalog.resends();
    const words = await ports.catalog.resendWords();
    const held = new Set<string>();
    const budget = (await ports.spool.agentState())?.limits?.budget ?? undefined;
    let spentBytes = budget ? spentOn(past, budget) : 0;
    const facts: BoxFact[] = [];
    for (const { own, isHole } of studies) {
      const [first] = own;
      const asked = first && askedFor(own, asking, past);
      const isSaid = first !== undefined && words.has(first.study);
      if (first === undefined || !(isHole || asked || isSaid)) continue;
      const { study, offeredAtMs } = first;
      const isOffered = offeredAtMs !== undefined;
      const lacked =
        isOffered && !isSaid ? await lackedOf(ports.catalog, study, asked?.restored) : undefined;
      // Of a study that is offered again the list is looked at alone: a hole is one of it.
      const isAll = isOffered && !lacked && (isSaid || asked !== undefined);
      const gone = isAll ? await ports.catalog.unconfirmedPacks(study) : own;
      const sizeBytes = (lacked ?? gone).reduce((sum, each) => sum + each.sizeBytes, 0);
      const monthlyBytes = budget?.monthlyBytes;
      const resends = lacked ? restoredResends(study, offeredAtMs ?? 0, past) : first.resends;
      const ground = { resends, sizeBytes, spentBytes, monthlyBytes };
      if (!isSaid && resendRefusal(ground)) {
        held.add(first.study);
        continue;
      }
      spentBytes += sizeBytes;
      const atMs = ports.clock.nowMs();
      if (lacked && asked) {
        const instances = lacked.map(({ datasetSha256 }) => datasetSha256);
        facts.push({ fact: 'resent', atMs, study, sizeBytes, asked: asked.asked, instances });
      } else facts.push(...givenUp(gone, atMs, sizeBytes, asked, isSaid));
    }
    refused = held;
    if (facts.length === 0) return 0;
    const packs = facts.filter(({ fact }) => fact === 'dropped').length;
    const lacking = facts.filter((fact) => fact.fact === 'resent' && fact.instances).length;
    ports.log.warn('appliance/sent-again', { packs, lacking });
    return (await ports.recorder.record(facts)).ok ? packs + lacking : 0;
  }

  return {
    turn: async (pairing) => {
      const nowMs = ports.clock.monotonicMs();
      if (nowMs - lookedMs < Math.min(everyMs, afterMs)) return 0;
      lookedMs = nowMs;
      return look(nowMs, pairing);
    },
    studies: () => overdue,
    refusedResends: () => refused,
  };
}

/** What of the study the center lacks since it was put back from a backup; undefined: it says nothing of that. */
async function lackedOf(
  catalog: Pick<Catalog, 'packedInstances'>,
  study: string,
  restored: ReadonlySet<string> | undefined,
): Promise<readonly PackedInstance[] | undefined> {
  if (restored === undefined) return undefined;
  const packed = await catalog.packedInstances(study);
  return packed.filter(({ datasetSha256 }) => restored.size === 0 || restored.has(datasetSha256));
}

function askedFor(
  own: readonly UnconfirmedPack[],
  asking: readonly Asked[],
  past: readonly Resend[],
): Asked | undefined {
  const { study = '', center = '' } = own[0] ?? {};
  return askingFor({ study, center, packIds: own.map(({ packId }) => packId) }, asking, past);
}

/** The study is noted first: a record that is cut behind it costs a share of the budget, never one without a count. */
function givenUp(
  own: readonly UnconfirmedPack[],
  atMs: number,
  sizeBytes: number,
  asked: Asked | undefined,
  isSaid: boolean,
): readonly BoxFact[] {
  const found = asked
    ? 'asked for again by the center'
    : 'signed for by the relay and never confirmed by the center';
  const reason = isSaid ? 'sent again by a person' : found;
  return [
    ...own.slice(0, 1).map(({ study }) => ({
      ...{ fact: 'resent' as const, atMs, study, sizeBytes, asked: asked?.asked ?? null },
    })),
    ...own.map(({ packId }) => ({ fact: 'dropped' as const, atMs, packId, reason })),
  ];
}
