import { createHash } from 'node:crypto';
import type { Area } from '#sync/coding/areas.ts';
import { areasOfObject } from '#sync/coding/part10-areas.ts';
import type { SealPart } from '../ports-sealing.ts';
import type { InstanceStore } from '../ports-store.ts';
import type { PendingInstance } from '../ports-waiting.ts';
import type { PackPlan, Piece } from './enqueue.ts';

const stepBytes = 1024 * 1024;
/** In front of the pixels of an object; what has more there is coded without their shape. */
const headBytes = 4 * 1024 * 1024;

/** Reads what a pack will hold back from the segments. */
export interface PackReader {
  /** The parts of a plan, or the instances among them that cannot be read as they were written. */
  read(
    plan: PackPlan,
  ): Promise<
    | { readonly parts: readonly SealPart[]; readonly damaged: readonly [] }
    | { readonly parts: readonly []; readonly damaged: readonly PendingInstance[] }
  >;
}

/**
 * An object that travels whole is hashed by the worker that seals it. One that is split is hashed here before its
 * first range leaves, once in the life of the program, since no single pack could prove it.
 */
export function createPackReader(store: Pick<InstanceStore, 'read'>): PackReader {
  const proven = new Set<string>();
  let lastAreas: { readonly of: string; readonly areas: readonly Area[] } | undefined;

  async function isProven(instance: PendingInstance): Promise<boolean> {
    const key = `${instance.datasetSha256} ${instance.segment} ${instance.recordOffset}`;
    if (!proven.has(key) && (await isIntact(store, instance))) proven.add(key);
    return proven.has(key);
  }

  /** Where a split object has its samples; of the last one only, since its ranges follow each other. */
  async function areasOf(instance: PendingInstance): Promise<readonly Area[]> {
    if (lastAreas?.of !== instance.datasetSha256) {
      const length = Math.min(headBytes, instance.payloadSizeBytes);
      const head = await store.read(instance, 0, length);
      const areas = head.ok ? areasOfObject(head.value, instance.payloadSizeBytes) : [];
      lastAreas = { of: instance.datasetSha256, areas };
    }
    return lastAreas.areas;
  }

  async function partOf({ instance, from, to }: Piece): Promise<SealPart | undefined> {
    const isWhole = from === 0 && to === instance.payloadSizeBytes;
    if (!isWhole && !(await isProven(instance))) return undefined;
    const bytes = await store.read(instance, from, to - from);
    if (!bytes.ok || bytes.value.length !== to - from) return undefined;
    return {
      sopInstanceUid: instance.sopInstanceUid,
      datasetSha256: instance.datasetSha256,
      bytes: bytes.value,
      sizeBytes: instance.payloadSizeBytes,
      from,
      to,
      fileHeaderSizeBytes: instance.fileHeaderSizeBytes,
      ...(!isWhole && { areas: await areasOf(instance) }),
    };
  }

  return {
    read: async (plan) => {
      const parts: SealPart[] = [];
      const damaged: PendingInstance[] = [];
      for (const piece of plan.pieces) {
        const part = await partOf(piece);
        if (part) parts.push(part);
        else damaged.push(piece.instance);
      }
      return damaged.length > 0 ? { parts: [], damaged } : { parts, damaged: [] };
    },
  };
}

/** Whether the dataset in the store still hashes to its digest; reads it once, in bounded steps. */
export async function isIntact(
  store: Pick<InstanceStore, 'read'>,
  instance: Pick<
    PendingInstance,
    'segment' | 'payloadOffset' | 'payloadSizeBytes' | 'fileHeaderSizeBytes' | 'datasetSha256'
  >,
): Promise<boolean> {
  const hash = createHash('sha256');
  for (let at = instance.fileHeaderSizeBytes; at < instance.payloadSizeBytes; at += stepBytes) {
    const length = Math.min(stepBytes, instance.payloadSizeBytes - at);
    const bytes = await store.read(instance, at, length);
    if (!bytes.ok || bytes.value.length !== length) return false;
    hash.update(bytes.value);
  }
  return hash.digest('hex') === instance.datasetSha256;
}
