import { asUser, type Identity } from '../plan/by-hand.ts';
import { below } from '../plan/paths.ts';
import { dataDir } from '../plan/programs.ts';
import type { Finding, Run } from '../ports.ts';

/** Folders that the appliance's unit hides from it, whatever their modes say. */
const hiddenFolders = /^\/(home|root|tmp|media|mnt|run|var\/lib|var\/tmp)\//;

/** Whether the appliance can read the key and the certificate of its TLS door: without them it does not start. */
export async function probeTlsFiles(
  files: { readonly keyFile: string; readonly certificateFile: string },
  appliance: Identity,
  root: string,
  run: Run,
): Promise<Finding> {
  const name = 'key and certificate of the DICOM TLS door';
  for (const path of [files.keyFile, files.certificateFile]) {
    if (hiddenFolders.test(path) && !path.startsWith(`${dataDir}/appliance/`)) {
      const text = `the appliance does not see ${path}: move it to /etc/outpost and correct the answers`;
      return { name, outcome: 'failed', text };
    }
    const read = await run([...asUser(appliance), 'head', '--bytes=1', below(root, path)]);
    if (read.code === 0 && read.output !== '') continue;
    const why = read.code === 0 ? 'it is empty' : read.complaint.trim().split(': ').at(-1);
    const text = `the user outpost-appliance cannot read ${path} (${why}): give it to root:outpost-appliance, mode 0640`;
    return { name, outcome: 'failed', text };
  }
  return { name, outcome: 'ok', text: 'the appliance can read both' };
}
