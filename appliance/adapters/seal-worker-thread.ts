import { parentPort, workerData } from 'node:worker_threads';
import { systemRandom } from '#sync/adapters/random-system.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import type { SealJob } from '../ports.ts';
import { sealJob } from './seal-job.ts';

/** Runs in a worker: one job in, one answer out, in order. The identity key never leaves this thread again. */
const signer = signingKeyOf((workerData as { readonly identitySeed: Uint8Array }).identitySeed);

parentPort?.on('message', (job: SealJob) => {
  const outcome = sealJob(job, signer, systemRandom);
  const transfer = outcome.ok ? [outcome.value.bytes.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(outcome, transfer);
});
