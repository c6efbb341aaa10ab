import { type Judgement, judgeReport, type LocalStudy } from '#sync/letters/judge-report.ts';
import type { DeliveryReceipt } from '#sync/letters/receipt.ts';
import type { ReportMeta } from '#sync/letters/report-meta.ts';
import type { StoredReport, StudyHeader } from '../ports-studies.ts';
import type { OwnManifest } from '../ports-waiting.ts';

/** What a delivery receipt proves, or why it proves nothing. */
export type ReceiptJudgement =
  | { readonly counts: DeliveryReceipt['instances'] }
  | { readonly refusal: string };

/**
 * A delivery receipt counts only against a manifest with a list that this box sealed to the party that signed, for
 * the study it names, and only for digests of that list (sealed-pack format, receipts).
 */
export function judgeDelivery(
  receipt: DeliveryReceipt,
  manifest: OwnManifest | undefined,
  center: string,
): ReceiptJudgement {
  if (!manifest) return { refusal: 'it answers a manifest that this box did not seal' };
  if (manifest.center !== center) return { refusal: 'it answers a manifest for another center' };
  if (manifest.addressee !== undefined && manifest.addressee !== center) {
    return { refusal: 'the study is addressed to another center now' };
  }
  if (manifest.study !== receipt.study) return { refusal: 'it names another study' };
  const { listedDigests } = manifest;
  if (!listedDigests) return { refusal: 'it answers a manifest without a list' };
  const counts = receipt.instances.filter(({ originalDigest }) =>
    listedDigests.has(originalDigest),
  );
  return counts.length === receipt.instances.length
    ? { counts }
    : { refusal: 'it names instances that its manifest does not list' };
}

/** What the catalog knows of the study that a report names. */
export interface ReportGround {
  readonly header: StudyHeader | undefined;
  /** Manifests of the study that were sealed to the signer's party, oldest first. */
  readonly manifests: readonly string[];
  /** The study is addressed to another center than the signer's. */
  readonly isElsewhere?: boolean;
  /** Stored versions of the same report from the same center. */
  readonly stored: readonly StoredReport[];
}

/**
 * `again` = this very version is stored and shown already, and came under another pack id: it is only to be
 * answered. Otherwise the judgement of the letters.
 */
export function judgeStoredReport(
  meta: ReportMeta,
  digest: string,
  ground: ReportGround,
): 'again' | Judgement {
  const shown = ground.stored.filter(({ refusal }) => refusal === null);
  const isAgain = shown.some(
    (report) => report.version === meta.version && report.digest === digest,
  );
  if (isAgain) return 'again';
  return judgeReport(meta, localStudy(ground, shown));
}

function localStudy(
  { header, manifests, isElsewhere }: ReportGround,
  shown: readonly StoredReport[],
): LocalStudy | undefined {
  if (!header) return undefined;
  const version = Math.max(...shown.map((report) => report.version));
  return {
    studyInstanceUid: header.studyInstanceUid,
    patient: {
      id: header.patientId,
      birth: header.patientBirthDate,
      sex: header.patientSex,
    },
    isSealedToSigner: manifests.length > 0 && isElsewhere !== true,
    manifests,
    known:
      shown.length === 0
        ? undefined
        : {
            version,
            packIds: shown.filter((each) => each.version === version).map(({ packId }) => packId),
          },
  };
}
