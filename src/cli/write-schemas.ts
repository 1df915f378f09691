import { mkdirSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { packageFile } from '../package-file.ts';
import { schemaFileName, schemaLoaders } from '../report/schemas/index.ts';

// The last step of the build: the JSON Schemas that ship with the package, beside what it runs.
const directory = packageFile('dist/schemas/');
mkdirSync(directory, { recursive: true });
for (const [name, load] of Object.entries(schemaLoaders)) {
  const schema = z.toJSONSchema(await load(), { io: 'input', unrepresentable: 'any' });
  const document = { $schema: schema.$schema, $id: `urn:${name.replace(/[./]/g, ':')}`, ...schema };
  writeFileSync(new URL(schemaFileName(name), directory), `${JSON.stringify(document, null, 2)}\n`);
}
