import { inspect } from 'node:util';

const REDACTED = '<secret>';

/** A credential that cannot be printed: string conversion, JSON and `util.inspect` all give `<secret>`. */
export class Secret {
  readonly #value: string;
  readonly #next: Secret | undefined;

  constructor(value: string, next?: Secret) {
    this.#value = value;
    this.#next = next;
  }

  /** What takes its place where it is refused: both are in use while one follows the other. */
  next(): Secret | undefined {
    return this.#next;
  }

  /** The credential itself. Call it where the request is built, nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/** Where a credential comes from. It is asked at each notification, so that a rotated file is picked up. */
export interface SecretSource {
  /** How the config names it, for messages: `routing_key_file`. */
  readonly name: string;
  /** The same for the same credential, and not the credential. A file's stays when it is rotated. */
  readonly id: string;
  /** The current value, or an error whose message names the source and never the value. A promise only where it must be fetched. */
  read(): Secret | Error | Promise<Secret | Error>;
  /** The vendor has refused it and taken its `next`, which comes first from now on. */
  passOver?(refused: Secret): void;
}
