import { join } from 'node:path';
import { passage } from '#sync/core/failpoint.ts';
import type { SegmentFiles } from '../housekeeping/ports.ts';
import { parseSegmentName } from '../store/segment-header.ts';
import type { Disk } from './disk.ts';
import { findingsOf, sizedSegments } from './segment-reader.ts';

/** The segments of `folder` as housekeeping sees them. */
export function createSegmentFiles(
  folder: string,
  { disk, isOpen }: { readonly disk: Disk; readonly isOpen: (segment: string) => boolean },
): SegmentFiles {
  return {
    closed: async () => {
      const all: { readonly segment: string; readonly sizeBytes: number }[] = [];
      for await (const each of sizedSegments(disk, folder)) all.push(each);
      const newest = all.reduce((last, { segment }) => Math.max(last, numberOf(segment)), 0);
      return all.filter(({ segment }) => !isOpen(segment) && numberOf(segment) !== newest);
    },
    async *scan(segment) {
      const file = await disk.open(join(folder, segment));
      try {
        for await (const found of findingsOf(file, segment, 0, await file.size())) {
          const recordOffset = found.kind === 'record' ? found.record.recordOffset : found.offset;
          yield { kind: found.kind, recordOffset };
        }
      } finally {
        await file.close();
      }
    },
    remove: async (segment) => {
      await disk.remove(join(folder, segment));
      passage('segment-reclaim/removed');
      await disk.syncFolder(folder);
      passage('segment-reclaim/durable');
    },
  };
}

function numberOf(name: string): number {
  return parseSegmentName(name)?.number ?? 0;
}
