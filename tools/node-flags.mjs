// Node's own flags of the image's ENTRYPOINT, so that what is measured and tried out is what is deployed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
const [, entrypoint] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile);

export const nodeFlags = JSON.parse(entrypoint).filter((word) => word.startsWith('--'));
