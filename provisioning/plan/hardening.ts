import type { Directive } from './unit.ts';

/**
 * What every service gets (systemd.exec(5)). MemoryDenyWriteExecute is absent on purpose: V8 writes the code that it
 * runs. Keys and patient data never reach a core file or the swap.
 */
export const hardening: readonly Directive[] = [
  ['UMask', '0077'],
  ['ProtectSystem', 'strict'],
  ['ProtectHome', 'yes'],
  ['PrivateTmp', 'yes'],
  ['PrivateDevices', 'yes'],
  ['ProtectClock', 'yes'],
  ['ProtectHostname', 'yes'],
  ['ProtectKernelLogs', 'yes'],
  ['ProtectKernelModules', 'yes'],
  ['ProtectKernelTunables', 'yes'],
  ['ProtectControlGroups', 'yes'],
  ['ProtectProc', 'invisible'],
  ['ProcSubset', 'pid'],
  ['NoNewPrivileges', 'yes'],
  ['RestrictSUIDSGID', 'yes'],
  ['RestrictRealtime', 'yes'],
  ['RestrictNamespaces', 'yes'],
  ['LockPersonality', 'yes'],
  ['RemoveIPC', 'yes'],
  ['SystemCallArchitectures', 'native'],
  ['SystemCallFilter', '@system-service'],
  ['SystemCallFilter', '~@privileged @resources'],
  ['SystemCallErrorNumber', 'EPERM'],
  ['DevicePolicy', 'closed'],
  ['LimitCORE', '0'],
  ['LimitNOFILE', '65536'],
  ['TasksMax', '128'],
  ['OOMPolicy', 'stop'],
];

/** No capability at all; or the one to listen below port 1024, which rules out a private user namespace. */
export function capabilities(listensBelow1024: boolean): readonly Directive[] {
  return listensBelow1024
    ? [
        ['CapabilityBoundingSet', 'CAP_NET_BIND_SERVICE'],
        ['AmbientCapabilities', 'CAP_NET_BIND_SERVICE'],
      ]
    : [
        ['CapabilityBoundingSet', ''],
        ['PrivateUsers', 'yes'],
      ];
}

/** Starts for ever, also without a network: a box that gives up is a box that is lost. */
export const always: readonly Directive[] = [
  ['Type', 'exec'],
  ['Restart', 'always'],
  ['RestartSec', '2'],
  ['TimeoutStopSec', '45'],
];
