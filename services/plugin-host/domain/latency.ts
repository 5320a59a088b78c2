/** Milliseconds to a tenth, as they are told: what a clock says beyond that is noise. */
export function toTenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
