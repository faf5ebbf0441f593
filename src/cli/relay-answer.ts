import { printable } from './printable.ts';

/** What became of one notification, as the relay says it. */
const FIELDS = ['receiver', 'integration', 'incident_key', 'action', 'outcome', 'reason'] as const;

type Row = Readonly<Record<string, string>>;

export interface RelayAnswer {
  readonly status: number;
  /** The body, up to 1 MiB of it. */
  readonly text: string;
  /** Undefined where the body is not in the relay's form. */
  readonly notifications?: readonly Row[];
  /** Why the relay took nothing, where it says so. */
  readonly error?: string;
}

const MAX_BYTES = 1_048_576;

/** Reads the relay's answer to a webhook; whatever else answers may send anything. */
export async function readAnswer(response: Response): Promise<RelayAnswer> {
  const text = await readStart(response);
  const answer = { status: response.status, text };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return answer;
  }
  const { notifications, error } = (body ?? {}) as { notifications?: unknown; error?: unknown };
  if (typeof error === 'string') return { ...answer, error: printable(error) };
  return Array.isArray(notifications) ? { ...answer, notifications: notifications.map(toRow) } : answer;
}

/** The notifications as a table; empty when there is none to show. */
export function printAnswer({ notifications }: RelayAnswer): string {
  if (notifications === undefined) return '';
  if (notifications.length === 0) return 'nothing to send: no integration takes this alert\n';
  const heads = FIELDS.map((field) => field.replace('_', ' '));
  const rows = [heads, ...notifications.map((row) => FIELDS.map((field) => row[field] ?? ''))];
  const widths = FIELDS.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

async function readStart(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BYTES).toString();
}

/** The texts of one entry of the list, the failure's detail behind its reason. */
function toRow(entry: unknown): Row {
  const row: Record<string, string> = {};
  for (const [name, value] of Object.entries(entry ?? {})) {
    if (typeof value === 'string') row[name] = printable(value);
  }
  const { reason = '', detail } = row;
  return detail === undefined ? row : { ...row, reason: `${reason}: ${detail}` };
}
