import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Upload } from 'tus-js-client';

/** A child of the bench: brings a file to a tus server by the client's defaults, and goes on when they gave up. */
const [path = '', endpoint = ''] = process.argv.slice(2);
const file = readFileSync(path);
let uploadUrl: string | null = null;

while (!(await upload())) await setTimeout(2_000);

function upload(): Promise<boolean> {
  return new Promise((resolve) => {
    const running = new Upload(file, {
      endpoint,
      uploadUrl,
      onUploadUrlAvailable: () => {
        uploadUrl = running.url;
      },
      onSuccess: () => resolve(true),
      onError: () => resolve(false),
    });
    running.start();
  });
}
