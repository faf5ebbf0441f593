/** The error of a function whose text would get longer than any that is sent. */
export function tooLong(maxLength: number): Error {
  return new Error(`the text would have more than ${maxLength} characters`);
}
