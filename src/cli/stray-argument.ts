/** What to do about an argument that belongs to nothing. @param command words that lead to the help, without `qtune` */
export function strayArgumentHint(message: string, command: readonly string[]): string {
  // A shell expands unquoted braces: -o cluster_size={64K,128K} arrives as an option and a stray cluster_size=128K.
  return /Unknown argument.*: \S+=/.test(message)
    ? "A list with braces needs quotes, or the shell takes it apart: -o 'cluster_size={64K,128K}'."
    : `See \`${['qtune', ...command].join(' ')} --help\`.`;
}
