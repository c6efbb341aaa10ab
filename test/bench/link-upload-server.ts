import { createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';

/** A child of the bench: keeps what is PUT below `/put/`, and serves tus below `/tus`, in a folder. */
const [host = '', port = '', folder = ''] = process.argv.slice(2);
const tus = new Server({
  path: '/tus',
  datastore: new FileStore({ directory: join(folder, 'tus') }),
});

const server = createServer((request, response) => {
  const name = /^\/put\/([a-z0-9-]+)$/.exec(request.url ?? '')?.[1];
  if (name === undefined) {
    void tus.handle(request, response);
    return;
  }
  const file = createWriteStream(join(folder, `${name}.put`), { flush: true });
  pipeline(request, file).then(
    () => response.writeHead(201).end(),
    () => response.destroy(),
  );
});
// A slow link takes longer than the five minutes that a request may by default.
server.requestTimeout = 0;
server.listen(Number(port), host, () => process.stdout.write('{"event":"ready"}\n'));
process.once('SIGTERM', () => process.exit(0));
