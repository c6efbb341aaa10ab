import { words } from '../words/en.ts';
import {
  type AddressPlace,
  addressedStudy,
  centersOf,
  cursorOf,
  mayChoose,
  type ShownCenter,
} from './address.ts';
import { alertLine } from './header.ts';
import { filled, type Line, line, windowOf } from './line.ts';
import { personName, shown } from './shown.ts';
import { type State, screenRows } from './state.ts';
import { cut, padEnd } from './text-width.ts';

/** Rows of the list: what the header, the study, the question, two lines of words and the footer leave. */
export function centerRows(state: State): number {
  return Math.max(1, screenRows(state.size) - 13);
}

/** Everything between header and footer: whose study, the centers, and the question for a name. */
export function addressLines(state: State): readonly Line[] {
  const { place } = state;
  const row = addressedStudy(state);
  if (place.name !== 'address') return [];
  if (!row?.center) return [line(` ${words.address.none}`)];
  const { columns } = state.size;
  const whose = state.areNamesHidden ? words.list.hiddenName : personName(row.patientName);
  const { center, code } = words.address.columns;
  const height = centerRows(state);
  const cursor = cursorOf(state, place);
  const all = centersOf(state).map((each, index) =>
    centerLine(state, each, {
      isCursor: index === cursor,
      isHere: each.code === row.center?.code,
      isChoice: mayChoose(each, row),
    }),
  );
  return [
    line(cut(` ${words.address.goes(whose, shown(row.center.name))}`, columns), 'title'),
    line(cut(` ${words.address.choose}`, columns)),
    line(''),
    line(`     ${padEnd(center, nameWidth(state))} ${code}`),
    ...filled(windowOf(all, cursor - height + 1, height), height),
    line(''),
    ...question(state, place),
  ];
}

function question(state: State, place: AddressPlace): readonly [Line, Line] {
  const { columns } = state.size;
  const center = centersOf(state)[cursorOf(state, place)];
  if (state.note || state.silence || place.by === undefined || !center) {
    return [state.note || state.silence ? alertLine(state) : line(''), line('')];
  }
  return [
    line(cut(` ${words.address.question(shown(center.name))}`, columns), 'title'),
    line(cut(` ${words.address.name} ${place.by}_`, columns)),
  ];
}

/** A longer window shows more of a name. */
function nameWidth({ size }: State): number {
  return Math.max(34, size.columns - 46);
}

function centerLine(
  state: State,
  { name, code, isOpen }: ShownCenter,
  {
    isCursor,
    isHere,
    isChoice,
  }: { readonly isCursor: boolean; readonly isHere: boolean; readonly isChoice: boolean },
): Line {
  const glyph = isHere ? '>>' : isChoice ? '  ' : '--';
  const why = isHere ? words.address.now : isOpen ? '' : words.address.closed;
  const cells = `${padEnd(shown(name), nameWidth(state))} ${padEnd(shown(code), 16)} ${why}`;
  return {
    text: cut(` ${isCursor ? '>' : ' '}${glyph} ${cells}`, state.size.columns),
    tone: 'plain',
    isCursor,
  };
}
