/** Sets moments back by a span; those before it become 1, the earliest that there is. 0 stands for no moment and stays. */
export function setBack(moments: Int32Array, by: number): void {
  for (let index = 0; index < moments.length; index++) {
    const moment = moments[index] as number;
    if (moment > 0) moments[index] = Math.max(1, moment - by);
  }
}
