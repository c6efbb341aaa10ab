import { hex } from '#sync/core/bytes.ts';
import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import type { Control } from '#sync/letters/control.ts';
import type { Letter } from '#sync/letters/letter.ts';
import type { DeliveryReceipt } from '#sync/letters/receipt.ts';
import { type Report, reportDigest } from '#sync/letters/report.ts';
import type { OpenedPack } from '#sync/seal/open.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { Center } from '../ports-pairing.ts';
import type { BoxFact, ReportFact } from '../store/facts.ts';
import { judgeDelivery, judgeStoredReport, type ReportGround } from './judge.ts';

export interface OutcomePorts {
  readonly catalog: Pick<
    Catalog,
    | 'addresseeOf'
    | 'ledgers'
    | 'manifest'
    | 'manifestsOf'
    | 'studyHeader'
    | 'reportVersions'
    | 'registerVersion'
  >;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

/** What a letter comes to: facts to record, or a refusal that sends it to quarantine. */
export type Outcome =
  | { readonly facts: readonly BoxFact[] }
  | { readonly check: number; readonly refusal: string };

/** Judges an opened letter of `center` by what the box has; nothing is written yet. */
export async function outcomeOf(
  ports: OutcomePorts,
  pack: OpenedPack,
  letter: Letter,
  center: Center,
): Promise<Outcome> {
  if (letter.kind === 'report') return reportOutcome(ports, pack, letter.report, center);
  if (letter.kind === 'control') return controlOutcome(ports, pack, letter.control);
  if (letter.kind === 'receipt' && letter.receipt.type === 'delivery') {
    return deliveryOutcome(ports, pack, letter.receipt, center);
  }
  return { check: 12, refusal: 'this kind may not go to a clinic' };
}

async function deliveryOutcome(
  ports: OutcomePorts,
  pack: OpenedPack,
  receipt: DeliveryReceipt,
  center: Center,
): Promise<Outcome> {
  const ledger = (await ports.catalog.ledgers()).get(center.root);
  if (receipt.list < (ledger?.countsFrom ?? 0)) {
    // Signed before the center was put back from a backup: the lists that were offered since are what it is to answer.
    ports.log.warn('appliance/receipt-of-former-ledger', { packId: pack.packId });
    return { facts: [] };
  }
  const manifest = await ports.catalog.manifest(receipt.manifest);
  const judgement = judgeDelivery(receipt, manifest, center.root);
  if ('refusal' in judgement) return { check: 12, refusal: judgement.refusal };
  const fact: BoxFact = {
    fact: 'delivered',
    atMs: ports.clock.nowMs(),
    packId: pack.packId,
    study: receipt.study,
    manifest: receipt.manifest,
    instances: judgement.counts.map((each) => [
      each.originalDigest,
      each.deliveredDigest,
      each.destination,
      [...each.transforms],
    ]),
  };
  return { facts: [fact] };
}

async function reportOutcome(
  ports: OutcomePorts,
  pack: OpenedPack,
  { meta }: Report,
  center: Center,
): Promise<Outcome> {
  const all = await ports.catalog.reportVersions(meta.report);
  const addressee = await ports.catalog.addresseeOf(meta.study);
  const ground: ReportGround = {
    header: await ports.catalog.studyHeader(meta.study),
    manifests: await ports.catalog.manifestsOf(meta.study, center.root),
    isElsewhere: addressee !== undefined && addressee !== center.root,
    stored: all.filter((report) => report.center === center.root && report.study === meta.study),
  };
  const digest = reportDigest(pack.payload);
  const judgement = judgeStoredReport(meta, digest, ground);
  const refusal =
    typeof judgement === 'string'
      ? null
      : { kind: judgement.refusal.kind, message: judgement.refusal.message };
  const fact: ReportFact = {
    fact: 'report',
    atMs: ports.clock.nowMs(),
    packId: pack.packId,
    center: center.root,
    study: meta.study,
    report: meta.report,
    version: meta.version,
    status: meta.status,
    manifest: meta.manifest,
    author: meta.author,
    signedOffAt: meta.signedOffAt,
    documents: meta.documents.map(({ type, sha256, length }) => [type, sha256, length]),
    digest,
    supersedes: meta.supersedes,
    refusal,
    ...(meta.critical && { critical: { ...meta.critical } }),
    ...(ground.header === undefined && { patient: { ...meta.patient } }),
  };
  if (refusal)
    ports.log.warn('appliance/report-refused', { packId: pack.packId, kind: refusal.kind });
  const next = refusal === null ? nextVersions(fact, ground) : [];
  return { facts: [fact, ...next] };
}

/**
 * Versions that came before the one they supersede, and may be shown now that it is here: one after another, each with
 * all packs that brought it, since the next one may name any of them.
 */
function nextVersions(shown: ReportFact, { stored }: ReportGround): readonly BoxFact[] {
  const lifted: ReportFact[] = [];
  let packIds = new Set([shown.packId]);
  let waiting = stored.filter(
    ({ refusal, version }) => refusal?.kind === 'report/missing-version' && version > shown.version,
  );
  for (;;) {
    const next = waiting.find(({ supersedes }) => supersedes !== null && packIds.has(supersedes));
    if (next === undefined) return lifted;
    const same = waiting.filter(
      ({ version, digest }) => version === next.version && digest === next.digest,
    );
    for (const { isOlderThanImages: _, ...report } of same) {
      lifted.push({ ...report, fact: 'report', refusal: null });
    }
    packIds = new Set(same.map(({ packId }) => packId));
    waiting = waiting.filter(({ version }) => version > next.version);
  }
}

async function controlOutcome(
  ports: OutcomePorts,
  pack: OpenedPack,
  control: Control,
): Promise<Outcome> {
  const register = registerOf(hex(pack.signer), control);
  const known = await ports.catalog.registerVersion(register);
  if (known !== undefined && control.version <= known) return { facts: [] };
  ports.log.info('appliance/register', { register: control.register, version: control.version });
  const atMs = ports.clock.nowMs();
  const { version } = control;
  const body = JSON.stringify(control);
  return { facts: [{ fact: 'register', atMs, packId: pack.packId, register, version, body }] };
}

/** Each study that a center asks for again is a register of its own: one must not hide the other. */
function registerOf(signer: string, control: Control): string {
  const isOfStudy = control.register === 'please-resend' && control.study !== null;
  return `${signer} ${control.register}${isOfStudy ? ` ${control.study}` : ''}`;
}
