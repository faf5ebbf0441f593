// npm run test:model [-- runs [seed]]: the model-based test of the relay with many sequences, 10,000 unless told otherwise.
import { spawnSync } from 'node:child_process';

const [runs = '10000', seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2);
console.log(`seed ${seed}`);
const jest = 'node_modules/jest/bin/jest.js';
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const { status } = spawnSync(process.execPath, [...flags, jest, '--maxWorkers=1', 'test/model'], {
  stdio: 'inherit',
  env: { ...process.env, MODEL_RUNS: runs, MODEL_SEED: seed },
});
process.exitCode = status ?? 1;
