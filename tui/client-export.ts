import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '#sync/core/error-code.ts';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { Client } from './client.ts';

/** Which document to write, and what its file is called: never after a patient. */
export interface Export {
  readonly reportId: string;
  readonly accessionNumber: string;
  readonly version: number;
}

/**
 * Writes the document of a report into `folder` as a new file that only this user can read, and tells its path.
 * An existing file is never written over.
 */
export async function exportReport(
  client: Client,
  { reportId, accessionNumber, version }: Export,
  folder: string,
  signal: AbortSignal,
): Promise<Result<string, Fault>> {
  const answer = await client.document(reportId, signal);
  if (!answer.ok) return answer;
  const { bytes, contentType } = answer.value;
  const accession = accessionNumber.replace(/[^A-Za-z0-9-]+/g, '-').replace(/^-+|-+$/g, '');
  const name = `report-${accession || 'no-accession'}-v${version}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return ok(await writeNew(folder, name, extensionOf(contentType), bytes));
  } catch (cause) {
    const reason = errorCode(cause) ?? String(cause);
    return fail(
      fault(
        'tui/export',
        `Cannot write into the folder "${folder}": ${reason}`,
        'Name another folder with --export-dir',
        'later',
        cause,
      ),
    );
  }
}

async function writeNew(
  folder: string,
  name: string,
  extension: string,
  bytes: Uint8Array,
): Promise<string> {
  for (let count = 1; ; count++) {
    const path = join(folder, `${name}${count === 1 ? '' : `-${count}`}${extension}`);
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      return path;
    } catch (cause) {
      const isTaken = errorCode(cause) === 'EEXIST';
      if (!isTaken || count >= 1_000) throw cause;
    }
  }
}

function extensionOf(contentType: string): string {
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  return type === 'application/pdf' ? '.pdf' : type === 'text/plain' ? '.txt' : '.bin';
}
