import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { callingAeTitle } from '../demo/setup.ts';
import type { BadLink } from './bad-link.ts';
import { patiently, type Subject } from './link-road.ts';
import { type Command, startListening, timed } from './process.ts';

const port = 11_112;

/** Plain DICOM over the link: what the hospital would do without us. */
export const dicomSubjects: readonly Subject[] = ['storescu', 'dcmsend'].map((sender) => ({
  name: sender,
  peers: [sender, 'storescp'],
  async open(link, root) {
    await startPacs(link, root, join(root, 'pacs'), port);
    const to = { host: link.centerAddress, port, aeTitle: 'PACS' };
    return {
      prepare: async (study) => ({
        expectedBytes: study.sizeBytes,
        send: async (signal) => {
          const command = link.at('box', senderCommand(sender, to, study.folder));
          return { attempts: await patiently(signal, (limit) => timed(command, limit)) };
        },
      }),
    };
  },
}));

interface Door {
  readonly host: string;
  readonly port: number;
  readonly aeTitle: string;
}

/** Sends every file of a folder on one association. */
export function senderCommand(sender: string, to: Door, folder: string): Command {
  const names = ['-aet', callingAeTitle, '-aec', to.aeTitle];
  const args = ['+sd', ...names, to.host, String(to.port), folder];
  return { command: sender, args, env: { TCP_NODELAY: '1' } };
}

/** A PACS at the center's end that keeps what it takes as files in `data`. */
export async function startPacs(
  link: BadLink,
  root: string,
  data: string,
  pacsPort: number,
): Promise<void> {
  await mkdir(data, { recursive: true });
  const args = ['--fork', '--bit-preserving', '-od', data, String(pacsPort)];
  const command = link.at('center', { command: 'storescp', args, env: { TCP_NODELAY: '1' } });
  await startListening(command, join(root, 'pacs.log'), pacsPort);
}
