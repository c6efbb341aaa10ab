/** A systemd unit as its sections, each a list of directives in order; a key may come more than once. */
export interface Unit {
  readonly name: string;
  readonly unit: readonly Directive[];
  readonly service: readonly Directive[];
  readonly install: readonly Directive[];
}

export type Directive = readonly [key: string, value: string];

/** The text of a unit file (systemd.syntax(7)). */
export function unitText({ unit, service, install }: Unit): string {
  const sections: readonly (readonly [string, readonly Directive[]])[] = [
    ['Unit', unit],
    ['Service', service],
    ['Install', install],
  ];
  const texts = sections.map(
    ([name, directives]) =>
      `[${name}]\n${directives.map(([key, value]) => `${key}=${value}\n`).join('')}`,
  );
  return `# Written by Outpost setup; your own settings go into a drop-in folder beside it.\n${texts.join('\n')}`;
}

/** Every value of `key` in the service section. */
export function valuesOf({ service }: Unit, key: string): readonly string[] {
  return service.filter(([each]) => each === key).map(([, value]) => value);
}

/** The words of the first ExecStart; setup's paths hold no spaces, so nothing is quoted. */
export function commandOf(unit: Unit): readonly string[] {
  return valuesOf(unit, 'ExecStart')[0]?.split(' ') ?? [];
}
