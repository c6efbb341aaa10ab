import type { Status, StudyDetail, StudyList } from '#appliance/api/contract.ts';
import type { CallerVerdict, ShownCaller } from '#appliance/api/contract-callers.ts';
import type { Deed } from '#appliance/api/contract-housekeeping.ts';
import type { Silence, Size, State } from './state.ts';

/** How soon a study is to travel; null: as rules and the order say. */
export type Priority = Extract<Deed, { readonly deed: 'priority' }>['priority'];

/** Everything that can happen to the screen. Times are of a clock that never goes back, milliseconds. */
export type Event =
  | { readonly type: 'key'; readonly key: string; readonly atMs: number }
  | { readonly type: 'size'; readonly size: Size }
  | { readonly type: 'status'; readonly status: Status; readonly atMs: number }
  | { readonly type: 'silence'; readonly silence: Silence; readonly atMs: number }
  | { readonly type: 'studies'; readonly list: StudyList }
  /** The box was asked for its studies and gave no list. */
  | { readonly type: 'no list' }
  | {
      readonly type: 'detail';
      readonly studyInstanceUid: string;
      readonly detail: StudyDetail | undefined;
    }
  | { readonly type: 'devices'; readonly devices: readonly ShownCaller[] }
  | { readonly type: 'decided'; readonly verdict: CallerVerdict }
  | { readonly type: 'prioritised'; readonly priority: Priority }
  /** `center` by its name; images of it that had left for the other one cannot be called back. */
  | { readonly type: 'addressed'; readonly center: string; readonly alreadyOut: number }
  | { readonly type: 'words compared'; readonly isRight: boolean; readonly text: string }
  | { readonly type: 'tried' }
  | { readonly type: 'exported'; readonly path: string }
  /** `why` undefined: the box gave no answer, so nobody knows whether it was done. */
  | { readonly type: 'failed'; readonly action: Action; readonly why: string | undefined };

/** What a person has the box do: one at a time, and each is answered by an event. */
export const actions = [
  'decide',
  'prioritise',
  'address',
  'confirm words',
  'try now',
  'export',
] as const satisfies readonly Effect['type'][];
export type Action = (typeof actions)[number];

/** Work that a new state asks of the world around the model. */
export type Effect =
  | { readonly type: 'load'; readonly studyInstanceUid: string }
  | {
      readonly type: 'export';
      readonly reportId: string;
      readonly version: number;
      readonly accessionNumber: string;
    }
  /** Older studies are looked through, too; undefined: no longer. */
  | { readonly type: 'find'; readonly text: string | undefined }
  | { readonly type: 'load devices' }
  | { readonly type: 'decide'; readonly verdict: CallerVerdict }
  | {
      readonly type: 'prioritise';
      readonly studyInstanceUid: string;
      readonly priority: Priority;
    }
  | {
      readonly type: 'address';
      readonly studyInstanceUid: string;
      readonly center: { readonly code: string; readonly name: string };
      readonly by: string;
    }
  | { readonly type: 'confirm words'; readonly words: string }
  | { readonly type: 'try now' }
  | { readonly type: 'quit' };

/** The next state, and the work it asks for. */
export interface Step {
  readonly state: State;
  readonly effect?: Effect;
}
