import type { MediaApiPorts } from '#appliance/api/media-app.ts';

/** A hot folder that is off, and a disk that takes no decision. */
export const idleMedia: MediaApiPorts = {
  catalog: {
    studies: async () => [],
    unassignedStudies: async () => [],
    patientsOf: async () => [],
  },
  record: undefined,
  imports: undefined,
  rejected: async () => ({ count: 0, newest: [] }),
  onChange: () => undefined,
  clock: { nowMs: () => 0 },
};
