import { sanitize } from '#sync/core/sanitize.ts';
import type { Preflight } from './preflight.ts';
import type { Step } from './resources.ts';

/** Lines of a diff shown for one file; the rest is counted. */
const mostDetail = 400;

/** The plan as the engineer reads it: each step with its reason, and every change of a file. */
export function planText(
  steps: readonly Step[],
  { faults, warnings }: Preflight,
  isShort = false,
): string {
  const lines = [
    ...faults.map((text) => `Cannot go on: ${text}`),
    ...warnings.map((text) => `Note: ${text}`),
    ...(steps.length === 0 && !isShort
      ? ['Nothing to change: this machine is as the answers want it.']
      : []),
    ...steps.flatMap((step, index) => [
      `[${String(index + 1).padStart(2)}/${steps.length}] ${step.what}: ${step.resource.why}${whenText(step)}`,
      ...(isShort ? step.detail.filter((line) => line.startsWith('waits')) : step.detail)
        .slice(0, mostDetail)
        .map((line) => `        ${sanitize(line)}`),
      ...(!isShort && step.detail.length > mostDetail
        ? [`        ... and ${step.detail.length - mostDetail} lines more`]
        : []),
    ]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function whenText({ when }: Step): string {
  if (when === 'now') return '';
  return when === 'later' ? ' [after an earlier step]' : ` [${when}]`;
}
