import type { DatasetFault } from '#sync/dicom/attributes.ts';
import { dimseStatus } from '#sync/dimse/command.ts';
import type { StoreStatus } from '#sync/dimse/storage.ts';
import type { StoreFault } from '../ports-store.ts';

/** The C-STORE answer for a dataset that cannot be taken (PS3.4 B.2.3); the association goes on. */
export function statusOfDataset(fault: DatasetFault): StoreStatus {
  switch (fault.kind) {
    case 'dicom/mismatch':
      return { status: dimseStatus.mismatch, comment: 'Dataset is of another SOP class or UID' };
    case 'dicom/empty':
      return { status: dimseStatus.cannotUnderstand, comment: 'Dataset is empty' };
    case 'dicom/truncated':
      return { status: dimseStatus.cannotUnderstand, comment: 'Dataset ends too early' };
    case 'dicom/unparsable':
      return { status: dimseStatus.cannotUnderstand, comment: 'Dataset cannot be read' };
  }
}

/** The C-STORE answer when the object could not be made durable; the sender keeps it and tries again. */
export function statusOfStore(fault: StoreFault): StoreStatus {
  switch (fault.kind) {
    case 'store/full':
      return { status: dimseStatus.outOfResources, comment: 'Disk is full, send again later' };
    case 'store/too-large':
      return {
        status: dimseStatus.cannotUnderstand,
        comment: 'A UID is longer than 64 characters',
      };
    case 'store/io':
    case 'store/damaged':
    case 'store/closed':
      return { status: dimseStatus.outOfResources, comment: 'Disk error, send again later' };
  }
}
