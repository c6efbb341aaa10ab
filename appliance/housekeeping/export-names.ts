import { createHash } from 'node:crypto';
import type { InstanceAttributes } from '#sync/dicom/types.ts';

/** What the name of an exported file is made of; attributes are undefined where the dataset cannot be read. */
export interface ExportedInstance {
  readonly attributes: InstanceAttributes | undefined;
  /** The study's UID, or the box's own key of a study without one. */
  readonly study: string;
  readonly series: string;
  readonly datasetSha256: string;
}

/** Why an object does not lie among the others. */
export type ExportShelf = 'rejected' | 'damaged' | undefined;

/**
 * Path of an exported file, as a person looks for it: patient, study by date, series, image. Every part is plain
 * ASCII that any file system takes; the digits at its end keep two that read alike apart.
 */
export function exportPath(instance: ExportedInstance, shelf: ExportShelf): string {
  const { attributes: known, study, series, datasetSha256 } = instance;
  const patient = part([known?.patientName, known?.patientId], 'unknown-patient');
  const studyName = part([known?.studyDate, known?.modality, known?.studyDescription], 'study');
  const seriesName = part([known?.modality, known?.seriesDescription], 'series');
  const number = /^\s*(\d{1,6})\s*$/.exec(known?.instanceNumber ?? '')?.[1] ?? '0';
  return [
    ...(shelf === undefined ? [] : [`_${shelf}`]),
    patient,
    `${studyName}_${shortOf(study)}`,
    `${seriesName}_${shortOf(series)}`,
    `${number.padStart(5, '0')}_${datasetSha256.slice(0, 16)}.dcm`,
  ].join('/');
}

/** Letters, digits and a few marks; never empty, never a name with a meaning of its own. */
function part(texts: readonly (string | undefined)[], otherwise: string): string {
  const safe = texts
    .map((text) =>
      (text ?? '')
        .normalize('NFKD')
        .replace(/\p{M}/gu, '')
        .replace(/[^A-Za-z0-9-]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 32),
    )
    .filter((text) => text !== '');
  const name = safe.join('_');
  const isDevice = /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(name);
  return name === '' ? otherwise : isDevice ? `${otherwise}_${name}` : name;
}

function shortOf(uid: string): string {
  return createHash('sha256').update(uid).digest('hex').slice(0, 8);
}
