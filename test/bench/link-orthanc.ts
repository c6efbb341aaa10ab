import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BadLink } from './bad-link.ts';
import { senderCommand } from './link-dicom.ts';
import { patiently, type Subject } from './link-road.ts';
import { startListening, timed } from './process.ts';

const ports = { dicom: 4_242, near: 8_042, far: 8_043 };

/**
 * Two Orthanc servers that are HTTP peers of each other. The study is in the near one before the clock starts, which
 * ours has no use of; it ends when the job says that the far one has everything.
 */
export const orthancSubjects: readonly Subject[] = [false, true].map((isCompressed) => ({
  name: `Orthanc peer${isCompressed ? ', gzip' : ''}`,
  peers: ['Orthanc', 'storescu', 'curl'],
  async open(link, root) {
    await start(link, root, 'center', ports.far, {});
    const peers = { center: [`http://${link.centerAddress}:${ports.far}/`] };
    await start(link, root, 'box', ports.near, { OrthancPeers: peers });
    const known = new Set<string>();
    return {
      prepare: async (study) => {
        const door = { host: '127.0.0.1', port: ports.dicom, aeTitle: 'NEAR' };
        await timed(link.at('box', senderCommand('storescu', door, study.folder)));
        const ids = JSON.parse(await asked(link, 'studies')) as readonly string[];
        const [id] = ids.filter((each) => !known.has(each));
        if (id === undefined) throw new Error('The near Orthanc does not show the study');
        known.add(id);
        const job = { Resources: [id], Synchronous: true, Compress: isCompressed };
        const store = ['-X', 'POST', '-d', JSON.stringify(job), urlOf('peers/center/store')];
        const command = link.at('box', { command: 'curl', args: ['-sSf', ...store] });
        return {
          expectedBytes: study.sizeBytes / (isCompressed ? 2 : 1),
          send: async (signal) => ({
            attempts: await patiently(signal, (limit) => timed(command, limit)),
          }),
        };
      },
    };
  },
}));

const urlOf = (path: string): string => `http://127.0.0.1:${ports.near}/${path}`;

async function asked(link: BadLink, path: string): Promise<string> {
  const { command, args } = link.at('box', { command: 'curl', args: ['-sSf', urlOf(path)] });
  const { stdout } = await promisify(execFile)(command, [...args]);
  return stdout;
}

async function start(
  link: BadLink,
  root: string,
  side: 'box' | 'center',
  httpPort: number,
  more: object,
): Promise<void> {
  const folder = join(root, `orthanc-${side}`);
  await mkdir(folder);
  const configPath = join(root, `orthanc-${side}.json`);
  const config = {
    Name: side,
    StorageDirectory: folder,
    IndexDirectory: folder,
    DicomAet: side === 'box' ? 'NEAR' : 'FAR',
    DicomPort: ports.dicom,
    DicomAlwaysAllowStore: true,
    HttpPort: httpPort,
    RemoteAccessAllowed: side === 'center',
    AuthenticationEnabled: false,
    Plugins: [],
    ...more,
  };
  await writeFile(configPath, JSON.stringify(config));
  const command = link.at(side, { command: 'Orthanc', args: [configPath] });
  await startListening(command, join(root, `orthanc-${side}.log`), httpPort);
}
