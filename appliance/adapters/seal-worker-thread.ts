import { randomBytes } from 'node:crypto';
import type { Random } from '#sync/core/random.ts';
import type { Result } from '#sync/core/result.ts';
import type { CreateWork } from '#sync/core/worker-lane.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import type { SealedPack, SealFault, SealJob } from '../ports-sealing.ts';
import { sealJob } from './seal-job.ts';
import { practise } from './seal-practice.ts';

/** Keys are drawn here; nothing in sealing asks for a fraction. */
const random: Random = {
  bytes: (length) => Uint8Array.from(randomBytes(length)),
  fraction: () => 0.5,
};
const clock = { monotonicMs: () => performance.now() };

/** The work of a sealing thread; the identity key never leaves it again. */
export const createWork: CreateWork<SealJob, Result<SealedPack, SealFault>> = (data) => {
  practise();
  const signer = signingKeyOf((data as { readonly identitySeed: Uint8Array }).identitySeed);
  return (job) => {
    const answer = sealJob(job, signer, random, clock);
    return { answer, transfer: answer.ok ? [answer.value.bytes.buffer as ArrayBuffer] : [] };
  };
};
