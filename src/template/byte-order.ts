/** Compares as Go compares strings: by their UTF-8 form, which orders as their code points do. */
export function byByteOrder(a: string, b: string): number {
  if (a === b) return 0;
  // UTF-16 orders alike unless a surrogate is there.
  if (!/[\ud800-\udfff]/.test(a) && !/[\ud800-\udfff]/.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
