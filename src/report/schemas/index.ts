import type { z } from 'zod';

/** Loads one document's schema; zod is slow to load, so nothing here is read before it is asked for. */
type SchemaLoader = () => Promise<z.ZodType>;

/** Every JSON document that qtune writes or reads, by the name in its `schema` key. */
export const schemaLoaders: Readonly<Record<string, SchemaLoader>> = {
  'qtune.apply/1': async () => (await import('./apply.ts')).applySchema,
  'qtune.calibration/1': async () => (await import('./costs.ts')).calibrationSchema,
  'qtune.capacity/1': async () => (await import('./capacity.ts')).capacitySchema,
  'qtune.compare/1': async () => (await import('./compare.ts')).compareSchema,
  'qtune.costs/1': async () => (await import('./costs.ts')).costProfileDocument,
  'qtune.curve/1': async () => (await import('./curve.ts')).curveSchema,
  'qtune.doctor/1': async () => (await import('./doctor.ts')).doctorSchema,
  'qtune.fleet/1': async () => (await import('./fleet.ts')).fleetSchema,
  'qtune.explain/1': async () => (await import('./explain.ts')).explainSchema,
  'qtune.gate/1': async () => (await import('./gate.ts')).gateRulesSchema,
  'qtune.history/1': async () => (await import('./history.ts')).historySchema,
  'qtune.inspect/1': async () => (await import('./inspect.ts')).inspectSchema,
  'qtune.journal/1': async () => (await import('./journal.ts')).journalRecordSchema,
  'qtune.merge/1': async () => (await import('./merge.ts')).mergeSchema,
  'qtune.noise/1': async () => (await import('./noise.ts')).noiseSchema,
  'qtune.profile/1': async () => (await import('../../workload/profile.ts')).profileSchema,
  'qtune.recommend/1': async () => (await import('./recommend.ts')).recommendSchema,
  'qtune.report/1': async () => (await import('./report.ts')).reportSchema,
  'qtune.run/1': async () => (await import('./run.ts')).runSchema,
  'qtune.settings/1': async () => (await import('./explain.ts')).settingsSchema,
  'qtune.simulate/1': async () => (await import('./simulate.ts')).simulateSchema,
  'qtune.undo/1': async () => (await import('./apply.ts')).undoSchema,
  'qtune.workload/1': async () => (await import('./workload.ts')).workloadSchema,
};

/** `qtune.capacity/1` is shipped as `qtune.capacity-1.json`. */
export function schemaFileName(schema: string): string {
  return `${schema.replace('/', '-')}.json`;
}
