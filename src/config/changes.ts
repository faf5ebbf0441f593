import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';

/** No file of a config is larger; what is beyond is not looked at. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * A text that changes when the content of one of the files does, or whether it can be read. Contents tell more than times
 * do: Kubernetes swaps a link, and what is written again in the same form needs no reload.
 */
export async function contentOfFiles(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = await contentOf(file);
    hash.update(`${file.length} ${file} ${content.length} `).update(content);
  }
  return hash.digest('base64');
}

async function contentOf(file: string): Promise<Buffer | string> {
  try {
    const { size } = await stat(file);
    return size > MAX_BYTES ? `${size} bytes` : await readFile(file);
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
