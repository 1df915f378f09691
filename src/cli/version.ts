import { readFileSync } from 'node:fs';
import { packageFile } from '../package-file.ts';

/** qtune's own version, from package.json. */
export function qtuneVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  return 'unknown';
}
