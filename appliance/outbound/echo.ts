import { commandField } from '#sync/dimse/command.ts';
import type { OpensAssociation } from '#sync/dimse/scu.ts';
import { implicitLittleEndianUid, verificationUid } from '#sync/dimse/uids.ts';
import type { Destination } from './ports.ts';
import { type PeerTrouble, troubleOf } from './trouble.ts';

const timeoutMs = 10_000;

/** Asks `peer` by C-ECHO; undefined when it answered as it should. */
export async function echoTrouble(
  openAssociation: OpensAssociation,
  peer: Destination,
  boxTitle: string,
  signal: AbortSignal,
): Promise<PeerTrouble | undefined> {
  const { address, port, aeTitle: calledAeTitle } = peer;
  const association = await openAssociation(
    { address, port, calledAeTitle, callingAeTitle: boxTitle },
    [{ abstractSyntaxUid: verificationUid, transferSyntaxUids: [implicitLittleEndianUid] }],
    { signal, timeoutMs },
  );
  if (association.kind !== 'open') return troubleOf(peer, boxTitle, association);
  const contextId = association.contextOf(verificationUid, implicitLittleEndianUid);
  const command = { commandField: commandField.echo, affectedSopClassUid: verificationUid };
  const answer =
    contextId === undefined ? undefined : await association.request(contextId, command);
  await association.release();
  if (answer?.status === 0) return undefined;
  return {
    message: `"${peer.name}" takes the association and does not answer C-ECHO as it should`,
    next: 'It speaks DICOM; ask its service whether Verification is switched off there',
  };
}
