// npm run test:image [-- image]: builds the image, unless one is named, with docker, podman or buildah, whichever is there, and
// looks at what is in it and how it runs.
import { spawnSync } from 'node:child_process';
import { root } from './install.mjs';

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
    // What it runs in is not read-only: there it is shown that the user may write nothing.
    inside: (image) => {
      const { output } = run('buildah', 'from', '--pull-never', image);
      containers.push(output);
      return ['buildah', 'run', '--network=host', output, '--'];
    },
  },
};
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
const ASK = 'fetch("http://127.0.0.1:19777/-/ready").then((answer) => console.log("ready", answer.status))';
const SERVE = `printf "${CONFIG}" > /tmp/c.yaml
node /app/dist/main.js serve --config.file=/tmp/c.yaml --web.listen-address=127.0.0.1:19777 > /dev/null & pid=$!
for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1; node -e '${ASK}' 2> /dev/null && break; done
kill -TERM $pid; wait $pid; echo "exit $?"`;

const CHECKS = [
  ['it runs as a user in numbers that is not root', 'id -u; id -g', /^65532\n65532$/],
  ['it has no package manager', 'command -v npm npx yarn corepack || echo none', /^none$/],
  [
    'it has what runs and nothing for developers',
    'cd /app && ls && ls node_modules | grep -c -E "^(typescript|jest|knip|kubernetes-models)$" || true',
    /^LICENSE\nconfig.example.yaml\ndist\nnode_modules\npackage.json\n0$/,
  ],
  [
    'its user can write nothing of it',
    'find /app /usr /etc -xdev -writable ! -type l ! -type c 2>/dev/null | head -3; echo end',
    /^end$/,
  ],
  ['it says its version', 'node /app/dist/main.js --version', /^\d+\.\d+\.\d+/],
  ['it starts, is ready, and ends with 0 on SIGTERM', SERVE, /^ready 200\nexit 0$/],
];

const prefix = TOOLS[tool].inside(image);
for (const [what, script, expected] of CHECKS) {
  const [command, ...args] = [...prefix, 'sh', '-c', script];
  const { output } = run(command, ...args);
  const isRight = expected.test(output);
  console.log(`${isRight ? 'ok    ' : 'not ok'} ${what}${isRight ? '' : `\n${output}`}`);
  if (!isRight) process.exitCode = 1;
}
const isAtOnce = run(
  prefix[0],
  ...prefix.slice(1),
  'node',
  '/app/dist/main.js',
  'serve',
  '--config.file=/nowhere',
);
const saysWhy =
  isAtOnce.status === 1 && isAtOnce.output.includes('/nowhere:1:1: the file cannot be read (ENOENT)');
console.log(`${saysWhy ? 'ok    ' : 'not ok'} without a config it says so and ends with 1`);
if (!saysWhy) process.exitCode = 1;
for (const container of containers) run('buildah', 'rm', container);
