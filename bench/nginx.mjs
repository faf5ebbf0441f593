// nginx before the sink, with proxy_pass and kept connections: what it costs to pass a webhook on as it is.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, measured } from './process.mjs';

export const hasNginx = spawnSync('nginx', ['-v']).status === 0;

/** One worker, for the others have one process too. */
export async function startNginx(folder, sinkOrigin, port) {
  const own = join(folder, 'nginx');
  mkdirSync(own, { recursive: true });
  const file = join(own, 'nginx.conf');
  writeFileSync(
    file,
    `
daemon off;
worker_processes 1;
error_log stderr crit;
pid ${own}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${own}/body;
  proxy_temp_path ${own}/proxy;
  fastcgi_temp_path ${own}/fastcgi;
  uwsgi_temp_path ${own}/uwsgi;
  scgi_temp_path ${own}/scgi;
  client_max_body_size 100m;
  client_body_buffer_size 4m;
  upstream sink { server ${new URL(sinkOrigin).host}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / {
      proxy_pass http://sink/v2/enqueue;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`,
  );
  const child = spawn('nginx', ['-p', own, '-c', file, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const origin = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 50; i++) {
    const answer = await fetch(origin, { method: 'POST', body: '{}' }).catch(() => undefined);
    if (answer?.ok) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const [worker] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  // It ends its worker with it.
  const stop = () => end(child, 'SIGTERM');
  return { ...measured(Number(worker), origin), stop };
}
