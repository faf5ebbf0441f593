// npm run test:image [-- image]: builds the image, unless one is named, with docker, podman or buildah (as root), whichever is
// there, looks at what is in it, and runs it on a read-only root.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { root } from './install.mjs';
import { nodeFlags } from './node-flags.mjs';

const run = (command, ...args) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}`.trim() };
};
const TOOLS = {
  docker: {
    build: ['build', '--tag'],
    inside: (image) => ['docker', 'run', '--rm', '--read-only', '--tmpfs=/tmp', '--entrypoint=', image],
  },
  podman: {
    build: ['build', '--tag'],
    inside: (image) => ['podman', 'run', '--rm', '--read-only', '--tmpfs=/tmp', '--entrypoint=', image],
  },
  buildah: {
    build: ['build', '--tag'],
    // buildah runs nothing on a read-only root and as first process; what it mounts can be run so.
    inside: (image) => {
      const { output: container } = run('buildah', 'from', '--pull-never', image);
      containers.push(container);
      const { output: folder } = run('buildah', 'mount', container);
      const { output: user } = run('buildah', 'inspect', '--format', '{{.OCIv1.Config.User}}', container);
      return [
        'unshare',
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        'sh',
        '-c',
        READ_ONLY,
        'sh',
        folder,
        user,
      ];
    },
  },
};
const READ_ONLY = `root=$1 user=$2; shift 2
mount --bind "$root" "$root" && mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" &&
mount -t tmpfs tmpfs "$root/tmp" && mount -o remount,bind,ro "$root" &&
exec env -i PATH=/usr/local/bin:/usr/bin:/bin "$(command -v chroot)" --userspec="$user" "$root" "$@"`;
const containers = [];

// `info` also tells whether its engine runs.
const tool = Object.keys(TOOLS).find((name) => run(name, 'info').status === 0);
if (tool === undefined) {
  console.error('there is no docker, podman or buildah here: the image cannot be built');
  process.exit(process.env.CI === 'true' ? 1 : 0);
}
const [given] = process.argv.slice(2);
const image = given ?? 'localhost/pagerelay-test';
if (given === undefined) {
  const built = run(tool, ...TOOLS[tool].build, image, '.');
  if (built.status !== 0) {
    console.error(built.output.split('\n').slice(-20).join('\n'));
    process.exit(1);
  }
}

const CONFIG = 'route: {receiver: a}\\nreceivers: [{name: a}]\\nrelay: {drain_timeout: 0s}\\n';
const SERVE = `printf "${CONFIG}" > /tmp/c.yaml
exec node ${nodeFlags.join(' ')} /app/dist/main.js serve --config.file=/tmp/c.yaml --web.listen-address=127.0.0.1:19777`;

const CHECKS = [
  ['it runs as a user in numbers that is not root', 'id -u; id -g', /^65532\n65532$/],
  [
    'its root is read-only',
    'touch /app/x /x 2> /dev/null || echo refused; touch /tmp/x && echo taken',
    /^refused\ntaken$/,
  ],
  ['it has no package manager', 'command -v npm npx yarn corepack || echo none', /^none$/],
  [
    'it has what runs and nothing for developers',
    'cd /app && ls && ls node_modules | grep -c -E "^(typescript|jest|knip|kubernetes-models)$" || true',
    /^LICENSE\nconfig.example.yaml\ndist\nnode_modules\npackage.json\n0$/,
  ],
  [
    'its user could write nothing of it anyhow',
    'find /app /usr /etc -xdev -writable ! -type l ! -type c 2>/dev/null | head -3; echo end',
    /^end$/,
  ],
  [
    'what is no JavaScript in it runs',
    'node -e \'require("/app/node_modules/bcrypt").hash("a", 4).then((hash) => console.log(hash.length))\'',
    /^60$/,
  ],
  ['it says its version', 'node /app/dist/main.js --version', /^\d+\.\d+\.\d+/],
];

const [command, ...before] = TOOLS[tool].inside(image);
for (const [what, script, expected] of CHECKS) {
  const { output } = run(command, ...before, 'sh', '-c', script);
  report(what, expected.test(output), output);
}
const failed = run(command, ...before, 'node', '/app/dist/main.js', 'serve', '--config.file=/nowhere');
const saysWhy = failed.output.includes('/nowhere:1:1: the file cannot be read (ENOENT)');
report('without a config it says so and ends with 1', failed.status === 1 && saysWhy, failed.output);
await asFirstProcess();
for (const container of containers) run('buildah', 'rm', container);

/** A signal that the first process of a container does not handle has no effect. */
async function asFirstProcess() {
  const child = spawn(command, [...before, 'sh', '-c', SERVE], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const tooLate = setTimeout(() => child.kill('SIGKILL'), 60_000);
  let output = '';
  const listening = new Promise((resolve) => {
    const collect = (chunk) => {
      output += chunk;
      if (output.includes('"listening"')) resolve();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
  });
  await Promise.race([listening, exited]);
  // docker and podman pass signals on, unshare does not.
  if (command === 'unshare') run('pkill', '-TERM', '-P', String(child.pid));
  else child.kill('SIGTERM');
  const [status] = await exited;
  clearTimeout(tooLate);
  const isRight = status === 0 && output.includes('"stopped"');
  report('as first process it starts, and ends with 0 on SIGTERM', isRight, `status ${status}\n${output}`);
}

function report(what, isRight, output) {
  console.log(`${isRight ? 'ok    ' : 'not ok'} ${what}${isRight ? '' : `\n${output}`}`);
  if (!isRight) process.exitCode = 1;
}
