import { type ConversionPlan, planConversion } from './conversion.ts';
import type { Fleet } from './fleet.ts';
import { type FleetGrowth, growthOf } from './growth.ts';
import { Column } from './read/columns.ts';
import { demandOf } from './split/demand.ts';
import { type Budget, type FleetSplit, splitFleet } from './split/split-fleet.ts';
import { type FleetSurvey, surveyFleet } from './survey.ts';

/** All that is worked out of a fleet. */
export interface FleetPlan {
  readonly survey: FleetSurvey;
  /** Where there is a budget. */
  readonly split: FleetSplit | undefined;
  readonly conversion: ConversionPlan;
  /** Where the file says how the disks grow. */
  readonly growth: FleetGrowth | undefined;
}

/**
 * Works out a fleet. Its groups are gone through twice, for all parts at once: reading a million of them takes as long as most parts
 * take for their own work.
 *
 * @param hasExtendedL2 whether QEMU is 5.2 or later
 * @throws UsageError as `surveyFleet` and `splitFleet`
 */
export function planFleet(fleet: Fleet, budget: Budget | undefined, hasExtendedL2: boolean): FleetPlan {
  const { demand, visit } = budget ? demandOf(fleet) : {};
  const survey = surveyFleet(fleet, visit);
  const split = budget && demand && splitFleet(fleet, survey, demand, budget);
  const growth = fleet.columns.has(Column.growth) ? growthOf(fleet, budget) : undefined;
  const conversion = planConversion(fleet, survey, hasExtendedL2, growth?.visit);
  return { survey, split, conversion, growth: growth?.result() };
}
