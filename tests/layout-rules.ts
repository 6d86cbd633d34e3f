import { basename, dirname, join } from 'node:path/posix';
import ts from 'typescript';

/** A source file by its path from the top of the repository. */
export interface SourceFile {
  path: string;
  text: string;
}

/** The parts of the program, lowest floor first. A part imports parts of lower floors, never of its own. */
const FLOORS: readonly (readonly string[])[] = [
  ['src/core'],
  ['src/indicators'],
  ['src/rows', 'src/network'],
  [
    'src/quality',
    'src/exchange',
    'src/database',
    'src/files',
    'src/report',
    'src/schedule',
    'src/monitoring',
    'src/terminal',
  ],
  ['src/config', 'src/tables'],
  ['src/jobs'],
  ['src/commands'],
  ['bin'],
];

/** Each part and the parts that it may import. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  ...Object.fromEntries(FLOORS.flatMap((parts, floor) => parts.map((part) => [part, FLOORS.slice(0, floor).flat()]))),
  migrations: ['src/core'],
  'src/tables': [...FLOORS.slice(0, 4).flat(), 'migrations'],
  'src/index.ts': FLOORS.slice(0, 6).flat(),
  'knexfile.ts': ['src/core', 'src/config', 'src/database', 'src/tables', 'migrations'],
};

/** The parts that may import a package: one part for each thing outside the program. */
const PACKAGE_HOMES: Record<string, readonly string[]> = {
  knex: ['src/database', 'src/tables', 'migrations', 'knexfile.ts'],
  postgres: ['src/database'],
  '@electric-sql/pglite': ['src/database'],
  '@binance/connector': ['src/exchange'],
  '@cfworker/json-schema': ['src/config'],
  'jsonc-parser': ['src/config'],
  esbuild: ['bin'],
  indicatorts: ['src/indicators'],
  hyparquet: ['src/files'],
  'hyparquet-writer': ['src/files'],
  yaml: ['src/schedule'],
  chalk: ['src/terminal'],
  'cli-progress': ['src/terminal'],
  commander: ['src/commands'],
  'lightweight-charts': ['src/report'],
};

/** Folders and files without I/O, clock, chance or environment: they import no module of Node. */
export const PURE: readonly string[] = [
  'src/core',
  'src/indicators',
  'src/rows',
  'src/quality',
  'src/schedule',
  'src/monitoring/metrics.ts',
  'src/monitoring/prometheus.ts',
];

/** Files of pure folders that are not pure, and why. */
export const PURITY_EXCEPTIONS: Record<string, string> = {};

/** Files outside bin that use the global `process`, and why. */
export const PROCESS_EXCEPTIONS: Record<string, string> = {
  'src/database/file-locks/lock-owner.ts': 'the lock of the embedded database names the process that holds it',
  'src/database/connection/connection-url.ts': "libpq's PG* variables complete a database URL",
  'src/tables/jobs.ts': 'chartctl_jobs records the process id',
  'src/jobs/retrain/run-command.ts': 'only process.kill ends a group of processes',
  'src/jobs/api/open-context.ts': 'a program that imports the package is configured by its environment, as chartctl is',
  'src/jobs/doctor/check-machine.ts': 'reports the version of Node',
  'knexfile.ts': "Knex's own command reads the same environment as chartctl",
};

/** The longest chain of imports among the files of one folder. */
const MAX_FLOORS = 4;

const VAGUE_NAME = /(^|\/)(utils?|helpers?|common|types?)(\.|\/)/;
const TOP_LEVEL =
  /^(\..+|bin|src|migrations|tests|node_modules|dist|package(-lock)?\.json|tsconfig(\.\w+)?\.json|knexfile\.ts|(README|CHANGELOG)\.md|LICENSE|.+\.tgz)$/;

/** One sentence for each file that breaks a rule; empty when all is well. */
export function findViolations(files: readonly SourceFile[]): string[] {
  const sources = files.map((file): Source => ({ ...file, ...readFacts(file) }));
  return [
    ...sources.flatMap(findFileViolations),
    ...findCircles(sources).map((circle) => `${circle[0]}: imports itself: ${circle.join(' -> ')}`),
    ...findHighFolders(sources),
  ];
}

function findFileViolations(source: Source): string[] {
  const { path, imports } = source;
  const part = partOf(path);
  if (part === undefined) return [`${path}: is in no known part of the program`];
  const isPure = isPurePath(path) && !(path in PURITY_EXCEPTIONS);
  return [
    ...(VAGUE_NAME.test(path) ? [`${path}: its name says nothing`] : []),
    ...imports.flatMap((name) => findImportViolation(path, part, name)),
    ...(source.touchesProcess && part !== 'bin' && !(path in PROCESS_EXCEPTIONS)
      ? [`${path}: uses process, which only bin does`]
      : []),
    ...(isPure ? listImpurities(source).map((what) => `${path}: uses ${what}, but it is in a pure part`) : []),
  ];
}

/** Names at the top of the repository that do not belong there. */
export function findUnexpectedNames(names: readonly string[]): string[] {
  return names.filter((name) => !TOP_LEVEL.test(name));
}

/** Whether a file uses the global `process`. */
export function touchesProcess(file: SourceFile): boolean {
  return readFacts(file).touchesProcess;
}

/** Whether a file imports modules of Node or depends on clock, chance or environment. */
export function isImpure(file: SourceFile): boolean {
  return listImpurities(readFacts(file)).length > 0;
}

function isPurePath(path: string): boolean {
  return liesIn(path, PURE);
}

function listImpurities({ imports, impurities }: Facts): string[] {
  return [...imports.filter((name) => name.startsWith('node:')), ...impurities];
}

function findImportViolation(path: string, part: string, name: string): string[] {
  if (name.startsWith('node:')) return [];
  if (name.startsWith('.')) {
    const target = partOf(resolveImport(path, name));
    if (target !== undefined && liesIn(target, [part, ...MAY_IMPORT[part]!])) return [];
    return [`${path}: imports ${name}, but ${part} must not import ${target ?? 'what is outside the program'}`];
  }
  const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
  const homes = PACKAGE_HOMES[packageName];
  if (!homes) return [`${path}: imports ${packageName}, a package that belongs to no part`];
  return liesIn(part, homes) ? [] : [`${path}: imports ${packageName}, but only ${homes.join(', ')} may import it`];
}

/** Import circles as paths whose first file is also the last one; each circle once. */
function findCircles(sources: readonly Source[]): string[][] {
  const targets = listTargets(sources);
  const done = new Set<string>();
  const circles: string[][] = [];
  const visit = (path: string, chain: readonly string[]): void => {
    const start = chain.indexOf(path);
    if (start >= 0) circles.push([...chain.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const target of targets.get(path)!) visit(target, [...chain, path]);
    done.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return circles;
}

/** Folders in which files import each other over more than MAX_FLOORS files. */
function findHighFolders(sources: readonly Source[]): string[] {
  const targets = listTargets(sources);
  const known = new Map<string, string[]>();
  /** The longest chain of files of one folder that begins with a file; circles are cut. */
  const chainOf = (path: string, open: readonly string[] = []): string[] => {
    const found = known.get(path);
    if (found) return found;
    const below = targets.get(path)!.filter((target) => dirname(target) === dirname(path) && !open.includes(target));
    const chains = below.map((target) => chainOf(target, [...open, path]));
    const longest = chains.reduce((best, chain) => (chain.length > best.length ? chain : best), []);
    known.set(path, [path, ...longest]);
    return [path, ...longest];
  };
  const highest = new Map<string, string[]>();
  for (const { path } of sources) {
    const chain = chainOf(path);
    if (chain.length > (highest.get(dirname(path))?.length ?? 0)) highest.set(dirname(path), chain);
  }
  return [...highest]
    .filter(([, chain]) => chain.length > MAX_FLOORS)
    .map(([folder, chain]) => {
      const names = chain.map((path) => basename(path)).join(' -> ');
      return `${folder}: has ${chain.length} floors, expected at most ${MAX_FLOORS}: ${names}`;
    });
}

/** The files of the program that each file imports. */
function listTargets(sources: readonly Source[]): Map<string, string[]> {
  const paths = new Set(sources.map(({ path }) => path));
  return new Map(
    sources.map(({ path, imports }) => {
      const named = imports.filter((name) => name.startsWith('.')).map((name) => resolveImport(path, name));
      return [path, named.filter((target) => paths.has(target))];
    }),
  );
}

function resolveImport(path: string, name: string): string {
  return join(dirname(path), name).replace(/\.js$/, '.ts');
}

/** The part of the program that a path lies in; a file can be a part of its own. */
function partOf(path: string): string | undefined {
  const names = path.split('/');
  const folders = names.map((_, i) => names.slice(0, names.length - i).join('/'));
  return folders.find((folder) => folder in MAY_IMPORT);
}

/** Whether a path is one of others, or lies in one. */
function liesIn(path: string, others: readonly string[]): boolean {
  return others.some((other) => path === other || path.startsWith(`${other}/`));
}

/** A file with what it imports and uses. */
interface Source extends SourceFile, Facts {}

interface Facts {
  imports: string[];
  touchesProcess: boolean;
  impurities: string[];
}

function readFacts({ path, text }: SourceFile): Facts {
  const facts: Facts = { imports: [], touchesProcess: false, impurities: [] };
  const visit = (node: ts.Node): void => {
    const name = importedName(node);
    if (name !== undefined) facts.imports.push(name);
    if (name === 'node:process' || name === 'process' || isGlobal(node, 'process')) facts.touchesProcess = true;
    const impurity = impurityOf(node);
    if (impurity !== undefined) facts.impurities.push(impurity);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true));
  return facts;
}

/** The module that an import or re-export names: static, dynamic, or of types only. */
function importedName(node: ts.Node): string | undefined {
  let named: ts.Node | undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) named = node.moduleSpecifier;
  else if (ts.isImportTypeNode(node)) named = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) named = node.arguments[0];
  if (named === undefined) return undefined;
  return ts.isStringLiteralLike(named) ? named.text : named.getText();
}

function impurityOf(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && isGlobal(node.expression, 'Date') && !node.arguments?.length) return 'new Date()';
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText();
    if (text === 'Date.now' || text === 'Math.random' || text === 'performance.now') return text;
  }
  return isGlobal(node, 'process') || isGlobal(node, 'globalThis') ? node.getText() : undefined;
}

/** Whether a node refers to the global of that name; a property or a declaration of that name does not. */
function isGlobal(node: ts.Node, name: string): boolean {
  if (!ts.isIdentifier(node) || node.text !== name) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent))
    return parent.expression === node || parent.expression.getText() === 'globalThis';
  const isDeclaredName = 'name' in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent);
  return !isDeclaredName;
}
