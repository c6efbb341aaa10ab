import { paddedLength } from '#sync/seal/padding.ts';

/** What one pack holds and costs. */
export interface EstimatedPack {
  readonly studyInstanceUid: string;
  readonly modality: string;
  /** Instances whose last piece is in this pack. */
  readonly instances: number;
  readonly plainBytes: number;
  readonly codedBytes: number;
}

/** A study, a modality, or all of it. */
export interface EstimateLine {
  readonly name: string;
  readonly modality: string;
  readonly instances: number;
  readonly plainBytes: number;
  /** Bytes that leave the box: sealed, padded, in requests over TLS. */
  readonly wireBytes: number;
  readonly seconds: number;
}

export interface Estimate {
  readonly studies: readonly EstimateLine[];
  readonly modalities: readonly EstimateLine[];
  readonly total: EstimateLine;
}

/** Meta of a pack: a line an instance, and what every pack has. */
const metaBytes = 160;
const metaBytesOfInstance = 140;
/** Manifests, receipts and the sealed envelope of a study, beside its data. */
const envelopeBytes = 12_000;
/** Headers, TLS and what a link loses and has to carry again: measured 4 to 8 % on bad links. */
const overhead = 1.06;

/** Sums up packs by study and by modality; `linkBytesPerS` is the rate of the link itself. */
export function estimateOf(packs: readonly EstimatedPack[], linkBytesPerS: number): Estimate {
  const studies = [...Map.groupBy(packs, (pack) => pack.studyInstanceUid)].map(([uid, own]) =>
    studyLine(uid, own, linkBytesPerS),
  );
  const modalities = [...Map.groupBy(studies, (line) => line.modality)].map(([modality, own]) =>
    sumOf(modality, modality, own),
  );
  return { studies, modalities, total: sumOf('total', '', studies) };
}

function studyLine(uid: string, packs: readonly EstimatedPack[], linkBytesPerS: number) {
  const sealed = packs.reduce((sum, { instances, codedBytes }) => {
    const meta = metaBytes + metaBytesOfInstance * Math.max(1, instances);
    return sum + paddedLength('data', meta, codedBytes);
  }, envelopeBytes);
  const wireBytes = Math.round(sealed * overhead);
  return {
    name: uid,
    modality: [...new Set(packs.map(({ modality }) => modality))].sort().join('\\'),
    instances: packs.reduce((sum, { instances }) => sum + instances, 0),
    plainBytes: packs.reduce((sum, { plainBytes }) => sum + plainBytes, 0),
    wireBytes,
    seconds: wireBytes / linkBytesPerS,
  };
}

function sumOf(name: string, modality: string, lines: readonly EstimateLine[]): EstimateLine {
  const sum = (of: (line: EstimateLine) => number): number =>
    lines.reduce((all, line) => all + of(line), 0);
  return {
    name,
    modality,
    instances: sum((line) => line.instances),
    plainBytes: sum((line) => line.plainBytes),
    wireBytes: sum((line) => line.wireBytes),
    seconds: sum((line) => line.seconds),
  };
}

/** The estimate as a table of at most 80 columns. */
export function estimateText(estimate: Estimate): string {
  const heading = lineOf(['TYPE', 'STUDY', 'IMAGES', 'MB', 'SENT MB', 'LESS', 'TIME']);
  const rows = (lines: readonly EstimateLine[], nameOf: (line: EstimateLine) => string) =>
    lines.map((line) => rowOf(line, nameOf(line)));
  return `${[
    heading,
    ...rows(estimate.studies, ({ name }) => shortened(name)),
    '',
    ...rows(estimate.modalities, () => 'all'),
    ...rows([estimate.total], () => 'everything'),
  ].join('\n')}\n`;
}

const nameWidth = 28;

/** The end of a UID tells studies of one device apart. */
function shortened(name: string): string {
  return name.length <= nameWidth ? name : `...${name.slice(3 - nameWidth)}`;
}

function rowOf(
  { modality, instances, plainBytes, wireBytes, seconds }: EstimateLine,
  name: string,
) {
  const less = `${(plainBytes / Math.max(1, wireBytes)).toFixed(1)} x`;
  const sizes = [String(instances), mb(plainBytes), mb(wireBytes)] as const;
  return lineOf([modality, name, ...sizes, less, duration(seconds)]);
}

type Cells = readonly [string, string, string, string, string, string, string];

function lineOf([modality, name, images, plain, sent, less, time]: Cells): string {
  return [
    modality.slice(0, 6).padEnd(6),
    name.padEnd(nameWidth),
    images.padStart(6),
    plain.padStart(9),
    sent.padStart(9),
    less.padStart(6),
    time.padStart(9),
  ].join(' ');
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}
