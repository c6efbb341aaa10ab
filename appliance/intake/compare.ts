import type { Clock } from '#sync/core/clock.ts';
import { createErrand, type Errand } from '#sync/core/errand.ts';
import type { Log } from '#sync/core/log.ts';
import { canonicalSha256 } from '#sync/dicom/canonical.ts';
import type { InstanceAttributes } from '#sync/dicom/types.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { InstanceStore } from '../ports-store.ts';
import type { StoredObject, TwinKind, TwinPair } from '../store/twins.ts';
import type { Recorder } from './recorder.ts';
import { storedAttributes } from './stored-attributes.ts';

const stepBytes = 256 * 1024;

/**
 * Says what a second object under a SOP Instance UID is, one after another behind all that must be quick. Until it is
 * said the object is held.
 */
export function createComparer(
  ports: {
    readonly catalog: Pick<Catalog, 'uncompared'>;
    readonly store: Pick<InstanceStore, 'read'>;
    /** Where digests are made; on this thread unless given. */
    readonly digester?: Digester;
    readonly recorder: Recorder;
    readonly clock: Clock;
    readonly log: Log;
    readonly onCompared: () => void;
  },
  signal: AbortSignal,
): Errand {
  /** The pair that was compared just now. */
  let last: string | undefined;

  async function step(): Promise<boolean> {
    const pair = await ports.catalog.uncompared();
    const key = pair && `${pair.kept.datasetSha256} ${pair.held.datasetSha256}`;
    // Compared and still there: the catalog takes nothing now, and the program is about to start again.
    const isAgain = key === last;
    last = undefined;
    if (pair === undefined || isAgain || !(await decide(pair))) return false;
    last = key;
    return true;
  }

  /** False: it cannot be written down, or the program ends; the pair waits for the next time. */
  async function decide({ kept, held }: TwinPair): Promise<boolean> {
    const digester = ports.digester ?? digesterOf(ports.store);
    const kind = await compare(ports.store, digester, kept, held, signal);
    // A store that closes reads like a damaged one: nothing is said about it.
    if (signal.aborted) return false;
    ports.log.warn('appliance/compared', { kind });
    const { sopInstanceUid } = held;
    const digests = { kept: kept.datasetSha256, held: held.datasetSha256 };
    const atMs = ports.clock.nowMs();
    const fact = { fact: 'compared', atMs, sopInstanceUid, ...digests, kind } as const;
    const recorded = await ports.recorder.record([fact]);
    if (recorded.ok) ports.onCompared();
    return recorded.ok;
  }

  return createErrand(step, signal, (message) =>
    ports.log.error('appliance/compare-failed', { message }),
  );
}

/**
 * What the second object under a UID is to the first: of somebody else or another study, the same object in another
 * encoding, or another object. What cannot be read or has no canonical digest is a conflict: a person looks at it.
 */
async function compare(
  store: Pick<InstanceStore, 'read'>,
  digester: Digester,
  kept: StoredObject,
  held: StoredObject,
  signal: AbortSignal,
): Promise<TwinKind> {
  const [first, second] = [
    await storedAttributes(store, kept),
    await storedAttributes(store, held),
  ];
  if (first === undefined || second === undefined) return 'conflict';
  if (!isSameIdentity(first, second)) return 'identity';
  const digest = await digester.canonicalSha256(held, signal);
  if (digest === undefined) return 'conflict';
  const isSame = digest === (await digester.canonicalSha256(kept, signal));
  return isSame ? 'resend' : 'conflict';
}

type Identity = Pick<
  InstanceAttributes,
  'studyInstanceUid' | 'patientId' | 'patientName' | 'issuerOfPatientId'
>;

/** Whether two objects are of one patient and one study; an issuer that only one of them names tells nothing. */
export function isSameIdentity(a: Identity, b: Identity): boolean {
  return (
    a.studyInstanceUid === b.studyInstanceUid &&
    a.patientId === b.patientId &&
    nameOf(a) === nameOf(b) &&
    (a.issuerOfPatientId === b.issuerOfPatientId ||
      a.issuerOfPatientId === '' ||
      b.issuerOfPatientId === '')
  );
}

/** Empty components at the end of a name are no difference (PS3.5 6.2.1). */
function nameOf({ patientName }: Identity): string {
  return patientName
    .normalize('NFC')
    .replace(/[\s^]+(?==|$)/g, '')
    .replace(/=+$/, '');
}

/** Makes canonical digests of stored objects, whatever their size. */
export interface Digester {
  /** Undefined: not a whole dataset, or it cannot be read. */
  canonicalSha256(object: StoredObject, signal: AbortSignal): Promise<string | undefined>;
}

/** A digester on this thread: reads piece by piece and holds about 1 MiB. */
export function digesterOf(store: Pick<InstanceStore, 'read'>): Digester {
  return {
    canonicalSha256: (object, signal) =>
      canonicalSha256(datasetOf(store, object, signal), object.transferSyntaxUid),
  };
}

async function* datasetOf(
  store: Pick<InstanceStore, 'read'>,
  object: StoredObject,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let at = object.fileHeaderSizeBytes; at < object.payloadSizeBytes; at += stepBytes) {
    signal.throwIfAborted();
    const bytes = await store.read(object, at, Math.min(stepBytes, object.payloadSizeBytes - at));
    if (!bytes.ok) throw new Error(bytes.fault.message, { cause: bytes.fault });
    yield bytes.value;
  }
}
