import { sameBytes, utf8Text } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { acceptKeyList, type KeyList, openKeyList } from './key-list.ts';
import { damaged, type SignedFileFault } from './signed-file.ts';

/**
 * The text of a center's `center.keys` (pairing design, root hand-over): one signed key list a line, the newest last.
 * Before the first hand-over that is one line. After it the list of each root that named its successor stands before
 * the lists of that one, so that whoever slept over it, or over several, gets from the root he knows to the newest.
 */
export interface KeyListChain {
  readonly list: KeyList;
  /** The line of `list`. */
  readonly text: string;
  /**
   * The lines before it at which a root handed over, oldest first; of `followKeyList` the first is empty where the known
   * list itself is one: whoever holds that list holds its line.
   */
  readonly handovers: readonly string[];
  /** Every root that led here, oldest first; the last one signed `list`. */
  readonly roots: readonly Uint8Array[];
}

/** Lines that are looked at; a root lives for years. */
const linesAtMost = 64;

/**
 * Follows the lines of `text` from the root that `trust` names, by its hash (card) or itself (after pairing); without
 * either from the first line on: only for the center's own file. Lines that lead nowhere from there are passed over.
 */
export function openKeyListChain(
  text: string | Uint8Array,
  trust: { readonly rootHash?: Uint8Array; readonly root?: Uint8Array },
): Result<KeyListChain, SignedFileFault> {
  const lines = linesOf(text);
  if (lines === undefined) return damaged('it is not a key list');
  let refusal = damaged('it is not a key list');
  let at: KeyListChain | undefined;
  for (const line of lines) {
    if (at !== undefined) {
      at = next(at, line) ?? at;
      continue;
    }
    const opened = openKeyList(line, trust);
    if (opened.ok) {
      at = { list: opened.value, text: `${line}\n`, handovers: [], roots: [opened.value.root] };
    } else refusal = fail(opened.fault);
  }
  return at === undefined ? refusal : ok(at);
}

/** What a chain means to who holds `known`: as `acceptKeyList`, and `strange` where no line leads on from it. */
export function followKeyList(
  known: KeyList,
  text: string | Uint8Array,
):
  | { readonly verdict: 'higher'; readonly chain: KeyListChain }
  | { readonly verdict: 'same' | 'lower' | 'alarm' | 'strange' } {
  let at: KeyListChain = { list: known, text: '', handovers: [], roots: [known.root] };
  let verdict: 'same' | 'lower' | 'alarm' | 'strange' = 'strange';
  for (const line of linesOf(text) ?? []) {
    const further = next(at, line);
    if (further !== undefined) {
      at = further;
      continue;
    }
    if (at.text !== '') continue;
    const opened = openKeyList(line, { root: known.root });
    const judged = opened.ok ? acceptKeyList(known, opened.value) : undefined;
    // `alarm` also where the known root goes on behind a hand-over that it announced.
    if (judged !== undefined && judged !== 'higher') verdict = worse(verdict, judged);
  }
  return at.text === '' ? { verdict } : { verdict: 'higher', chain: at };
}

/** The chain one line further, or undefined when the line does not follow. */
function next(at: KeyListChain, line: string): KeyListChain | undefined {
  const root = at.list.nextRoot ?? at.list.root;
  const opened = openKeyList(line, { root });
  if (!opened.ok || acceptKeyList(at.list, opened.value) !== 'higher') return undefined;
  const isHandedOver = !sameBytes(root, at.list.root);
  return {
    list: opened.value,
    text: `${line}\n`,
    handovers: isHandedOver ? [...at.handovers, at.text] : at.handovers,
    roots: isHandedOver ? [...at.roots, root] : at.roots,
  };
}

function worse(
  known: 'same' | 'lower' | 'alarm' | 'strange',
  judged: 'same' | 'lower' | 'alarm',
): 'same' | 'lower' | 'alarm' {
  if (known === 'alarm' || judged === 'alarm') return 'alarm';
  return known === 'same' || judged === 'same' ? 'same' : 'lower';
}

function linesOf(input: string | Uint8Array): readonly string[] | undefined {
  const text = typeof input === 'string' ? input : utf8Text(input);
  const lines = text?.split('\n').filter((line) => line.trim() !== '');
  return lines !== undefined && lines.length <= linesAtMost ? lines : undefined;
}
