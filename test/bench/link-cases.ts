import { dicomSubjects } from './link-dicom.ts';
import { orthancSubjects } from './link-orthanc.ts';
import type { Subject } from './link-road.ts';
import { uploadSubjects } from './link-upload.ts';
import { type Weather, weathers } from './link-weather.ts';

/** One subject with one study in one weather. */
export interface Case {
  readonly slices: number;
  readonly weather: Weather;
  readonly subject: string;
}

/** The link engine alone, and the whole road. */
export const preSealed = 'outpost, pre-sealed';
export const endToEnd = 'outpost, end to end';

export const peerSubjects: readonly Subject[] = [
  ...dicomSubjects,
  ...orthancSubjects,
  ...uploadSubjects,
];
/** Those of them that compress. */
export const gzipSubjects: readonly string[] = peerSubjects
  .map(({ name }) => name)
  .filter((name) => name.includes('gz'));

const sizes = [20, 40, 140] as const;

export const caseNameOf = ({ slices, weather }: Pick<Case, 'slices' | 'weather'>): string =>
  `CT ${slices}, ${weather.name}`;

/** Whether `only`, a regular expression, finds something in `name`; without it everything is asked for. */
export function isAsked(only: string | undefined, name: string): boolean {
  return only === undefined || new RegExp(only, 'i').test(name);
}

/** The cases that are asked for by "CASE: SUBJECT". */
export function casesOf(only: string | undefined): readonly Case[] {
  const subjects = [...peerSubjects.map(({ name }) => name), preSealed, endToEnd];
  return sizes
    .flatMap((slices) => weathers.map((weather) => ({ slices, weather })))
    .flatMap((each) => subjects.map((subject): Case => ({ ...each, subject })))
    .filter((each) => isAsked(only, `${caseNameOf(each)}: ${each.subject}`));
}
