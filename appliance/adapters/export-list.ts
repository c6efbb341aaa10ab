import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface ExportedFile {
  readonly path: string;
  readonly fileSha256: string;
  readonly datasetSha256: string;
  readonly sizeBytes: number;
  readonly sopInstanceUid: string;
  readonly study: string;
}

/** The lists beside exported files: `SHA256SUMS` for `sha256sum -c`, `manifest.csv` for people and programs. */
export interface ExportList {
  /** Paths that an earlier run wrote and made durable. */
  readonly known: ReadonlySet<string>;
  /** Durable on return; the files themselves were before. */
  add(files: readonly ExportedFile[]): Promise<void>;
  close(): Promise<void>;
}

const header = 'fileSha256,datasetSha256,sizeBytes,sopInstanceUid,study,path\n';

/** Opens the lists in `folder` to go on behind what is there; a line that was torn counts for nothing. */
export async function openExportList(folder: string): Promise<ExportList> {
  const sums = await openLines(join(folder, 'SHA256SUMS'), '');
  const manifest = await openLines(join(folder, 'manifest.csv'), header);
  const known = new Set<string>();
  for (const line of sums.lines) {
    const path = /^[0-9a-f]{64} {2}(.+)$/.exec(line)?.[1];
    if (path !== undefined) known.add(path);
  }
  return {
    known,
    add: async (files) => {
      // The manifest first: a path in the sums is in both.
      await append(manifest.file, files.map(rowOf).join(''));
      await append(
        sums.file,
        files.map(({ fileSha256, path }) => `${fileSha256}  ${path}\n`).join(''),
      );
    },
    close: async () => {
      await manifest.file.close();
      await sums.file.close();
    },
  };
}

function rowOf(file: ExportedFile): string {
  const { fileSha256, datasetSha256, sizeBytes, sopInstanceUid, study, path } = file;
  return `${[fileSha256, datasetSha256, sizeBytes, sopInstanceUid, study, path].join(',')}\n`;
}

async function openLines(
  path: string,
  first: string,
): Promise<{ readonly file: FileHandle; readonly lines: readonly string[] }> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines = text.split('\n');
  const torn = lines.pop() ?? '';
  const file = await open(path, 'a', 0o600);
  if (text === '') await file.appendFile(first);
  else if (torn !== '') await file.appendFile('\n');
  return { file, lines };
}

async function append(file: FileHandle, text: string): Promise<void> {
  await file.appendFile(text);
  await file.datasync();
}
