import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { Random } from '#sync/core/random.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import type { SealJob } from '../ports.ts';
import { sealJob } from './seal-job.ts';

/** Runs in a worker: one job in, one answer out, in order. The identity key never leaves this thread again. */
const signer = signingKeyOf((workerData as { readonly identitySeed: Uint8Array }).identitySeed);

/** Keys are drawn here; nothing in sealing asks for a fraction. */
const random: Random = {
  bytes: (length) => Uint8Array.from(randomBytes(length)),
  fraction: () => 0.5,
};

parentPort?.on('message', (job: SealJob) => {
  const outcome = sealJob(job, signer, random);
  const transfer = outcome.ok ? [outcome.value.bytes.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(outcome, transfer);
});
