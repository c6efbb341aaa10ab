import { errorCode } from '../core/error-code.ts';
import type { Result } from '../core/result.ts';
import type { AgentSpool, ClinicalSpool, SpoolFault } from './spool.ts';

type Told = (cause: SpoolFault) => void;

/**
 * The clinical side of `spool` that ends its program when a write that says it is durable met EIO: after a failed fsync
 * the pages count as clean, so the same write made again would be believed and be nowhere. What is started anew looks at
 * what the disk holds. A spool that took nothing since the start is on a dying disk: what it holds is still shown.
 */
export function clinicalSpoolThatEnds(spool: ClinicalSpool, onBroken: Told): ClinicalSpool {
  const noted = createNoted(onBroken);
  return {
    ...spool,
    putPack: (...pack) => noted(spool.putPack(...pack)),
    writeOrder: (order) => noted(spool.writeOrder(order)),
    writePeer: (peer) => noted(spool.writePeer(peer)),
    writeEnrolment: (enrolment) => noted(spool.writeEnrolment(enrolment)),
    putPublic: (...file) => noted(spool.putPublic(...file)),
    markTaken: (packId) => noted(spool.markTaken(packId)),
  };
}

/** The same for the agent's side. */
export function agentSpoolThatEnds(spool: AgentSpool, onBroken: Told): AgentSpool {
  const noted = createNoted(onBroken);
  return {
    ...spool,
    putCustody: (...receipt) => noted(spool.putCustody(...receipt)),
    finishPart: (packId) => noted(spool.finishPart(packId)),
    putPublic: (...file) => noted(spool.putPublic(...file)),
    writeState: (state) => noted(spool.writeState(state)),
  };
}

function createNoted(onBroken: Told) {
  let hasWritten = false;
  return async <T>(write: Promise<Result<T, SpoolFault>>): Promise<Result<T, SpoolFault>> => {
    const written = await write;
    if (written.ok) hasWritten = true;
    else if (hasWritten && isEio(written.fault)) onBroken(written.fault);
    return written;
  };
}

function isEio({ kind, cause }: SpoolFault): boolean {
  return kind === 'spool/io' && errorCode(cause) === 'EIO';
}
