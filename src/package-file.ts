import { existsSync } from 'node:fs';

let root: URL | undefined;

/**
 * A file of the package, by its path from where `package.json` is: the code runs from its sources and from what the build made of them.
 * @throws Error where no directory above this code has a `package.json`
 */
export function packageFile(path: string): URL {
  root ??= packageRoot(new URL('.', import.meta.url));
  return new URL(path, root);
}

function packageRoot(directory: URL): URL {
  if (existsSync(new URL('package.json', directory))) return directory;
  const above = new URL('..', directory);
  if (above.href === directory.href) throw new Error('qtune is not where its package.json is');
  return packageRoot(above);
}
