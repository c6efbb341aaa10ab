import { failureReason } from '#appliance/commitment/judge.ts';
import { applianceConfigSchema } from '#appliance/config.ts';
import { statusOfDataset, statusOfStore } from '#appliance/intake/status.ts';
import type { StoreFault } from '#appliance/ports-store.ts';
import { isOfLevel, type Level, levels } from '#appliance/query/levels.ts';
import { commitmentOf } from '#appliance/wiring/commitment.ts';
import { type ServiceGround, servicesOf } from '#appliance/wiring/services.ts';
import { silentLog } from '#sync/core/log.ts';
import type { DatasetFault } from '#sync/dicom/attributes.ts';
import { attributes, type Keyword } from '#sync/dicom/dictionary.ts';
import { implementationClassUid, implementationVersionName } from '#sync/dicom/part10.ts';
import { storageSopClasses } from '#sync/dicom/storage-classes.ts';
import { refusedTransferSyntaxes, transferSyntaxes } from '#sync/dicom/transfer-syntaxes.ts';
import { defaultDimseLimits } from '#sync/dimse/limits.ts';
import { rejections } from '#sync/dimse/pdu.ts';
import { objectTooLarge } from '#sync/dimse/storage.ts';
import { verificationUid } from '#sync/dimse/uids.ts';

/** SOP classes beside storage that a box may serve one day, by name; one that is served and not here fails. */
const serviceNames: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.20.1': 'Storage Commitment Push Model',
  '1.2.840.10008.3.1.2.3.3': 'Modality Performed Procedure Step',
  '1.2.840.10008.5.1.4.31': 'Modality Worklist Information Model - FIND',
  '1.2.840.10008.5.1.4.1.2.1.1': 'Patient Root Query/Retrieve Information Model - FIND',
  '1.2.840.10008.5.1.4.1.2.1.2': 'Patient Root Query/Retrieve Information Model - MOVE',
  '1.2.840.10008.5.1.4.1.2.1.3': 'Patient Root Query/Retrieve Information Model - GET',
  '1.2.840.10008.5.1.4.1.2.2.1': 'Study Root Query/Retrieve Information Model - FIND',
  '1.2.840.10008.5.1.4.1.2.2.2': 'Study Root Query/Retrieve Information Model - MOVE',
  '1.2.840.10008.5.1.4.1.2.2.3': 'Study Root Query/Retrieve Information Model - GET',
};

/** What the code says of itself, by the name of its place in the statement. */
export function tables(): Readonly<Record<string, string>> {
  return {
    implementation: table(
      ['', ''],
      [
        ['Implementation Class UID', implementationClassUid],
        ['Implementation Version Name', implementationVersionName],
      ],
    ),
    services: table(['SOP class', 'UID', 'SCU', 'SCP'], services()),
    'storage-classes': table(
      ['SOP class', 'UID'],
      [...storageSopClasses].map(([uid, name]) => [name, uid]),
    ),
    'transfer-syntaxes': table(
      ['Transfer syntax', 'UID', 'Pixels'],
      [...transferSyntaxes].map(([uid, { name, fidelity }]) => [name, uid, fidelities[fidelity]]),
    ),
    'refused-syntaxes': table(
      ['Transfer syntax', 'UID'],
      [...refusedTransferSyntaxes].map(([uid, name]) => [name, uid]),
    ),
    limits: table(['Limit (`dicom.limits`)', 'Default'], limits()),
    rejections: table(['Cause', 'Result', 'Source', 'Reason'], rejects()),
    'storage-status': table(['Status', 'Cause', 'Error Comment'], storageStatus()),
    'commitment-failures': table(['Failure Reason', 'Cause'], commitmentFailures()),
    'query-keys': table(['Level', 'Keys'], queryKeys()),
  };
}

const fidelities = { native: 'native', lossless: 'lossless', 'may-lose': 'may lose' } as const;

function services(): readonly (readonly string[])[] {
  const rows = servedClasses().map((uid) => {
    const name = serviceNames[uid];
    if (name === undefined) throw new Error(`Name the SOP class ${uid} in ${import.meta.url}`);
    return [name, uid, 'no', 'yes'];
  });
  return [['Verification', verificationUid, 'yes', 'yes'], ...rows];
}

/** The services of the box's door are wired without a box: nothing is asked of them but what they serve. */
function servedClasses(): readonly string[] {
  const config = applianceConfigSchema.parse({
    ...{ format: 1, siteName: 'DEMO CLINIC', boxName: 'box', dataDir: '/d', spoolDir: '/s' },
    socket: '/run/box.sock',
    dicom: { host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'], callers: [] },
  });
  const nothing: object = {};
  const ended = AbortSignal.abort();
  const wired = { config, folder: nothing, box: nothing, log: silentLog, ended };
  const ground = wired as ServiceGround & Parameters<typeof commitmentOf>[0];
  return servicesOf(ground, ...commitmentOf(ground).services).flatMap(
    ({ sopClassUids }) => sopClassUids,
  );
}

function limits(): readonly (readonly string[])[] {
  return Object.entries(defaultDimseLimits).map(([name, value]) => [`\`${name}\``, `${value}`]);
}

const causes: Readonly<Record<keyof typeof rejections, string>> = {
  'calling-ae': 'the calling AE title is not accepted',
  'called-ae': 'the called AE title is not one of the box',
  'application-context': 'another application context',
  'protocol-version': 'another protocol version',
  'pdu-length': 'a maximum PDU length below 1,024 bytes',
  busy: 'too many associations, or the disk is full or failing: come again',
};

function rejects(): readonly (readonly string[])[] {
  return (Object.keys(rejections) as (keyof typeof rejections)[]).map((name) => {
    const { result, source, reason } = rejections[name];
    return [causes[name], ...[result, source, reason].map(String)];
  });
}

const datasetCauses: Readonly<Record<DatasetFault['kind'], string>> = {
  'dicom/mismatch': 'class or instance of the dataset is not that of the command',
  'dicom/empty': 'the dataset has no bytes',
  'dicom/truncated': 'the dataset ends before its pixels do',
  'dicom/unparsable': 'the dataset names neither an instance nor a study',
};
const storeCauses: Readonly<Record<StoreFault['kind'], string>> = {
  'store/full': 'no room for the object',
  'store/too-large': 'a UID of the object is longer than 64 characters',
  'store/io': 'the disk failed',
  'store/damaged': 'what was written before it cannot be read again',
  'store/closed': 'the box is stopping',
};

function storageStatus(): readonly (readonly string[])[] {
  const fault = { message: '', next: '', retry: 'never' } as const;
  const ofDataset = (Object.keys(datasetCauses) as DatasetFault['kind'][]).map((kind) => ({
    cause: datasetCauses[kind],
    ...statusOfDataset({ ...fault, kind }),
  }));
  const ofStore = (Object.keys(storeCauses) as StoreFault['kind'][]).map((kind) => ({
    cause: storeCauses[kind],
    ...statusOfStore({ ...fault, kind }),
  }));
  const cause = 'the object is larger than `objectSizeBytes`';
  const ofLimit = { cause, ...objectTooLarge(defaultDimseLimits.objectSizeBytes) };
  return [...ofDataset, ofLimit, ...ofStore].map(({ status, cause, comment = '' }) => [
    `${status.toString(16).toUpperCase().padStart(4, '0')}H`,
    cause,
    comment,
  ]);
}

const failureCauses: Readonly<Record<keyof typeof failureReason, string>> = {
  processingFailure:
    'the object is damaged, was rejected by a person, or was not safe within a week',
  noSuchObjectInstance: 'the box has no such instance, or two people discarded it',
  classInstanceConflict: 'the instance that the box has is of another class',
};

function commitmentFailures(): readonly (readonly string[])[] {
  return (Object.keys(failureCauses) as (keyof typeof failureCauses)[]).map((name) => [
    `${failureReason[name].toString(16).toUpperCase().padStart(4, '0')}H`,
    failureCauses[name],
  ]);
}

function queryKeys(): readonly (readonly string[])[] {
  const all = Object.keys(attributes) as Keyword[];
  return levels.map((level, index) => {
    const above: Level | undefined = levels[index - 1];
    const own = all.filter(
      (keyword) => isOfLevel(keyword, level) && !(above && isOfLevel(keyword, above)),
    );
    return [
      level,
      own.map((keyword) => `${keyword} ${tagText(attributes[keyword][0])}`).join(', '),
    ];
  });
}

function tagText(number: number): string {
  const hex = number.toString(16).toUpperCase().padStart(8, '0');
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
