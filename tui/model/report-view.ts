import type { Report } from '#appliance/api/contract.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import { words } from '../words/en.ts';
import { type Line, line } from './line.ts';
import { isReplaced, reportAt, reportsOf } from './reports.ts';
import { ended, labelled, shown } from './shown.ts';
import type { State } from './state.ts';
import { reportSummary } from './study-view.ts';
import { cut, spread, wrap } from './text-width.ts';
import { dateAndTime } from './time.ts';

/** Which report this is, who wrote it when, and every warning that belongs to it. */
export function reportHead(state: State): readonly Line[] {
  const report = reportAt(state);
  if (!report || state.place.name !== 'report') return [line(` ${words.report.none}`)];
  const width = state.size.columns - 1;
  const reports = reportsOf(state);
  const position = words.report.position(reports.indexOf(report) + 1, reports.length);
  const arrived = words.report.received(dateAndTime(state.calendar(report.receivedAt)));
  const { name, registerNo } = report.author;
  const author = words.report.author(shown(name), sanitize(registerNo.trim()));
  return [
    line(spread(` ${reportSummary(state, report)}`, position, width), 'title'),
    line(spread(` ${author}`, arrived, width)),
    ...criticalLines(state, report),
    ...warnings(report, isReplaced(report, reports)).map((text) =>
      line(cut(` !! ${text}`, width), 'trouble'),
    ),
  ];
}

function criticalLines(state: State, { critical }: Report): readonly Line[] {
  if (critical === undefined) return [];
  const text = state.areNamesHidden ? words.study.hidden : shown(critical);
  return labelled(' !! ', wrap(words.critical.finding(text), state.size.columns - 5), 'trouble');
}

/** The text of the report in lines, or the sentence that stands for it. */
export function reportLines(state: State): readonly Line[] {
  const report = reportAt(state);
  if (!report) return [];
  const width = state.size.columns - 3;
  const lines = (text: string): readonly Line[] =>
    wrap(text, width).map((each) => line(`  ${each}`));
  if (report.refusal !== null) {
    return lines(`${ended(shown(report.refusal))}\n\n${words.report.refusedNext}`);
  }
  if (state.areNamesHidden) return lines(words.report.isHidden);
  if (report.text === null) return lines(documentSentence(report));
  return lines(readable(report.text));
}

function warnings(report: Report, isOld: boolean): readonly string[] {
  const { isReplaced: replaced, preliminary, amended, withdrawn, isOlder, refused } = words.report;
  return [
    ...(report.refusal === null ? [] : [refused]),
    ...(isOld ? [replaced] : []),
    ...(report.status === 'preliminary' ? [preliminary] : []),
    ...(report.status === 'amended' ? [amended] : []),
    ...(report.status === 'withdrawn' ? [withdrawn] : []),
    ...(report.isOlderThanImages ? [isOlder] : []),
  ];
}

function documentSentence(report: Report): string {
  return report.documentType === 'application/pdf'
    ? words.report.isPdf
    : words.report.isOther(shown(report.documentType));
}

/** Line breaks and tabs stay readable; nothing else of a report can act on the terminal. */
function readable(text: string): string {
  return text
    .replace(/\r\n?|\f|\v/g, '\n')
    .replaceAll('\t', '    ')
    .split('\n')
    .map((each) => sanitize(each, Number.MAX_SAFE_INTEGER))
    .join('\n');
}
