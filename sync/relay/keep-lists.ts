import type { Log } from '../core/log.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { Admission } from './admission.ts';
import { type RelayFault, storageFault } from './fault.ts';
import type { PackStore, PushedDocument, RelayDocument } from './ports.ts';
import type { Turns } from './turns.ts';

export interface ListPorts {
  readonly admission: Admission;
  readonly store: Pick<PackStore, 'writeDocument'>;
  readonly log: Log;
  /** One list of a kind at a time: the highest is written last. */
  readonly turns: Turns;
  /** Called as soon as a list is in force. */
  onNews(center: string): Promise<void>;
}

/** Lets signed lists in and keeps them on disk. */
export function createListKeeper(ports: ListPorts) {
  const { admission, store, log, turns, onNews } = ports;
  /** Lists that are in force and not on disk: a repeat writes them. */
  const unsaved = new Set<string>();

  const save = async (
    center: string,
    name: PushedDocument,
    text: string,
  ): Promise<Result<void, RelayFault>> => {
    const documents: [RelayDocument, string][] = [[name, text]];
    const handovers = admission.handovers(center);
    if (name === 'center.keys' && handovers.length > 0) {
      // Before the list that needs it.
      documents.unshift(['handovers.json', JSON.stringify(handovers)]);
    }
    for (const [document, content] of documents) {
      const kept = await store.writeDocument(center, document, content);
      if (!kept.ok) return fail(storageFault(kept.fault));
    }
    return ok(undefined);
  };

  const admit = async (name: PushedDocument, text: string): Promise<Result<void, RelayFault>> => {
    const admitted =
      name === 'center.keys' ? admission.acceptKeyList(text) : admission.acceptAccess(text);
    if (!admitted.ok) {
      if (admitted.fault.kind === 'relay/other-list') log.error('relay/other-list', { name });
      return admitted;
    }
    const { center, isNew } = admitted.value;
    const key = `${center} ${name}`;
    // In force at once, whatever the disk says: a revoked handle must not wait for it.
    if (isNew) {
      unsaved.add(key);
      await onNews(center);
    }
    if (!unsaved.has(key)) return ok(undefined);
    const kept = await save(center, name, text);
    if (!kept.ok) return kept;
    unsaved.delete(key);
    log.info('relay/list-accepted', { name });
    return ok(undefined);
  };

  return (name: PushedDocument, text: string): Promise<Result<void, RelayFault>> =>
    turns.run(`list ${name}`, () => admit(name, text));
}
