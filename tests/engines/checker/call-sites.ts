import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { Place } from './record-statements.js';

/** A call that makes a statement: its place, and a name that survives changes of other lines. */
export interface CallSite extends Place {
  /** `src/tables/flags raiseFlags`, with ` 2` after the second one of a function. */
  name: string;
}

/** The sources that this process runs: TypeScript, or what tests/run.ts transpiled. */
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const FOLDERS = ['src/tables', 'src/database', 'src/jobs', 'migrations'];

/** Names of the variables that hold Knex: the pool, a transaction. */
const HANDLES = new Set(['db', 'trx', 'knex', 'savepoint']);

/** Every call of `raw` and of the query builder in the program, found in its syntax. */
export function findCallSites(): CallSite[] {
  return FOLDERS.flatMap((folder) => listFiles(join(ROOT, folder))).flatMap(findInFile);
}

/** The call site of a place on a stack; undefined where there is none. */
export function siteAt(sites: readonly CallSite[], place: Place): CallSite | undefined {
  const onLine = sites.filter(({ file, line }) => file === place.file && line === place.line);
  return onLine.find(({ column }) => column === place.column) ?? onLine[0];
}

/** The name of a place: that of its call site, else of its function. */
export function nameOf(sites: readonly CallSite[], place: Place | undefined): string {
  if (!place) return 'the driver';
  return siteAt(sites, place)?.name ?? `${toPath(place.file)} ${findFunctionAt(place)}`;
}

function toPath(file: string): string {
  return relative(ROOT, file).replace(/\.[jt]s$/, '');
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => ['.js', '.ts'].includes(extname(name)))
    .map((name) => join(folder, name))
    .sort();
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

function findInFile(file: string): CallSite[] {
  const source = parse(file);
  const counts = new Map<string, number>();
  const sites: CallSite[] = [];
  const visit = (node: ts.Node, within: string) => {
    const called = ts.isCallExpression(node) ? findHandle(node) : undefined;
    if (called) {
      const name = `${toPath(file)} ${within}`;
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      const { line, character } = source.getLineAndCharacterOfPosition(called.getStart(source));
      sites.push({ file, line: line + 1, column: character + 1, name: count > 1 ? `${name} ${count}` : name });
    }
    const inner = nameOfFunction(node) ?? within;
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(source, 'module');
  return sites;
}

/** The identifier at which V8 places the call. */
function findHandle({ expression }: ts.CallExpression): ts.Node | undefined {
  if (ts.isPropertyAccessExpression(expression) && ['raw', 'knex'].includes(expression.name.text))
    return expression.name;
  return ts.isIdentifier(expression) && HANDLES.has(expression.text) ? expression : undefined;
}

/** The innermost named function around a place. */
function findFunctionAt({ file, line, column }: Place): string {
  const source = parse(file);
  const position = source.getPositionOfLineAndCharacter(line - 1, column - 1);
  let name = 'module';
  const visit = (node: ts.Node) => {
    if (position < node.getFullStart() || position >= node.getEnd()) return;
    name = nameOfFunction(node) ?? name;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return name;
}

function nameOfFunction(node: ts.Node): string | undefined {
  if ((ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) && node.name) return node.name.getText();
  if (!ts.isVariableDeclaration(node) || !node.initializer || !ts.isIdentifier(node.name)) return undefined;
  return ts.isArrowFunction(node.initializer) ? node.name.text : undefined;
}
