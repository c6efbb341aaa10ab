import { concat } from '#sync/core/bytes.ts';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';
import type { AgentState } from '#sync/wire/agent-state.ts';
import type { Enrolment } from '#sync/wire/enrolment.ts';
import type { Order } from '#sync/wire/order.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import type { Peer } from '#sync/wire/peer.ts';
import type { AgentSpool, ClinicalSpool, PublicFile } from '#sync/wire/spool.ts';
import { idOf } from './pack-bytes.ts';

/** A spool in memory, both sides at once; it passes the same contract as the folders. */
export interface MemorySpool {
  readonly clinical: ClinicalSpool;
  readonly agent: AgentSpool;
}

const spoolFault = <K extends 'spool/missing' | 'spool/refused' | 'spool/damaged'>(
  kind: K,
): Fault<K> => fault(kind, 'Cannot use the spool in memory', 'Look at the test', 'later');

/** Two sides over plain maps; a change on one side wakes the other in the next microtask. */
export function createMemorySpool(): MemorySpool {
  const sent = new Map<PackId, Uint8Array>();
  const parts = new Map<PackId, Uint8Array>();
  const held = new Map<PackId, Uint8Array>();
  const taken = new Set<PackId>();
  const custody = new Map<PackId, Uint8Array>();
  const outPublic = new Map<PublicFile, Uint8Array>();
  const inPublic = new Map<PublicFile, Uint8Array>();
  let order: Order | undefined;
  let peer: Peer | undefined;
  let enrolment: Enrolment | undefined;
  let state: AgentState | undefined;
  const agentWakes = new Set<() => void>();
  const clinicalWakes = new Set<() => void>();
  const tell = (wakes: ReadonlySet<() => void>): void => {
    for (const wake of wakes) queueMicrotask(wake);
  };
  const watch = (wakes: Set<() => void>) => (onChange: () => void, signal: AbortSignal) => {
    wakes.add(onChange);
    signal.addEventListener('abort', () => wakes.delete(onChange), { once: true });
  };
  const out = (work: () => void) => {
    work();
    tell(agentWakes);
    return Promise.resolve(ok(undefined));
  };
  const into = (work: () => void) => {
    work();
    tell(clinicalWakes);
    return Promise.resolve(ok(undefined));
  };

  const clinical: ClinicalSpool = {
    putPack: (packId, bytes) => out(() => sent.set(packId, bytes.slice())),
    sentPacks: async () => [...sent.keys()],
    readSent: async (packId) => sent.get(packId)?.slice(),
    removeSent: async (packId) => void (await out(() => sent.delete(packId))),
    writeOrder: (next) => out(() => (order = structuredClone(next))),
    writePeer: (next) => out(() => (peer = structuredClone(next))),
    writeEnrolment: (next) => out(() => (enrolment = structuredClone(next))),
    putPublic: (name, bytes) => out(() => outPublic.set(name, bytes.slice())),
    arrivedPacks: async () => [...held.keys()].filter((packId) => !taken.has(packId)),
    readArrived: async (packId) => {
      const bytes = held.get(packId);
      return bytes === undefined ? fail(spoolFault('spool/missing')) : ok(bytes.slice());
    },
    markTaken: (packId) => out(() => taken.add(packId)),
    forgetTaken: async () => {
      for (const packId of taken) if (!held.has(packId)) taken.delete(packId);
    },
    custodyPacks: async () => [...custody.keys()],
    custodyReceipt: async (packId) => custody.get(packId)?.slice(),
    readPublic: async (name) => inPublic.get(name)?.slice(),
    agentState: async () => state,
    watch: watch(clinicalWakes),
  };
  const agent: AgentSpool = {
    readOrder: async () => (order === undefined ? fail(spoolFault('spool/missing')) : ok(order)),
    readPeer: async () => (peer === undefined ? fail(spoolFault('spool/missing')) : ok(peer)),
    readEnrolment: async () =>
      enrolment === undefined ? fail(spoolFault('spool/missing')) : ok(enrolment),
    outgoing: async () => [...sent].map(([packId, bytes]) => ({ packId, sizeBytes: bytes.length })),
    readOutgoing: async (packId, offset, length) => {
      const bytes = sent.get(packId);
      return bytes === undefined
        ? fail(spoolFault('spool/missing'))
        : ok(bytes.slice(offset, offset + length));
    },
    putCustody: (packId, receipt) => into(() => custody.set(packId, receipt.slice())),
    forgetCustody: async () => {
      for (const packId of custody.keys()) if (!sent.has(packId)) custody.delete(packId);
    },
    partSize: async (packId) => parts.get(packId)?.length ?? 0,
    appendPart: async (packId, offset, bytes) => {
      const known = parts.get(packId) ?? new Uint8Array();
      if (offset > known.length) return fail(spoolFault('spool/refused'));
      parts.set(packId, concat(known.subarray(0, offset), bytes));
      return ok(undefined);
    },
    finishPart: async (packId) => {
      const bytes = parts.get(packId);
      if (bytes === undefined) return fail(spoolFault('spool/missing'));
      parts.delete(packId);
      return idOf(bytes) === packId
        ? into(() => held.set(packId, bytes))
        : fail(spoolFault('spool/damaged'));
    },
    incoming: async () => ({ held: [...held.keys()], taken: [...taken] }),
    removeIncoming: async (packId) => void (await into(() => held.delete(packId))),
    readPublic: async (name) => outPublic.get(name)?.slice(),
    putPublic: (name, bytes) => into(() => inPublic.set(name, bytes.slice())),
    writeState: (next) => into(() => (state = structuredClone(next))),
    watch: watch(agentWakes),
  };
  return { clinical, agent };
}
