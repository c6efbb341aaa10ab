import { commandField } from '#sync/dimse/command.ts';
import type { OpenAssociation, OpensAssociation } from '#sync/dimse/scu.ts';
import type { Destination, OutboundStore, WaitingInstance } from './ports.ts';
import { troubleOf } from './trouble.ts';

/** What became of a batch; what is in neither list was not asked about, since the association ended. */
export interface Sent {
  readonly taken: readonly WaitingInstance[];
  readonly refused: readonly WaitingInstance[];
  /** Why not all was taken. */
  readonly trouble: string | undefined;
}

const pieceSizeBytes = 256 * 1024;

/** Sends `batch` on one association, each instance in the transfer syntax in which it is stored. */
export async function sendInstances(
  ports: { readonly store: OutboundStore; readonly openAssociation: OpensAssociation },
  peer: Destination,
  callingAeTitle: string,
  batch: readonly WaitingInstance[],
  signal: AbortSignal,
): Promise<Sent> {
  const { address, port, aeTitle: calledAeTitle } = peer;
  const pairs = new Map(batch.map((each) => [pairOf(each), each]));
  const proposals = [...pairs.values()].map(({ sopClassUid, transferSyntaxUid }) => ({
    ...{ abstractSyntaxUid: sopClassUid, transferSyntaxUids: [transferSyntaxUid] },
  }));
  const target = { address, port, calledAeTitle, callingAeTitle };
  const association = await ports.openAssociation(target, proposals, { signal });
  if (association.kind !== 'open') {
    const trouble = troubleOf(peer, callingAeTitle, association).message;
    return { taken: [], refused: [], trouble };
  }
  const taken: WaitingInstance[] = [];
  const refused: WaitingInstance[] = [];
  let trouble: string | undefined;
  for (const instance of batch) {
    const answer = await sendOne(association, ports.store, instance);
    if (answer === 'ended') {
      trouble = `"${peer.name}" broke off while images were sent`;
      break;
    }
    if (answer === 'taken') {
      taken.push(instance);
    } else {
      refused.push(instance);
      trouble = `"${peer.name}" refuses images: ${answer}`;
    }
  }
  await association.release();
  return { taken, refused, trouble };
}

/** `taken`, `ended`, or why the destination refuses it. */
async function sendOne(
  association: OpenAssociation,
  store: OutboundStore,
  instance: WaitingInstance,
): Promise<string> {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = instance;
  const contextId = association.contextOf(sopClassUid, transferSyntaxUid);
  if (contextId === undefined) return 'it does not take them as they are encoded';
  const command = {
    ...{ commandField: commandField.store, affectedSopClassUid: sopClassUid },
    affectedSopInstanceUid: sopInstanceUid,
  };
  const answer = await association.request(contextId, command, datasetOf(store, instance));
  if (answer?.status === undefined) return 'ended';
  const isTaken = answer.status === 0 || (answer.status & 0xf000) === 0xb000;
  return isTaken ? 'taken' : `status ${answer.status.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The stored dataset in pieces; throws when it cannot be read, which ends its association. */
async function* datasetOf(
  store: OutboundStore,
  instance: WaitingInstance,
): AsyncGenerator<Uint8Array> {
  const { fileHeaderSizeBytes, payloadSizeBytes } = instance;
  for (let at = fileHeaderSizeBytes; at < payloadSizeBytes; at += pieceSizeBytes) {
    const length = Math.min(pieceSizeBytes, payloadSizeBytes - at);
    const piece = await store.read(instance, at, length);
    if (!piece.ok) throw new Error(piece.fault.kind);
    yield piece.value;
  }
}

function pairOf({ sopClassUid, transferSyntaxUid }: WaitingInstance): string {
  return `${sopClassUid} ${transferSyntaxUid}`;
}
