import type { FleetReport } from '../../fleet.ts';
export async function renderFleetPage(report: FleetReport): Promise<string> {
  return report.schema;
}
