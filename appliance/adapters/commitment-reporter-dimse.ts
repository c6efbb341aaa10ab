import type { Log } from '#sync/core/log.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import { commandField } from '#sync/dimse/command.ts';
import type { OpensAssociation } from '#sync/dimse/scu.ts';
import { explicitLittleEndianUid, implicitLittleEndianUid } from '#sync/dimse/uids.ts';
import {
  commitmentClassUid,
  commitmentInstanceUid,
  encodeCommitmentReport,
} from '../commitment/messages.ts';
import type { CommitmentReporter } from '../commitment/ports.ts';

const syntaxes = [implicitLittleEndianUid, explicitLittleEndianUid];

/** Tells a device by N-EVENT-REPORT on an association that the box opens, in the SCP role. */
export function createCommitmentReporter(
  openAssociation: OpensAssociation,
  portOf: (callingAeTitle: string) => number,
  log: Log,
): CommitmentReporter {
  return {
    report: async (commitment, report, { withRole, signal }) => {
      const { transactionUid, callingAeTitle, calledAeTitle, address } = commitment;
      const association = await openAssociation(
        {
          ...{ address, port: portOf(callingAeTitle) },
          ...{ calledAeTitle: callingAeTitle, callingAeTitle: calledAeTitle },
        },
        [
          {
            ...{ abstractSyntaxUid: commitmentClassUid, transferSyntaxUids: syntaxes },
            asScp: withRole,
          },
        ],
        { signal },
      );
      const device = sanitize(callingAeTitle);
      if (association.kind !== 'open') {
        log.warn('commitment/not-told', { callingAeTitle: device, ...association });
        return 'not-told';
      }
      for (const syntax of syntaxes) {
        const contextId = association.contextOf(commitmentClassUid, syntax);
        if (contextId === undefined) continue;
        const { eventTypeId, dataset } = encodeCommitmentReport(
          ...([transactionUid, calledAeTitle, report, syntax] as const),
        );
        const command = {
          ...{ commandField: commandField.eventReport, affectedSopClassUid: commitmentClassUid },
          ...{ affectedSopInstanceUid: commitmentInstanceUid, eventTypeId },
        };
        const response = await association.request(contextId, command, pieceOf(dataset));
        await association.release();
        // Whatever it thinks of the answer, the device has it.
        return response === undefined ? 'not-told' : 'told';
      }
      log.warn('commitment/not-told', { callingAeTitle: device, kind: 'not-accepted' });
      await association.release();
      return 'not-told';
    },
  };
}

async function* pieceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
