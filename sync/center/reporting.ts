import { hex } from '../core/bytes.ts';
import { manifestRead } from './manifests.ts';
import { matchReport, type ReportNames } from './match.ts';
import type { CenterPorts } from './ports.ts';
import type { DroppedReport } from './ports-reports.ts';
import { keptReportOf, readDropped, signedOffAtOf, sourceDigest } from './report.ts';
import { versionOf } from './report-version.ts';
import { parseSidecar } from './sidecar.ts';

type ReportPorts = Pick<CenterPorts, 'door' | 'archive' | 'ledger' | 'random' | 'log'>;

/** What becomes of one dropped file: kept as a report, or a sentence why a person must look at it. */
type Bound = 'kept' | 'wait' | { readonly unmatched: string };

/** A dropped file that is kept as a report: its name, and what it held with its NAME.json. */
interface KeptDrop {
  readonly name: string;
  readonly sourceSha256: string;
}

/**
 * Binds dropped reports to studies. The report is durable before anything else; its source leaves the folder only
 * when the sealed pack is durable too, so at every moment one of the two is there.
 */
export function createReporting(
  ports: ReportPorts,
  reader: { readonly name: string; readonly registerNo: string },
) {
  const { door, archive, ledger, random, log } = ports;

  async function candidatesOf({ studyInstanceUid, accessionNumber }: ReportNames) {
    const study = studyInstanceUid && (await ledger.findStudy(studyInstanceUid));
    return {
      byUid: study ? study.studyInstanceUid : undefined,
      byAccession: accessionNumber === '' ? [] : await ledger.studiesByAccession(accessionNumber),
    };
  }

  async function bind(dropped: DroppedReport): Promise<Bound> {
    const sidecar = parseSidecar(dropped.sidecar);
    if (!sidecar.ok) return { unmatched: `${sidecar.fault.message}. ${sidecar.fault.next}.` };
    const signedOffAt = signedOffAtOf(sidecar.value, dropped.modifiedAtMs);
    if (signedOffAt === undefined) {
      return { unmatched: 'Its time is out of any calendar; name signedOffAt in a NAME.json.' };
    }
    const document = readDropped(dropped);
    if (!document.ok) return { unmatched: `${document.fault.message}. ${document.fault.next}.` };
    const { names } = document.value;
    const match = matchReport(names, await candidatesOf(names));
    if ('unmatched' in match) return { unmatched: `${match.unmatched}.` };
    const reports = await ledger.reports(match.studyInstanceUid);
    const source = sourceDigest(dropped);
    if (reports.some(({ sourceSha256 }) => sourceSha256 === source)) return 'kept';
    const manifest = manifestRead(await ledger.manifests(match.studyInstanceUid));
    if (manifest === undefined) return 'wait';
    const author = sidecar.value.author ?? reader;
    const version = versionOf(reports, author.registerNo, sidecar.value.status ?? 'final');
    if (version.kind === 'none') {
      return { unmatched: 'It amends a report, but this reader has none on the study.' };
    }
    const kept = keptReportOf({
      reportId: version.kind === 'next' ? version.reportId : hex(random.bytes(16)),
      version: version.kind === 'next' ? version.version : 1,
      document: document.value,
      sidecar: sidecar.value,
      manifest,
      reader,
      signedOffAt,
      sourceSha256: source,
    });
    await archive.put(kept, document.value.bytes);
    await ledger.putReport(kept.row);
    log.info('center/report-kept', { version: kept.row.version, status: kept.row.status });
    return 'kept';
  }

  return {
    /** Looks at every dropped file once; returns those that are kept as reports now. */
    async collect(): Promise<readonly KeptDrop[]> {
      const kept: KeptDrop[] = [];
      for (const name of await door.list()) {
        const dropped = await door.read(name);
        if (dropped === undefined) continue;
        const bound = await bind(dropped);
        if (bound === 'kept') kept.push({ name, sourceSha256: sourceDigest(dropped) });
        else if (bound !== 'wait') {
          await door.moveToUnmatched(name, bound.unmatched);
          log.warn('center/report-unmatched', { reason: bound.unmatched });
        }
      }
      return kept;
    },

    /** Moves the sources of reports that are sealed by now; what took the name of one meanwhile stays. */
    async clear(kept: readonly KeptDrop[]): Promise<void> {
      const waiting = new Set(
        (await ledger.openReports())
          .filter(({ state }) => state === 'waiting')
          .map(({ sourceSha256 }) => sourceSha256),
      );
      for (const { name, sourceSha256 } of kept) {
        if (waiting.has(sourceSha256)) continue;
        const dropped = await door.read(name);
        if (dropped && sourceDigest(dropped) === sourceSha256) await door.moveToDone(name);
      }
    },
  };
}
