import type { Order } from '#appliance/store/facts-orders.ts';
import { hex, utf8 } from '#sync/core/bytes.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { uid } from '#sync/dicom/uid.ts';
import { dimseStatus } from '#sync/dimse/command.ts';
import type { StorageScpPorts } from '#sync/dimse/storage.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { seededBytes } from '../support/pack-bytes.ts';
import type { SyntheticInstance } from '../support/synthetic-ct.ts';
import { syntheticObject } from '../support/synthetic-dataset.ts';
import { callingAeTitle } from './box.ts';
import { patientMark, uidRoot } from './markers.ts';
import type { Oracle } from './oracle.ts';
import type { Chance, Timeline } from './timeline.ts';

/** Objects of some hundred kilobytes each: the link is busy with them for long. */
export function bulkyStudyOf(name: string, chance: Chance): readonly SyntheticInstance[] {
  const count = chance.whole(2, 6);
  return Array.from({ length: count }, (_, index) =>
    instanceOf(name, index, chance.whole(200_000, 600_000)),
  );
}

/** A study of a few objects that are noise behind a good header; some are split over packs or over requests. */
export function studyOf(name: string, chance: Chance): readonly SyntheticInstance[] {
  const count = chance.whole(1, 4);
  const [least, most] = chance.pick([
    [20, 2_000],
    [20, 8_000],
    [20_000, 60_000],
  ] as const);
  return Array.from({ length: count }, (_, index) =>
    instanceOf(name, index, chance.is(0.02) ? 600_000 : chance.whole(least, most)),
  );
}

function instanceOf(study: string, index: number, sizeBytes: number): SyntheticInstance {
  const name = `${study}/${index}`;
  const id = (kind: string) => uid(`${uidRoot}.${numberOf(kind)}`);
  return syntheticObject(
    {
      sopClassUid: uid('1.2.840.10008.5.1.4.1.1.2'),
      sopInstanceUid: id(name),
      transferSyntaxUid: uid(transferSyntax.explicitLittleEndian),
      studyInstanceUid: id(study),
      seriesInstanceUid: id(`${study}/series`),
      patientId: `${patientMark} ${study}`.slice(0, 64),
      issuerOfPatientId: 'DEMO CLINIC',
      patientName: `${patientMark}^ALPHA`,
      patientBirthDate: '19700101',
      patientSex: 'O',
      accessionNumber: '',
      modality: 'CT',
      studyDescription: 'Noise',
      seriesDescription: 'Noise',
      bodyPartExamined: 'HEAD',
      studyDate: '20260105',
      studyTime: '081500',
      instanceNumber: String(index + 1),
      isLossy: false,
    },
    [[0x7fe00010, 'OW', samplesOf(name, sizeBytes)]],
  );
}

/** Noise with the mark of patients all through it, so that any plain part of it is found. */
function samplesOf(name: string, sizeBytes: number): Uint8Array {
  const samples = seededBytes(name, sizeBytes - (sizeBytes % 2));
  const mark = utf8(patientMark);
  for (let at = 0; at + mark.length <= samples.length; at += 1_024) samples.set(mark, at);
  return samples;
}

function numberOf(name: string): string {
  return BigInt(`0x${hex(sha256(utf8(name)).slice(0, 12))}`).toString();
}

/** The order that makes a study STAT. */
export function statOrderOf(attributes: SyntheticInstance['attributes'], source: string): Order {
  const { patientId, issuerOfPatientId, patientName } = attributes;
  return {
    ...{ patientId, issuerOfPatientId, patientName, revision: 1, source, orderNumber: '1' },
    orderId: hex(sha256(utf8(patientId)).slice(0, 8)),
    studyInstanceUid: attributes.studyInstanceUid ?? '',
    accessionNumber: 'A1',
    patientBirthDate: attributes.patientBirthDate,
    patientSex: 'O',
    patientAge: '',
    modality: 'CT',
    stationAeTitle: '',
    scheduledDate: '20260115',
    scheduledTime: '120000',
    description: '',
    priority: 'STAT',
    referringPhysicianName: '',
    contact: '',
    indication: '',
    history: '',
    allergies: '',
    consent: 'unknown',
    isEmergency: false,
  };
}

/** The same UID with other content: a conflict. */
export function variantOf(instance: SyntheticInstance): SyntheticInstance {
  const pixels = seededBytes(`another ${instance.datasetSha256}`, 64);
  return syntheticObject(instance.attributes, [[0x7fe00010, 'OW', pixels]]);
}

/** A box that may be down. */
export interface BoxDoor {
  scp: StorageScpPorts | undefined;
}

/** A device that sends an instance again until it is told success; it never hears of a crash, only of silence. */
export function sendUntilAccepted(
  timeline: Timeline,
  door: BoxDoor,
  oracle: Oracle,
  instance: SyntheticInstance,
  onAccepted: () => void,
): void {
  const { chance } = timeline;
  let isDone = false;
  const again = (ms: number): void => {
    timeline.after(ms, attempt);
  };

  function attempt(): void {
    const { scp } = door;
    if (scp === undefined) {
      again(chance.between(500, 5_000));
      return;
    }
    let isAnswered = false;
    const undo = timeline.after(30_000, () => {
      if (!isAnswered) attempt();
      isAnswered = true;
    });
    oracle.sent(instance);
    void cStore(scp, instance).then((status) => {
      if (isAnswered) return;
      isAnswered = true;
      undo();
      // The response is lost on the way: the device knows of nothing.
      if (chance.is(0.05)) return again(chance.between(500, 5_000));
      if (status !== dimseStatus.success) return again(chance.between(500, 5_000));
      oracle.accepted(instance);
      if (!isDone) onAccepted();
      isDone = true;
    });
  }
  attempt();
}

async function cStore(scp: StorageScpPorts, instance: SyntheticInstance): Promise<number> {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid, part10, fileHeaderSizeBytes } = instance;
  const ids = { sopClassUid, sopInstanceUid, transferSyntaxUid };
  const sink = await scp.begin({ callingAeTitle, ...ids, messageId: 1 });
  if (!sink.ok) return sink.fault.status;
  sink.value.write(part10.slice(fileHeaderSizeBytes));
  return (await sink.value.finish()).status;
}
