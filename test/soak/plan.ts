import type { Random } from '#sync/core/random.ts';

/** Four boxes, two relays, two centers: boxes 1 and 2 belong to center 1, boxes 3 and 4 to center 2. */
export const clinics = [1, 2, 3, 4] as const;
export type Clinic = (typeof clinics)[number];
export const centers = [1, 2] as const;
export type Center = (typeof centers)[number];

/** Programs of a clinic, and of a center with its relay. */
export type SoakProgram =
  | `${'appliance' | 'boxAgent'}-${Clinic}`
  | `${'relay' | 'center' | 'centerAgent'}-${Center}`;

export const soakPrograms: readonly SoakProgram[] = [
  ...clinics.flatMap((clinic): SoakProgram[] => [`appliance-${clinic}`, `boxAgent-${clinic}`]),
  ...centers.flatMap((center): SoakProgram[] => [
    `relay-${center}`,
    `center-${center}`,
    `centerAgent-${center}`,
  ]),
];

/** Never killed: their memory is told from one run of the whole length, and what they send twice is a fault. */
export const elders: readonly SoakProgram[] = [
  ...(['appliance-4', 'boxAgent-4'] as const),
  ...(['relay-2', 'center-2', 'centerAgent-2'] as const),
];
const mortals = soakPrograms.filter((program) => !elders.includes(program));

/** The program by the word of its unit. */
export function unitOf(program: SoakProgram): 'appliance' | 'agent' | 'relay' | 'center' {
  const [name = ''] = program.split('-');
  if (name.endsWith('gent')) return 'agent';
  return name === 'appliance' || name === 'relay' ? name : 'center';
}

export const centerOf = (clinic: Clinic): Center => (clinic <= 2 ? 1 : 2);

/** The clinic whose disk can fill up: it has one of its own. */
export const crammedClinic: Clinic = 1;

export type SoakEvent = { readonly atS: number } & (
  | { readonly kind: 'kill'; readonly program: SoakProgram }
  /** Killed, and back only later. */
  | { readonly kind: 'away'; readonly program: SoakProgram; readonly forS: number }
  /** Connections to a relay are reset and refused, or nothing comes through them any more. */
  | {
      readonly kind: 'cut';
      readonly center: Center;
      readonly how: 'reset' | 'silent';
      readonly forS: number;
    }
  /** The PACS says that it has no room. */
  | { readonly kind: 'refuse'; readonly center: Center; readonly forS: number }
  /** The next study of a clinic is ordered as STAT. */
  | { readonly kind: 'stat'; readonly clinic: Clinic }
  | { readonly kind: 'full'; readonly forS: number }
);

/** How often each comes, of a hundred. */
const weights = { kill: 35, away: 12, cut: 25, refuse: 8, stat: 15, full: 5 } as const;

/** What happens in `minutes` of a soak, in order; `random` from the same seed gives the same plan. */
export function planOf(random: Random, minutes: number): readonly SoakEvent[] {
  const between = (least: number, most: number): number =>
    Math.round((least + random.fraction() * (most - least)) * 10) / 10;
  const oneOf = <T>(all: readonly [T, ...T[]] | readonly T[]): T => {
    const found = all[Math.floor(random.fraction() * all.length)];
    if (found === undefined) throw new Error('There is nothing to choose from');
    return found;
  };
  /** A relay is away for long enough that everybody moves to the other one. */
  const awayAt = (atS: number, program: SoakProgram): SoakEvent => {
    const [leastS, mostS] = program.startsWith('relay') ? [30, 90] : [2, 20];
    return { atS, kind: 'away', program, forS: between(leastS ?? 2, mostS ?? 20) };
  };
  const eventAt = (atS: number): SoakEvent => {
    const kind = oneOf(
      Object.entries(weights).flatMap(([name, weight]) =>
        Array.from({ length: weight }, () => name as keyof typeof weights),
      ),
    );
    switch (kind) {
      case 'kill':
        return { atS, kind, program: oneOf(mortals) };
      case 'away':
        return awayAt(atS, oneOf(mortals));
      case 'cut': {
        const how = oneOf(['reset', 'silent'] as const);
        return { atS, kind, center: oneOf(centers), how, forS: between(1, 25) };
      }
      case 'refuse':
        return { atS, kind, center: oneOf(centers), forS: between(5, 30) };
      case 'stat':
        return { atS, kind, clinic: oneOf(clinics) };
      case 'full':
        return { atS, kind, forS: between(3, 15) };
    }
  };
  const events: SoakEvent[] = [];
  for (
    let atS = between(1, 5);
    atS < minutes * 60;
    atS = Math.round((atS + between(1, 8)) * 10) / 10
  ) {
    events.push(eventAt(atS));
  }
  return events;
}
