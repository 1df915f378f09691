/** Commands for one run of qemu-io, each with the label that its latency is filed under, or none where it only prepares. */
export class CommandList {
  /** As qemu-io reads them, one a line. */
  readonly lines: string[] = [];
  /** Of the commands that print a result, in order. */
  readonly labels: string[] = [];

  read(offset: number, bytes: number, label?: string): void {
    this.#add('read', `${offset} ${bytes}`, label);
  }

  write(offset: number, bytes: number, label?: string): void {
    this.#add('write', `${offset} ${bytes}`, label);
  }

  zero(offset: number, bytes: number, label?: string): void {
    this.#add('write -z', `${offset} ${bytes}`, label);
  }

  discard(offset: number, bytes: number, label?: string): void {
    this.#add('discard', `${offset} ${bytes}`, label);
  }

  /** The flush that qemu-io times. @source see the timed sync of the qemu-io engine's scripts */
  sync(label?: string): void {
    this.#add('write -f', '0 0', label);
  }

  #add(command: string, range: string, label: string | undefined): void {
    this.lines.push(`${command} ${label === undefined ? '-q' : '-C'} ${range}`);
    if (label !== undefined) this.labels.push(label);
  }
}
