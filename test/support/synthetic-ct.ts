import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import type { InstanceAttributes, Uid } from '#sync/dicom/types.ts';
import { uid } from '#sync/dicom/uid.ts';
import {
  type SyntheticElement,
  type SyntheticInstance,
  syntheticObject,
  syntheticUid,
} from './synthetic-dataset.ts';
import { phantomSlice } from './synthetic-pixels.ts';

export type { SyntheticInstance } from './synthetic-dataset.ts';
export { syntheticPdfReport, syntheticTextReport } from './synthetic-report.ts';

export interface SyntheticStudy {
  /** Decides every UID and pixel; the same options give the same bytes. */
  readonly seed: number;
  readonly slices: number;
  /** Rows and columns; 512 (the default) makes about 525 KB a slice. */
  readonly rows?: number;
  readonly patientName?: string;
  readonly patientId?: string;
  readonly accessionNumber?: string;
  readonly modality?: 'CT' | 'CR' | 'MR';
}

/** A study of one series of a head phantom, explicit little endian, complete for its IOD (PS3.3 A). */
export function syntheticStudy(study: SyntheticStudy): readonly SyntheticInstance[] {
  return Array.from({ length: study.slices }, (_, index) => syntheticSlice(study, index));
}

/** Slice `index` alone of the study, for those who do not want all of it in memory. */
export function syntheticSlice(study: SyntheticStudy, index: number): SyntheticInstance {
  const rows = study.rows ?? 512;
  const at = (index + 0.5) / study.slices;
  const pixels = phantomSlice(rows, at, study.seed * 65_537 + index);
  return syntheticObject(attributesOf(study, index), [
    ...modalities[study.modality ?? 'CT'].elements,
    ...planeElements(study, index, rows),
    ...pixelElements(rows, pixels),
  ]);
}

function attributesOf(study: SyntheticStudy, index: number): InstanceAttributes {
  const modality = study.modality ?? 'CT';
  return {
    sopClassUid: modalities[modality].sopClassUid,
    sopInstanceUid: uidOf(study, `instance/${index}`),
    transferSyntaxUid: uid(transferSyntax.explicitLittleEndian),
    studyInstanceUid: uidOf(study, 'study'),
    seriesInstanceUid: uidOf(study, 'series'),
    patientId: study.patientId ?? `DEMO-${String(study.seed).padStart(7, '0')}`,
    issuerOfPatientId: 'DEMO CLINIC',
    patientName: study.patientName ?? 'TEST^ALPHA',
    patientBirthDate: '19700101',
    patientSex: 'O',
    accessionNumber:
      study.accessionNumber ?? `A${String(study.seed).padStart(9, '0')}`.slice(0, 16),
    modality,
    studyDescription: `Synthetic head ${modality}`,
    seriesDescription: 'Head phantom',
    bodyPartExamined: 'HEAD',
    studyDate: '20260105',
    studyTime: '081500',
    instanceNumber: String(index + 1),
    isLossy: false,
  };
}

/** SOP class and what its image module asks for beyond the pixels (PS3.3 C.8.2, C.8.1, C.8.3). */
const modalities = {
  CT: {
    sopClassUid: uid('1.2.840.10008.5.1.4.1.1.2'),
    elements: [
      [0x00180060, 'DS', '120'],
      [0x00181030, 'LO', 'HEAD ROUTINE'],
      [0x00281050, 'DS', '40'],
      [0x00281051, 'DS', '80'],
      [0x00281052, 'DS', '-1024'],
      [0x00281053, 'DS', '1'],
      [0x00281054, 'LO', 'HU'],
    ],
  },
  CR: {
    sopClassUid: uid('1.2.840.10008.5.1.4.1.1.1'),
    elements: [[0x00185101, 'CS', 'AP']],
  },
  MR: {
    sopClassUid: uid('1.2.840.10008.5.1.4.1.1.4'),
    elements: [
      [0x00180020, 'CS', 'SE'],
      [0x00180021, 'CS', 'NONE'],
      [0x00180022, 'CS', ''],
      [0x00180023, 'CS', '2D'],
      [0x00180080, 'DS', '500'],
      [0x00180081, 'DS', '15'],
      [0x00180091, 'IS', '1'],
    ],
  },
} as const satisfies Readonly<
  Record<string, { readonly sopClassUid: unknown; readonly elements: readonly SyntheticElement[] }>
>;

/** General Image, Image Plane and Frame of Reference modules (PS3.3 C.7.4, C.7.6). */
function planeElements(
  study: SyntheticStudy,
  index: number,
  rows: number,
): readonly SyntheticElement[] {
  const spacing = (230 / rows).toFixed(6);
  const z = (index * 2.5).toFixed(1);
  return [
    [0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
    [0x00080023, 'DA', '20260105'],
    [0x00080033, 'TM', '081500'],
    [0x00180050, 'DS', '2.5'],
    [0x00185100, 'CS', 'HFS'],
    [0x00200012, 'IS', '1'],
    [0x00200020, 'CS', ''],
    [0x00200032, 'DS', `-115.0\\-115.0\\${z}`],
    [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
    [0x00200052, 'UI', uidOf(study, 'frame')],
    [0x00201040, 'LO', ''],
    [0x00201041, 'DS', z],
    [0x00280030, 'DS', `${spacing}\\${spacing}`],
  ];
}

/** Image Pixel module (PS3.3 C.7.6.3). */
function pixelElements(rows: number, pixels: Uint8Array): readonly SyntheticElement[] {
  return [
    [0x00280002, 'US', word(1)],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', word(rows)],
    [0x00280011, 'US', word(rows)],
    [0x00280100, 'US', word(16)],
    [0x00280101, 'US', word(12)],
    [0x00280102, 'US', word(11)],
    [0x00280103, 'US', word(0)],
    [0x7fe00010, 'OW', pixels],
  ];
}

function uidOf(study: SyntheticStudy, name: string): Uid {
  return syntheticUid(`${study.modality ?? 'CT'}/${study.seed}/${name}`);
}

/** Value of a US element. */
function word(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}
