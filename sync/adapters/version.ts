import { readFileSync } from 'node:fs';

/** The version in package.json of the checkout that runs. */
export function versionOfOutpost(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}
