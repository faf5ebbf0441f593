// npm run fuzz [-- runs [seed]]: bodies and configs that nobody would write, 20,000 unless told otherwise, of another seed each
// time. The seed is printed: with it the same ones come again.
import { spawnSync } from 'node:child_process';

const [runs = '20000', seed = String(Math.floor(Math.random() * 2 ** 30))] = process.argv.slice(2);
console.log(`npm run fuzz -- ${runs} ${seed}`);
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--maxWorkers=1',
    'test/fuzz',
  ],
  { stdio: 'inherit', env: { ...process.env, FUZZ_RUNS: runs, FUZZ_SEED: seed } },
);
process.exitCode = status ?? 1;
