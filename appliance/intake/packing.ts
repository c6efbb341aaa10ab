import { fromHex, hex } from '#sync/core/bytes.ts';
import type { Json } from '#sync/core/canonical-json.ts';
import type { Random } from '#sync/core/random.ts';
import { ok, type Result } from '#sync/core/result.ts';
import { buildControlToCenter } from '#sync/letters/control.ts';
import { buildManifest, type ManifestMeta } from '#sync/letters/manifest.ts';
import { buildReportReceipt } from '#sync/letters/receipt.ts';
import { currentReceivingKey } from '#sync/seal/key-list.ts';
import { partyIdOfCenter } from '#sync/seal/party.ts';
import type { SendingClass } from '#sync/wire/order.ts';
import { parsePackId } from '#sync/wire/pack-id.ts';
import type { SpoolFault } from '#sync/wire/spool.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { Sequence } from '../ports-letters.ts';
import type { Center } from '../ports-pairing.ts';
import type { SealedPack, Sealer, SealJob, SealPart } from '../ports-sealing.ts';
import type { StoreFault } from '../ports-store.ts';
import type { StoredReport } from '../ports-studies.ts';
import type { UntoldCenter } from '../ports-waiting.ts';
import type { Order } from '../store/facts-orders.ts';
import {
  createDataPacking,
  type DataPackingPorts,
  type LinkOutlook,
  type PackPlace,
} from './data-packing.ts';
import type { PackPlan } from './enqueue.ts';
import { factOf, type KeptFact, type PackedStudy } from './packed-study.ts';
import type { BoxSpool } from './spools.ts';

export interface PackingPorts extends DataPackingPorts {
  readonly catalog: Pick<Catalog, 'listedInstances' | 'studyHeader'>;
  readonly sealer: Sealer;
  readonly spool: Pick<BoxSpool, 'putPack' | 'removeSent'>;
  readonly sequence: Sequence;
  readonly random: Pick<Random, 'bytes'>;
  /** A pack of that class is in the spool and in the catalog: it may be sent. */
  readonly onKept: (sendingClass: SendingClass) => Promise<void>;
}

/** Sealed bytes that are in the spool now; the spool or the log of facts takes nothing more. */
export type Packed = Result<number, SpoolFault | StoreFault>;

/** Makes packs for one center. What is `ok` is in the spool and in the catalog. */
export interface Packing {
  /**
   * Seals up to `sealer.width` packs at a time and keeps each, in this order, as soon as it is sealed; instances that
   * cannot be read as written are set apart.
   */
  data(study: PackedStudy, plans: readonly PackPlan[], place: PackPlace): Promise<Packed>;
  /** `isAgain`: it offers the study to a center that was put back from a backup. */
  manifest(
    study: PackedStudy,
    version: number,
    hasList: boolean,
    isAgain?: boolean,
  ): Promise<Packed>;
  /** The receipt of a report that is stored here. */
  reportReceipt(report: StoredReport): Promise<Packed>;
  /** Whether a study is for this center now. */
  addressee(untold: UntoldCenter): Promise<Packed>;
}

/** Seals for one center, as the link is now. */
export function createPacking(ports: PackingPorts, center: Center, link: LinkOutlook): Packing {
  async function seal(
    fact: KeptFact,
    parts: readonly SealPart[],
    letter: SealJob['letter'],
  ): ReturnType<Sealer['seal']> {
    const sealed = await ports.sealer.seal({
      class: fact.class,
      kind: fact.kind,
      ...addressOf(center),
      sealedAtMs: ports.clock.nowMs(),
      stream: ports.sequence.stream,
      sequence: await ports.sequence.next(),
      parts,
      letter,
    });
    if (!sealed.ok) ports.log.error('appliance/seal-failed', { kind: sealed.fault.kind });
    return sealed;
  }

  /** Into the spool first, then the fact: a pack without a fact is found and removed at the next start. */
  async function keep(
    sealed: { readonly packId: string; readonly bytes: Uint8Array },
    kept: KeptFact,
  ): Promise<Packed> {
    const packId = parsePackId(sealed.packId);
    if (!packId) throw new Error('The sealer answered with something that is no pack id');
    const sizeBytes = sealed.bytes.length;
    const put = await ports.spool.putPack(packId, sealed.bytes, center.root);
    if (!put.ok) return put;
    const atMs = ports.clock.nowMs();
    const kid = hex(currentReceivingKey(center.keyList).kid);
    const to = { center: center.root, kid } as const;
    const fact = { fact: 'sealed', atMs, ...to, sizeBytes, packId, ...kept } as const;
    const recorded = await ports.recorder.record([fact]);
    if (recorded.ok) {
      await ports.onKept(kept.class);
      return ok(sizeBytes);
    }
    // Nobody would send it, and on a full disk it takes the room of the fact.
    await ports.spool.removeSent(packId);
    return recorded;
  }

  async function keepAfter(
    earlierBytes: number,
    sealed: SealedPack & { readonly fact: KeptFact },
  ): Promise<Packed> {
    const kept = await keep(sealed, sealed.fact);
    return kept.ok ? ok(earlierBytes + kept.value) : kept;
  }

  async function sealAndKeep(
    fact: KeptFact,
    letter: { readonly meta: Json; readonly payload: Uint8Array },
  ): Promise<Packed> {
    const sealed = await seal(fact, [], letter);
    return sealed.ok ? keep(sealed.value, fact) : ok(0);
  }

  const sealData = createDataPacking(ports, center, link, seal);

  return {
    data: async (study, plans, place) => {
      let last: Promise<Packed> = Promise.resolve(ok(0));
      for (const plan of plans) {
        last = Promise.all([last, sealData(study, plan, place)]).then(([earlier, sealed]) =>
          earlier.ok && sealed ? keepAfter(earlier.value, sealed) : earlier,
        );
      }
      return last;
    },
    manifest: async (study, version, hasList, isAgain = false) => {
      const letter = await manifestLetter(ports.catalog, study, version, { hasList, isAgain });
      if (!letter) return ok(0);
      const { list, order, ...parts } = letter;
      const again = isAgain ? ({ again: true } as const) : {};
      const manifest = { version, list, ...(order && { order }), ...again };
      const fact = factOf(study, 'manifest');
      const offer = isAgain ? { class: 2 as const, group: hex(ports.random.bytes(16)) } : {};
      return sealAndKeep({ ...fact, ...offer, manifest }, parts);
    },
    addressee: ({ study, version, isYours }) => {
      const letter = buildControlToCenter({ v: 1, register: 'addressee', version, study, isYours });
      const group = hex(ports.random.bytes(16));
      const addressee: [string, number] = [study, version];
      return sealAndKeep({ kind: 'control', study: null, class: 1, group, addressee }, letter);
    },
    reportReceipt: (report) => {
      const letter = buildReportReceipt({
        report: report.report,
        version: report.version,
        digest: report.digest,
        reportPack: report.packId,
      });
      const group = hex(ports.random.bytes(16));
      const answers = report.packId;
      return sealAndKeep({ kind: 'receipt', study: null, class: 1, group, answers }, letter);
    },
  };
}

async function manifestLetter(
  catalog: PackingPorts['catalog'],
  study: PackedStudy,
  version: number,
  { hasList, isAgain }: { readonly hasList: boolean; readonly isAgain: boolean },
) {
  const header = await catalog.studyHeader(study.study);
  const listed = await catalog.listedInstances(study.study);
  if (!header || (hasList && listed.length === 0)) return undefined;
  const patient = {
    id: header.patientId,
    issuer: header.issuerOfPatientId,
    name: header.patientName,
    birth: header.patientBirthDate,
    sex: header.patientSex,
  };
  const letter = buildManifest(
    {
      study: study.study,
      version,
      isStat: study.class === 0,
      patient,
      accessionNumber: header.accessionNumber,
      modality: header.modality,
      description: header.studyDescription,
      instanceCount: listed.length,
      ...(header.order && { order: orderLetterOf(header.order) }),
      ...(isAgain && { again: true }),
    },
    hasList ? listed : undefined,
  );
  const list = listed.map((each): [string, string] => [each.sopInstanceUid, each.datasetSha256]);
  const { orderId, revision } = header.order ?? {};
  const order: [string, number] | undefined =
    orderId === undefined || revision === undefined ? undefined : [orderId, revision];
  return { ...letter, list: hasList ? list : null, order };
}

/** What the reader needs of the order; who the patient is stands in the images. */
function orderLetterOf(order: Order): NonNullable<ManifestMeta['order']> {
  const { indication, history, allergies, contact, consent, priority, isEmergency } = order;
  return {
    ...{ indication, history, allergies, contact, consent, priority, isEmergency },
    orderNumber: order.orderNumber,
    accessionNumber: order.accessionNumber,
    description: order.description,
    referringPhysicianName: order.referringPhysicianName,
    patient: {
      id: order.patientId,
      issuer: order.issuerOfPatientId,
      name: order.patientName,
      birth: order.patientBirthDate,
      sex: order.patientSex,
    },
  };
}

function addressOf(center: Center): Pick<SealJob, 'mailbox' | 'recipientParty' | 'recipients'> {
  const mailbox = fromHex(center.grant.centerMailbox);
  if (!mailbox) throw new Error('A peer record without a mailbox was let in');
  return {
    mailbox,
    recipientParty: partyIdOfCenter(center.keyList.root),
    recipients: [currentReceivingKey(center.keyList)],
  };
}
