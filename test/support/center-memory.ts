import type {
  DroppedReport,
  KeptReport,
  ReportArchive,
  ReportDoor,
} from '#sync/center/ports-reports.ts';
import type { ResendFiles, StudyResends } from '#sync/center/ports-resends.ts';

export function createMemoryResends(): ResendFiles {
  const kept = new Map<string, StudyResends>();
  return {
    all: async () => [...kept.values()],
    put: async (resends) => {
      kept.set(resends.studyInstanceUid, structuredClone(resends));
    },
  };
}

export function createMemoryArchive(): ReportArchive {
  const kept = new Map<string, { report: KeptReport; document: Uint8Array }>();
  const keyOf = (id: string, version: number): string => `${id}/${version}`;
  return {
    put: async (report, document) => {
      kept.set(keyOf(report.row.reportId, report.row.version), { report, document });
    },
    update: async (row) => {
      const key = keyOf(row.reportId, row.version);
      const before = kept.get(key);
      if (before !== undefined) kept.set(key, { ...before, report: { ...before.report, row } });
    },
    read: async (id, version) => kept.get(keyOf(id, version)),
    async *all() {
      for (const { report } of kept.values()) yield report;
    },
  };
}

/** A folder of reports, and how a reader puts one there. */
export function createMemoryDoor() {
  const files = new Map<string, DroppedReport>();
  const done: string[] = [];
  const unmatched = new Map<string, string>();
  const port: ReportDoor = {
    list: async () => [...files.keys()],
    read: async (name) => files.get(name),
    moveToDone: async (name) => {
      files.delete(name);
      done.push(name);
    },
    moveToUnmatched: async (name, reason) => {
      files.delete(name);
      unmatched.set(name, reason);
    },
    watch: () => {},
  };
  const drop = (name: string, bytes: Uint8Array, sidecar?: object): void => {
    files.set(name, {
      name,
      bytes,
      modifiedAtMs: Date.UTC(2026, 0, 15, 11),
      sidecar: sidecar && JSON.stringify(sidecar),
    });
  };
  return { port, drop, done, unmatched, files };
}
