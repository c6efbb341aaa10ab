import type { Clock } from '#sync/core/clock.ts';
import { commandField, dimseStatus } from '#sync/dimse/command.ts';
import type { DimseService, ServiceRequest } from '#sync/dimse/service.ts';
import type { Answering } from './answering.ts';
import {
  commitmentClassUid,
  commitmentInstanceUid,
  encodeCommitmentReport,
  parseCommitmentRequest,
  requestActionType,
} from './messages.ts';
import type { Commitment, CommitmentRecorder } from './ports.ts';

/**
 * The Storage Commitment SCP (PS3.4 J). A request is a fact before it is accepted; the answer comes on another
 * association, or on this one where the device wants it so and it can be given at once.
 */
export function createCommitmentService(
  ports: {
    readonly recorder: CommitmentRecorder;
    readonly answering: Pick<Answering, 'reportOf' | 'told' | 'wake'>;
    /** A request is durable and accepted. Never rejects. */
    readonly onAsked: (commitment: Commitment) => Promise<void>;
    readonly clock: Pick<Clock, 'nowMs'>;
  },
  config: { readonly answersHere: (callingAeTitle: string) => boolean },
): DimseService {
  return {
    sopClassUids: [commitmentClassUid],
    async *serve(request) {
      const refusal = refusalOf(request);
      if (refusal) {
        yield refusal;
        return;
      }
      const { dataset = new Uint8Array(), transferSyntaxUid, caller } = request;
      const parsed = parseCommitmentRequest(dataset, transferSyntaxUid);
      if (!parsed.ok) {
        yield parsed.fault;
        return;
      }
      const { callingAeTitle, calledAeTitle, address } = caller;
      const askedAtMs = ports.clock.nowMs();
      const commitment: Commitment = {
        ...parsed.value,
        ...{ callingAeTitle, calledAeTitle, address, askedAtMs },
      };
      const recorded = await ports.recorder.record([factOf(commitment)]);
      if (!recorded.ok) {
        yield { status: dimseStatus.resourceLimitation, comment: 'The box cannot write this now' };
        return;
      }
      yield { status: dimseStatus.success };
      void ports.onAsked(commitment);
      const isTold = config.answersHere(callingAeTitle) && (await answerHere(request, commitment));
      if (!isTold) ports.answering.wake();
    },
  };

  async function answerHere(request: ServiceRequest, commitment: Commitment): Promise<boolean> {
    const { reverse, transferSyntaxUid } = request;
    const report = await ports.answering.reportOf(commitment);
    const contextId = reverse.contextOf(commitmentClassUid, { transferSyntaxUid });
    if (!report || contextId === undefined) return false;
    const { transactionUid, calledAeTitle } = commitment;
    const { eventTypeId, dataset } = encodeCommitmentReport(
      ...([transactionUid, calledAeTitle, report, transferSyntaxUid] as const),
    );
    const command = {
      ...{ commandField: commandField.eventReport, affectedSopClassUid: commitmentClassUid },
      ...{ affectedSopInstanceUid: commitmentInstanceUid, eventTypeId },
    };
    const response = await reverse.request(contextId, command, pieceOf(dataset));
    if (response === undefined) return false;
    await ports.answering.told(commitment, report);
    return true;
  }
}

function refusalOf({ command }: ServiceRequest) {
  if (command.commandField !== commandField.action) {
    return {
      status: dimseStatus.unrecognizedOperation,
      comment: 'Storage commitment is asked by N-ACTION',
    };
  }
  if (command.actionTypeId !== requestActionType) {
    return { status: dimseStatus.noSuchAction, comment: 'The one action type is 1' };
  }
  if (command.requestedSopInstanceUid !== commitmentInstanceUid) {
    return { status: dimseStatus.noSuchObjectInstance, comment: 'Not the well-known instance' };
  }
  return undefined;
}

function factOf({ askedAtMs, references, ...rest }: Commitment) {
  return {
    fact: 'commitment' as const,
    atMs: askedAtMs,
    ...rest,
    references: references.map(({ sopClassUid, sopInstanceUid }): [string, string] => [
      sopClassUid,
      sopInstanceUid,
    ]),
  };
}

async function* pieceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
