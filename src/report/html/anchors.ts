/** Where the trials of a variant under a workload stand in the page. */
export function trialsAnchor(workload: number, variant: number): string {
  return `t${workload}-${variant}`;
}

/** Where one trial stands; undefined where its id is none that qtune made, which may be any text. */
export function trialAnchor(journal: number, id: string): string | undefined {
  return /^[0-9a-f]{8,32}$/.test(id) ? `j${journal}-${id}` : undefined;
}
