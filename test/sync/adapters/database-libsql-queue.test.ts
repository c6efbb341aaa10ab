import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseFault } from '#sync/adapters/database-libsql-fault.ts';
import type { Answer, Job, OpenJob } from '#sync/adapters/database-libsql-jobs.ts';
import { createQueue } from '#sync/adapters/database-libsql-queue.ts';
import type { DatabaseThread } from '#sync/adapters/database-libsql-thread.ts';
import { silentLog } from '#sync/core/log.ts';
import { fail, ok } from '#sync/core/result.ts';

const open: OpenJob = { kind: 'open', path: '/nowhere/catalog.db', schema: [], timeoutMs: 0 };
const busy = fail(databaseFault('database/busy', 'Cannot write: locked'));
const lostDisk = fail(databaseFault('database/io', 'Cannot write: disk I/O error'));
const done = ok([]);

/** Threads that answer from a script, one list for each thread in the order they are started. */
function scripted(...scripts: Answer[][]) {
  const jobs: string[] = [];
  const start = (): DatabaseThread => {
    const script = scripts.shift() ?? [];
    return {
      async ask(job: Job) {
        jobs.push(job.kind === 'write' ? `write ${job.callers.length}` : job.kind);
        await new Promise(setImmediate);
        return script.shift() ?? [done];
      },
      async end() {
        jobs.push('end');
      },
    };
  };
  return { jobs, start, queue: createQueue(start(), open, silentLog, start) };
}

const write = (count = 1) => ({
  kind: 'write' as const,
  callers: [Array.from({ length: count }, () => ({ sql: 'INSERT INTO item VALUES (1)' }))],
});

test('whatever waits when a commit returns is the next commit, up to 256 statements', async () => {
  const { jobs, queue } = scripted([[done], [done, done, done], [done, done], [done]]);
  const first = queue.call(write());
  await Promise.resolve();
  await Promise.all([
    first,
    ...[100, 100, 56, 1, 200].map((count) => queue.call(write(count))),
    queue.call(write(300)),
  ]);
  assert.deepEqual(jobs, ['write 1', 'write 3', 'write 2', 'write 1']);
});

test('a read keeps its place between writes', async () => {
  const { jobs, queue } = scripted([[done, done], [done], [done]]);
  const read = { kind: 'read' as const, sql: 'SELECT 1', args: [] };
  await Promise.all([write(), write(), read, write()].map((job) => queue.call(job)));
  assert.deepEqual(jobs, ['write 2', 'read', 'write 1']);
});

test('after BUSY the file is opened by a new thread and the job goes once more', async () => {
  const { jobs, queue } = scripted([[busy]], [[done], [done]]);
  assert.deepEqual(await queue.call(write()), done);
  assert.deepEqual(jobs, ['write 1', 'end', 'open', 'write 1']);
});

test('a file that stays locked is told, and tried again by the next call', async () => {
  const { jobs, queue } = scripted([[busy]], [[busy], [busy]], [[done], [done]]);
  assert.deepEqual(await queue.call(write()), busy);
  assert.deepEqual(await queue.call(write()), done);
  assert.deepEqual(jobs, ['write 1', 'end', 'open', 'write 1', 'end', 'open', 'write 1']);
});

test('a caller whose write was committed is not run again because another one met BUSY', async () => {
  const { jobs, queue } = scripted([[done, busy]]);
  assert.deepEqual(await Promise.all([queue.call(write()), queue.call(write())]), [done, busy]);
  assert.deepEqual(jobs, ['write 2']);
});

test('after an I/O error nothing more is asked of the file', async () => {
  const { jobs, queue } = scripted([[lostDisk]]);
  const outcomes = await Promise.all([write(), write(300), write()].map((job) => queue.call(job)));
  assert.deepEqual(outcomes, [lostDisk, lostDisk, lostDisk]);
  assert.deepEqual(await queue.call(write()), lostDisk);
  await queue.end();
  assert.deepEqual(jobs, ['write 1', 'end']);
});

test('the end waits for what is queued', async () => {
  const { jobs, queue } = scripted();
  const call = queue.call(write());
  await queue.end();
  assert.deepEqual(await call, done);
  assert.deepEqual(jobs, ['write 1', 'end']);
});
