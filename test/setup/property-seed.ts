import fc from 'fast-check';

/**
 * Properties are tried on the same inputs in every run, so that a change is judged by what it changed. `npm run fuzz`
 * tries them on new ones; what it finds is told with its seed, and becomes an example of the property.
 */
const seed = process.env.QTUNE_PROPERTY_SEED ?? '20261121';
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });
