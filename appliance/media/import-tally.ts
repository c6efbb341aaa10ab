/** What the hot folder did since the program started, for the screen. */
export interface ImportCounts {
  readonly takenFiles: number;
  readonly rejectedFiles: number;
  /** Files that lie there now and are not dealt with. */
  readonly waitingFiles: number;
  /** When a file was last taken or set aside, ms since 1970; undefined: never since the start. */
  readonly lastAtMs: number | undefined;
}

export interface ImportTally {
  taken(): void;
  rejected(): void;
  waiting(files: number): void;
  counts(): ImportCounts;
}

/** `onChange` is called after each change that a screen would show. */
export function createImportTally(nowMs: () => number, onChange: () => void): ImportTally {
  let counts: ImportCounts = {
    takenFiles: 0,
    rejectedFiles: 0,
    waitingFiles: 0,
    lastAtMs: undefined,
  };
  const set = (change: Partial<ImportCounts>): void => {
    counts = { ...counts, ...change };
    onChange();
  };
  return {
    taken: () => set({ takenFiles: counts.takenFiles + 1, lastAtMs: nowMs() }),
    rejected: () => set({ rejectedFiles: counts.rejectedFiles + 1, lastAtMs: nowMs() }),
    waiting: (files) => {
      if (files !== counts.waitingFiles) set({ waitingFiles: files });
    },
    counts: () => counts,
  };
}
