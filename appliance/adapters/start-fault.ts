import { errorCode } from '#sync/core/error-code.ts';
import { type ExitCode, exitCode } from '#sync/core/exit.ts';

/** Why a program cannot start, from what the system or the database threw: for a person, with the exit code. */
export function startFaultOf(
  cause: unknown,
  dataDir: string,
): { readonly message: string; readonly next: string; readonly exit: ExitCode } {
  const code = errorCode(cause) ?? '';
  const message = cause instanceof Error ? cause.message : String(cause);
  const known = startFaults[code];
  return known
    ? { message: `Cannot start: ${message}`, ...known }
    : {
        message: `Cannot start with the data in "${dataDir}": ${message}`,
        next: 'Start it again; if it stays so, call support',
        exit: exitCode.temporary,
      };
}

const startFaults: Readonly<Record<string, { readonly next: string; readonly exit: ExitCode }>> = {
  EADDRINUSE: {
    next: 'Stop the program that has the port, or change dicom.port in the config',
    exit: exitCode.unavailable,
  },
  EADDRNOTAVAIL: {
    next: 'Set dicom.host to an address of this machine',
    exit: exitCode.config,
  },
  EACCES: {
    next: 'Give the program access, or correct the config',
    exit: exitCode.config,
  },
  EPERM: { next: 'Give the program access, or correct the config', exit: exitCode.config },
  ENOTDIR: { next: 'Correct the folders in the config', exit: exitCode.config },
  EROFS: { next: 'Mount the data disk for writing', exit: exitCode.temporary },
};
