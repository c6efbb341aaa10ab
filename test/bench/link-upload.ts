import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BadLink } from './bad-link.ts';
import { patiently, type Subject } from './link-road.ts';
import { type Command, startReady, timed } from './process.ts';

const port = 8_080;
const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/**
 * A tar.gz of the study is made and brought to a plain HTTP server at the far end. The clock starts before `tar` and
 * ends with the server's answer; nobody unpacks it there.
 */
export const uploadSubjects: readonly Subject[] = [
  uploading('curl PUT of a tar.gz', ['tar', 'gzip', 'curl'], (link, archive, name) => {
    const to = `http://${link.centerAddress}:${port}/put/${name}`;
    return { command: 'curl', args: ['-sSf', '-T', archive, to] };
  }),
  uploading('tus of a tar.gz', ['tar', 'gzip'], (link, archive) => {
    const to = `http://${link.centerAddress}:${port}/tus`;
    return { command: process.execPath, args: [fileOf('link-tus-client.ts'), archive, to] };
  }),
];

function uploading(
  name: string,
  peers: readonly string[],
  commandOf: (link: BadLink, archive: string, name: string) => Command,
): Subject {
  return {
    name,
    peers,
    async open(link, root) {
      const args = [fileOf('link-upload-server.ts'), link.centerAddress, String(port), root];
      const server = link.at('center', { command: process.execPath, args });
      await startReady(server, join(root, 'upload-server.log'));
      let count = 0;
      return {
        prepare: async ({ folder, sizeBytes }) => {
          count += 1;
          const archive = join(root, `study-${count}.tar.gz`);
          const pack = { command: 'tar', args: ['-czf', archive, '-C', folder, '.'] };
          await timed(pack);
          const expectedBytes = (await stat(archive)).size;
          if (expectedBytes >= sizeBytes) throw new Error('gzip made the study larger');
          return {
            expectedBytes,
            send: async (signal) => {
              await timed(pack, signal);
              const command = link.at('box', commandOf(link, archive, `study-${count}`));
              return { attempts: await patiently(signal, (limit) => timed(command, limit)) };
            },
          };
        },
      };
    },
  };
}
