import { createCursor, PLAIN, readConversion } from './go-format-directive.ts';
import { type Output, printOperand } from './go-format-operand.ts';
import { typeName } from './go-type-name.ts';
import type { Value } from './value.ts';

/**
 * The longest text that is printed without another limit, in UTF-16 units. What is longer is cut, but never below its
 * limit: that a result is longer than the limit says that it is not whole.
 */
export const PRINT_LIMIT = 2 ** 21;

/** Go's `fmt.Sprint`: the values one after the other, with a space between two that are both no strings. */
export function sprint(values: readonly Value[], limit = PRINT_LIMIT): string {
  const output: Output = { text: '', limit };
  for (const [index, value] of values.entries()) {
    const isBetween = index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string';
    if (isBetween) output.text += ' ';
    printOperand(output, value, PLAIN);
  }
  return output.text;
}

/** Go's `fmt.Sprintln`: the values with spaces between them, and a line feed. */
export function sprintln(values: readonly Value[], limit = PRINT_LIMIT): string {
  const output: Output = { text: '', limit };
  for (const [index, value] of values.entries()) {
    if (index > 0) output.text += ' ';
    printOperand(output, value, PLAIN);
  }
  output.text += '\n';
  return output.text;
}

/** Go's `fmt.Sprintf`. What is wrong with the format shows in the text, as `%!d(string=hi)`. */
export function sprintf(format: string, values: readonly Value[], limit = PRINT_LIMIT): string {
  const output: Output = { text: '', limit };
  const cursor = createCursor(format.toWellFormed(), values);
  while (output.text.length <= limit) {
    const percent = cursor.format.indexOf('%', cursor.at);
    output.text += cursor.format.slice(cursor.at, percent === -1 ? undefined : percent);
    if (percent === -1) break;
    cursor.at = percent + 1;
    const { text, directive } = readConversion(cursor);
    output.text += text;
    if (directive !== undefined) {
      const value = values[cursor.operand++] ?? null;
      printOperand(output, value, directive);
    }
  }
  if (!cursor.isReordered) printExtra(output, values.slice(cursor.operand));
  return output.text;
}

/** The operands that a format did not ask for. */
function printExtra(output: Output, values: readonly Value[]): void {
  if (values.length === 0) return;
  output.text += '%!(EXTRA ';
  for (const [index, value] of values.entries()) {
    if (index > 0) output.text += ', ';
    if (value !== null) output.text += `${typeName(value)}=`;
    printOperand(output, value, PLAIN);
  }
  output.text += ')';
}

/** What an action prints. Nil is `<no value>`, and of a pointer it is what it points to. */
export function printValue(value: Value, limit = PRINT_LIMIT): string {
  // Nearly all that is printed is one of these two, which need no directive.
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'bigint') return value.toString();
  const output: Output = { text: '', limit };
  printOperand(output, value, PLAIN, 'action');
  return output.text;
}
