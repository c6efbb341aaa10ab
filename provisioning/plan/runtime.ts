import type { Program } from './programs.ts';

type Command = Program['command'];

/** Memory that a service may take, MiB: above `high` it is slowed, above `max` it is ended and starts again. */
export const memoryMiB: Readonly<Record<Command, { readonly high: number; readonly max: number }>> =
  {
    appliance: { high: 640, max: 768 },
    center: { high: 1536, max: 2048 },
    agent: { high: 384, max: 512 },
    relay: { high: 384, max: 512 },
    tui: { high: 256, max: 320 },
  };

/**
 * What Node is told beside the program. Under load each thread of a program would keep 48 MiB for objects that live
 * for one image; with 12 MiB they are as fast. An agent on a link that flaps lets go of connections all day: its
 * heap stood at 44 MB after 1,500 of them, and at 96 MB without.
 *
 * How much garbage is left lying follows from the memory of the machine, or of the unit where Node can see that. It is
 * said here, so that a program takes the same memory on every machine. Not by the size of the heap where the program
 * has workers with a limit of their own (`worker-lane-threads.ts`), which such a flag would lift.
 */
export const nodeFlags: Readonly<Record<Command, readonly string[]>> = {
  appliance: ['--max-semi-space-size=4', '--heap-growing-percent=30'],
  center: ['--max-semi-space-size=4', '--heap-growing-percent=50'],
  agent: ['--max-semi-space-size=4', '--max-old-space-size=192'],
  relay: ['--max-semi-space-size=4', '--max-old-space-size=192'],
  tui: [],
};

/**
 * What the C library is told. A sealing thread asks it for megabytes again and again, and each thread of the appliance
 * would keep what it freed for itself: 26 arenas with 120 MB in them were found under load, 17 with 50 MB in a center.
 */
export const programEnvironment: Readonly<Record<Command, Readonly<Record<string, string>>>> = {
  appliance: { MALLOC_ARENA_MAX: '2' },
  center: { MALLOC_ARENA_MAX: '2' },
  agent: { MALLOC_ARENA_MAX: '2' },
  relay: { MALLOC_ARENA_MAX: '2' },
  tui: {},
};
