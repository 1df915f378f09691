const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** A bar of blocks, in eighths of a column; what is above nothing shows as at least one of them. @param share 0…1 of `width` columns */
export function bar(share: number, width: number): string {
  const length = Math.max(1, Math.round(share * width * 8));
  return `${'█'.repeat(Math.floor(length / 8))}${eighths[length % 8]}`;
}
