import { dirname, join } from 'node:path/posix';
import ts from 'typescript';

/** A source file by its path from the top of the repository. */
export interface SourceFile {
  path: string;
  text: string;
}

/** Each part of the program and the parts it may import: only what lies in or below it, never its neighbours. */
const FLOOR_1 = [
  'src/indicators',
  'src/quality',
  'src/exchange',
  'src/store',
  'src/files',
  'src/cli',
  'src/notify',
  'src/metrics',
  'src/report',
  'src/schedule',
];
const MAY_IMPORT: Record<string, readonly string[]> = {
  'src/core': [],
  migrations: ['src/core'],
  ...Object.fromEntries(FLOOR_1.map((part) => [part, ['src/core']])),
  'src/store': ['src/core', 'migrations'],
  'src/store/connection': ['src/core', 'src/store/file-locks'],
  'src/store/file-locks': ['src/core'],
  'src/jobs': ['src/core', ...FLOOR_1],
  'src/index.ts': ['src/core', ...FLOOR_1, 'src/jobs'],
  'src/commands': ['src/core', ...FLOOR_1, 'src/jobs'],
  bin: ['src/core', ...FLOOR_1, 'src/jobs', 'src/commands'],
  'knexfile.ts': ['src/core', 'src/store', 'src/cli', 'migrations'],
};

/** The parts that may know a package: the outside has one door each. */
const PACKAGE_HOMES: Record<string, readonly string[]> = {
  knex: ['src/store', 'migrations', 'knexfile.ts'],
  postgres: ['src/store/connection'],
  '@electric-sql/pglite': ['src/store/connection'],
  '@binance/connector': ['src/exchange'],
  '@cfworker/json-schema': ['src/cli'],
  esbuild: ['bin'],
  indicatorts: ['src/indicators'],
  'hyparquet-writer': ['src/files'],
  chalk: ['src/cli'],
  'cli-progress': ['src/cli'],
  commander: ['src/cli', 'src/commands'],
  'lightweight-charts': ['src/report'],
};

const WITHOUT_NODE = ['src/core', 'src/indicators', 'src/quality', 'src/schedule', 'src/metrics'];
const PURE = WITHOUT_NODE;

/** Files outside bin that touch the process, and why they must. */
export const PROCESS_EXCEPTIONS: Record<string, string> = {
  'src/store/file-locks/lock-owner.ts': 'the lock of the embedded database names the process that holds it',
  'src/store/job-rows.ts': 'chartctl_jobs records the process id',
  'src/jobs/retrain/end-process-group.ts': 'only process.kill ends a group of processes',
  'src/jobs/api/config-of-process.ts': 'a program that imports the package is configured by its environment, like ours',
  'src/jobs/doctor/examine-machine.ts': 'says which Node runs',
  'src/store/connection/connection-url.ts': "libpq's PG* variables complete a database URL",
  'knexfile.ts': "Knex's own command reads the same environment as the program",
};

const VAGUE_NAME = /(^|\/)(utils?|helpers?|common|types?)(\.|\/)/;
const TOP_LEVEL =
  /^(\..+|bin|src|migrations|tests|node_modules|dist|package(-lock)?\.json|tsconfig(\.\w+)?\.json|knexfile\.ts|eslint\.config\.js|README\.md|LICENSE|.+\.tgz)$/;

/** What is in the way of the house's rules, one sentence each; empty when all is well. */
export function findViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const part = partOf(file.path);
    if (part === undefined) return [`${file.path}: is in no known part of the program`];
    const facts = readFacts(file);
    return [
      ...(VAGUE_NAME.test(file.path) ? [`${file.path}: its name says nothing`] : []),
      ...facts.imports.flatMap((name) => findImportFault(file.path, part, name)),
      ...(facts.touchesProcess && part !== 'bin' && !(file.path in PROCESS_EXCEPTIONS)
        ? [`${file.path}: touches process, which only bin does`]
        : []),
      ...(PURE.includes(part) ? facts.impurities.map((what) => `${file.path}: uses ${what}, but ${part} is pure`) : []),
    ];
  });
}

/** Names at the top of the repository that do not belong there. */
export function findUnexpectedNames(names: readonly string[]): string[] {
  return names.filter((name) => !TOP_LEVEL.test(name));
}

/** Whether a file of the exceptions still needs to be one. */
export function touchesProcess(file: SourceFile): boolean {
  return readFacts(file).touchesProcess;
}

function findImportFault(path: string, part: string, name: string): string[] {
  if (name.startsWith('node:')) {
    return WITHOUT_NODE.includes(part) ? [`${path}: imports ${name}, but ${part} knows no node: module`] : [];
  }
  if (name.startsWith('.')) {
    const target = partOf(join(dirname(path), name).replace(/\.js$/, '.ts'));
    if (target !== undefined && liesIn(target, [part, ...MAY_IMPORT[part]!])) return [];
    return [`${path}: imports ${name}, but ${part} must not know ${target ?? 'what is outside the program'}`];
  }
  const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
  const homes = PACKAGE_HOMES[packageName];
  if (!homes) return [`${path}: imports ${packageName}, a package that no part is the home of`];
  return liesIn(part, homes) ? [] : [`${path}: imports ${packageName}, but only ${homes.join(', ')} may know it`];
}

/** The innermost part of the program that a path lies in: `src/core`, `bin`, or a file that is a part of its own. */
function partOf(path: string): string | undefined {
  const names = path.split('/');
  const folders = names.map((_, i) => names.slice(0, names.length - i).join('/'));
  return folders.find((folder) => folder in MAY_IMPORT);
}

/** Whether a part is one of others, or lies in one. */
function liesIn(part: string, others: readonly string[]): boolean {
  return others.some((other) => part === other || part.startsWith(`${other}/`));
}

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

/** Whether a node is the global of that name, not a property or a declaration that happens to be called so. */
function isGlobal(node: ts.Node, name: string): boolean {
  if (!ts.isIdentifier(node) || node.text !== name) return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent))
    return parent.expression === node || parent.expression.getText() === 'globalThis';
  const isNameOfSomething = 'name' in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent);
  return !isNameOfSomething;
}
