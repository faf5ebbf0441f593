/** Text that a terminal shows as it is, on one line. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd');
}
