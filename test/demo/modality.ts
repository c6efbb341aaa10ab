/**
 * The modality of the demo, a process of its own: `modality.ts FOLDER HOST PORT CALLING CALLED`. It sends every DICOM
 * file of the folder in a dozen bursts, as a scanner does, and keeps what was not acknowledged until it is.
 * Standard output is one JSON line an event: `ready`, `stored`, `refused`, `retry`, `done`.
 */
import { basename } from 'node:path';
import { sendStudy } from '../support/modality.ts';
import { type Subject, subjectsIn } from './subject.ts';

const bursts = 12;
const pauseMs = 400;
const attempts = 600;

const [folder = '', host = '', port = '', callingAeTitle = '', calledAeTitle = ''] =
  process.argv.slice(2);
const target = { host, port: Number(port), callingAeTitle, calledAeTitle };
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

let waiting: readonly Subject[] = (await subjectsIn(folder)).subjects;
const burstSize = Math.max(1, Math.ceil(waiting.length / bursts));
say('ready', { objects: waiting.length });
for (let attempt = 0; waiting.length > 0 && attempt < attempts; attempt++) {
  const burst = waiting.slice(0, burstSize);
  const unsent = await send(burst);
  waiting = [...unsent, ...waiting.slice(burst.length)];
  if (unsent.length > 0) say('retry', { objects: unsent.length });
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
say('done', { unsent: waiting.length });

/** Sends one burst and returns what must be sent again: not answered, or refused for want of resources. */
async function send(burst: readonly Subject[]): Promise<readonly Subject[]> {
  const statuses = await sendStudy(
    target,
    burst.map(({ path }) => path),
    {
      signal: stop.signal,
      onStored: (index) => say('stored', { sopInstanceUid: burst[index]?.sopInstanceUid }),
    },
  );
  return burst.filter((subject, index) => {
    const status = statuses[index];
    if (status?.kind === 'stored') return false;
    const isTransient =
      status?.kind === 'refused'
        ? (status.status & 0xff00) === 0xa700
        : status?.why !== 'not-accepted';
    if (isTransient) return true;
    const why = status?.kind === 'refused' ? status.status.toString(16) : 'no context accepted';
    say('refused', { file: basename(subject.path), status: why });
    return false;
  });
}

function say(event: string, fields: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
}
