import { execFile, type ExecFileException } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const TSC = resolve('node_modules/typescript/bin/tsc');
/** Strict options; the declarations of the package are checked too, those of the compiler are not. */
const STRICT = {
  target: 'ES2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  skipDefaultLibCheck: true,
  types: ['node'],
};
const RESOLUTIONS = {
  nodenext: { module: 'NodeNext', moduleResolution: 'NodeNext' },
  bundler: { module: 'ESNext', moduleResolution: 'Bundler', noEmit: true },
};

export interface Ended {
  exitCode: number | string;
  stdout: string;
  stderr: string;
}

/** A folder with the packed package installed, its dependencies, and the types of Node. */
export async function createConsumer(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'chartctl-consumer-'));
  // without scripts: `prepack` would rebuild `dist` while other tests use it
  await expectEnd('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
  const { version, dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as PackageManifest;
  await expectEnd('tar', ['-xzf', join(folder, `chartctl-${version}.tgz`), '-C', folder]);
  const modules = join(folder, 'node_modules');
  cpSync(join(folder, 'package'), join(modules, 'chartctl'), { recursive: true });
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(resolve('node_modules', name), join(modules, name));
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [name, options] of Object.entries(RESOLUTIONS)) {
    const config = { compilerOptions: { ...STRICT, ...options }, include: ['*.ts'] };
    writeFileSync(join(folder, `tsconfig.${name}.json`), JSON.stringify(config));
  }
  return folder;
}

export function removeConsumer(folder: string): void {
  rmSync(folder, { recursive: true });
}

/** Compiles the programs of the folder; with `nodenext` they can be run afterwards. */
export function compile(folder: string, resolution: keyof typeof RESOLUTIONS): Promise<Ended> {
  return execute(process.execPath, [TSC, '-p', join(folder, `tsconfig.${resolution}.json`)]);
}

/** Runs a program and waits for its exit. */
export function execute(program: string, argv: readonly string[], options: object = {}): Promise<Ended> {
  return new Promise((done) => {
    execFile(program, argv, options, (error: ExecFileException | null, stdout, stderr) => {
      done({ exitCode: error?.code ?? (error ? 'signal' : 0), stdout, stderr });
    });
  });
}

interface PackageManifest {
  version: string;
  dependencies: Record<string, string>;
}

async function expectEnd(program: string, argv: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await execute(program, argv);
  if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}: ${stdout}${stderr}`);
}
