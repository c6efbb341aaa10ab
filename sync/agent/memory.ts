import type { Journal, JournalEntry } from './ports.ts';

/** What the agent remembers, in memory and behind it in the journal. */
export interface Memory {
  readonly journalEntry: () => JournalEntry;
  /** Changes it; written some seconds later: losing the change costs bytes, never a pack. */
  remember(change: (entry: JournalEntry) => JournalEntry): void;
  /** Writes what is not written yet; durable on return, throws the system's error. */
  save(): Promise<void>;
}

export async function createMemory(journal: Journal): Promise<Memory> {
  let entry = await journal.read();
  let saved: JournalEntry = entry;
  let last: Promise<void> = Promise.resolve();

  async function saveNow(): Promise<void> {
    if (entry === saved) return;
    const next = entry;
    await journal.write(next);
    saved = next;
  }

  return {
    journalEntry: () => entry,
    remember(change) {
      entry = change(entry);
    },
    save() {
      // One at a time, each with what is known by then.
      const mine = last.then(saveNow);
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}
