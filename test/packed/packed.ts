import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What the build has packed. */
export const DIST = resolve(__dirname, '../../dist');

/** The only file of a kind that the build has packed. */
export function packed(folder: string, extension: string): string {
  const files = readdirSync(join(DIST, folder)).filter((file) => file.endsWith(extension));
  if (files.length !== 1) {
    throw new Error(`dist/${folder} must have one ${extension} file, made by "npx projen package:languages", got ${files.join(', ') || 'none'}`);
  }
  return join(DIST, folder, files[0]);
}
