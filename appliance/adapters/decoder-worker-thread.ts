import { parentPort } from 'node:worker_threads';
import { type DecodeJob, decodeJob } from './decode-job.ts';

/** Runs in a worker: one job in, one answer out, in order. */
parentPort?.on('message', (job: DecodeJob) => {
  void decodeJob(job).then((outcome) => {
    const transfer = outcome.ok ? [outcome.value.buffer as ArrayBuffer] : [];
    parentPort?.postMessage(
      outcome.ok ? outcome : { ok: false, fault: { ...outcome.fault, cause: undefined } },
      transfer,
    );
  });
});
