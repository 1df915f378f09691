import { z } from 'zod';
import { placeSchema, sizeSchema, weightSchema } from '../profile-scalars.ts';

const ratio = z.number().min(0).max(1);

/** Keys of patterns in profiles beside those that every stream has. @source of each: see the pattern's file */
export const paretoKeys = {
  hotShare: z
    .number()
    .min(0.01)
    .max(0.5)
    .default(0.2)
    .describe(
      'This share of the records gets all requests but this share, again and again inside; default 0.2: 80 and 20',
    ),
  hotRun: sizeSchema
    .optional()
    .describe('Bytes of neighbouring rank that lie together; default: one record, so hot records are scattered'),
};

export const hotspotKeys = {
  hotRequests: ratio.default(0.8).describe('Share of the requests that go to the hot area; default 0.8'),
  hotArea: ratio.default(0.2).describe('Share of the area that is hot; default 0.2'),
  hotRun: sizeSchema
    .optional()
    .describe('Hot pieces of this length are spread over the area; default: one piece at its start'),
};

export const normalKeys = {
  center: ratio.default(0.5).describe('Where the most popular record lies, as a share of the area; default 0.5'),
  deviation: z
    .number()
    .min(0.0001)
    .max(1)
    .default(0.15)
    .describe('Standard deviation as a share of the area; what would lie outside is drawn again; default 0.15'),
};

export const zonedKeys = {
  zones: z
    .array(
      z.strictObject({
        requests: weightSchema.describe('Share of the requests; shares need not add up to anything'),
        area: placeSchema.describe('Length of the zone, a size or a share of the area such as 10%'),
      }),
    )
    .min(1)
    .max(256)
    .describe('Zones one behind the other from the start of the area; what is behind the last is not visited'),
};
