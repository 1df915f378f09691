/** What a chart says of the variants that it does not draw; nothing where it draws all. */
export function leftOutNote(count: number): string {
  if (count === 0) return '';
  return ` The baseline and the fastest are drawn; ${count} more ${count === 1 ? 'is' : 'are'} in the tables.`;
}
