// npm run test:model [-- runs [seed]]: the model-based test of the relay with many sequences, 10,000 unless told otherwise.
// Each thousand has a process and a seed of its own.
import { spawnSync } from 'node:child_process';

const [runs = '10000', first = String(Math.floor(Math.random() * 2 ** 30))] = process.argv.slice(2);
if (!(Number.isSafeInteger(Number(runs)) && Number(runs) > 0) || !Number.isSafeInteger(Number(first)))
  throw new Error('npm run test:model [-- runs [seed]]: two numbers');
const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];
for (let done = 0, seed = Number(first); done < Number(runs) && !process.exitCode; done += 1_000, seed++) {
  const { status } = spawnSync(process.execPath, [...jest, '--maxWorkers=1', 'test/model'], {
    stdio: 'inherit',
    env: {
      ...process.env,
      MODEL_RUNS: String(Math.min(1_000, Number(runs) - done)),
      MODEL_SEED: String(seed),
    },
  });
  process.exitCode = status ?? 1;
}
