/**
 * A PACS for machines without DCMTK and Orthanc, a process of its own: `pacs-own.ts FOLDER PORT`. It keeps every
 * object as `<SOP Instance UID>.dcm` with the dataset exactly as it came.
 */
import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createStorageScp } from '#sync/adapters/storage-scp-dimse.ts';
import { silentLog } from '#sync/core/log.ts';
import { ok } from '#sync/core/result.ts';
import { buildFileHeader } from '#sync/dicom/part10.ts';

const [folder = '', port = ''] = process.argv.slice(2);

const scp = createStorageScp(
  {
    admit: () => 'accept',
    begin: async ({ callingAeTitle, ...ids }) => {
      const parts: Uint8Array[] = [buildFileHeader({ ...ids, sendingAeTitle: callingAeTitle })];
      return ok({
        write: (bytes: Uint8Array) => {
          parts.push(Uint8Array.from(bytes));
          return true;
        },
        drained: async () => undefined,
        finish: async () => {
          await writeFile(join(folder, `${ids.sopInstanceUid}.dcm`), Buffer.concat(parts));
          return { status: 0x0000 };
        },
        abort: () => undefined,
      });
    },
  },
  { host: '127.0.0.1', port: Number(port), aeTitles: ['PACS'] },
  silentLog,
);
await scp.listen();
