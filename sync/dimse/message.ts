import { createGatherer, type Gatherer } from '../core/gatherer.ts';
import { type CommandSet, commandField, parseCommandSet } from './command.ts';
import { type GuardEvent, refuse } from './events.ts';
import type { DimseLimits } from './limits.ts';
import { abortReason, fragment } from './pdu.ts';

/** Price of a fragment beside its bytes, so that empty fragments reach the limit too (H8). */
const fragmentCostBytes = 64;

/** Requests whose dataset names every image of an exam: commitment and procedure steps. */
const namesManyImages: ReadonlySet<number> = new Set([
  commandField.action,
  commandField.nCreate,
  commandField.nSet,
]);

/** Puts the fragments of one message together: its command set, then its dataset (PS3.7 6.3, PS3.8 E). */
export class MessageReader {
  readonly #limits: DimseLimits;
  #part: 'none' | 'command' | 'identifier' | 'store' = 'none';
  #contextId = 0;
  #bytes: Gatherer = createGatherer();
  #costBytes = 0;
  #sizeBytes = 0;
  #command: CommandSet | undefined;

  constructor(limits: DimseLimits) {
    this.#limits = limits;
  }

  /** Whether a message has begun and is not whole. */
  isOpen(): boolean {
    return this.#part !== 'none';
  }

  /** Begins a fragment with this message control header; returns why it may not come here. */
  start(contextId: number, control: number): string | undefined {
    const isCommand = (control & fragment.command) !== 0;
    if (this.#part === 'none') {
      if (!isCommand) return 'dataset without a command';
      this.#part = 'command';
      this.#contextId = contextId;
    }
    if (contextId !== this.#contextId) return 'message changes its context';
    if (isCommand !== (this.#part === 'command')) return 'command and dataset fragments mixed';
    this.#costBytes += fragmentCostBytes;
    return this.#isTooDear() ? 'too many fragments' : undefined;
  }

  /** The next bytes of the fragment, never empty. */
  add(bytes: Uint8Array): GuardEvent | undefined {
    this.#sizeBytes += bytes.length;
    if (this.#part === 'store') return this.#addToObject(bytes);
    this.#bytes.add(bytes);
    this.#costBytes += bytes.length;
    return this.#isTooDear() ? refuse('command or identifier too large') : undefined;
  }

  /** The last fragment of the command set or the dataset is whole. */
  end(): GuardEvent | undefined {
    if (this.#part === 'store') {
      const sizeBytes = this.#sizeBytes;
      this.#clear('none');
      return { type: 'stored', sizeBytes };
    }
    const bytes = this.#bytes.take();
    if (this.#part === 'command') return this.#endCommand(bytes);
    return this.#command && this.#endMessage(this.#command, bytes);
  }

  #addToObject(bytes: Uint8Array): GuardEvent | undefined {
    const { objectSizeBytes, droppedSizeBytes } = this.#limits;
    const overBytes = this.#sizeBytes - objectSizeBytes;
    if (overBytes <= 0) return { type: 'data', bytes };
    if (overBytes > droppedSizeBytes) return refuse('object without an end');
    return overBytes <= bytes.length ? { type: 'overlong' } : undefined;
  }

  #endCommand(bytes: Uint8Array): GuardEvent | undefined {
    const parsed = parseCommandSet(bytes);
    if (!parsed.ok) return refuse(parsed.fault.message, abortReason.invalidParameter);
    const command = parsed.value;
    if (!command.hasDataset) return this.#endMessage(command, undefined);
    const isStore = command.commandField === commandField.store;
    this.#command = command;
    this.#clear(isStore ? 'store' : 'identifier');
    return isStore ? { type: 'store', contextId: this.#contextId, command } : undefined;
  }

  #endMessage(command: CommandSet, identifier: Uint8Array | undefined): GuardEvent {
    this.#clear('none');
    return { type: 'message', contextId: this.#contextId, command, identifier };
  }

  #clear(part: 'none' | 'identifier' | 'store'): void {
    this.#part = part;
    this.#bytes = createGatherer();
    this.#costBytes = 0;
    this.#sizeBytes = 0;
  }

  #isTooDear(): boolean {
    if (this.#part === 'store') return false;
    const isAction =
      this.#part === 'identifier' && namesManyImages.has(this.#command?.commandField ?? 0);
    const { actionSizeBytes, commandSizeBytes } = this.#limits;
    return this.#costBytes > (isAction ? actionSizeBytes : commandSizeBytes);
  }
}
