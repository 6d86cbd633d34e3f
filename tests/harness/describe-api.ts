import { resolve } from 'node:path';
import ts from 'typescript';

/** The public functions and types of a module, and what their documentation lacks. */
export interface ApiDescription {
  /** The exported names. */
  exported: string[];
  /** The exported functions. */
  functions: string[];
  /** Names and members that are reachable from the exports and have no doc comment, as `Store.label`. */
  undocumented: string[];
  /** Types that are reachable from the exports but not exported. */
  unnamed: string[];
}

/** Visits everything that a module exports: parameters, results, their members, and the types of these. */
export function describeApi(entry: string): ApiDescription {
  const file = resolve(entry);
  const program = ts.createProgram([file], readOptions());
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!);
  if (!module) throw new Error(`${entry} exports nothing`);
  const symbols = checker.getExportsOfModule(module).map((symbol) => ({ name: symbol.name, target: targetOf(symbol) }));
  const exported = new Set(symbols.map(({ target }) => target));
  const undocumented = new Set<string>();
  const unnamed = new Set<string>();
  const seenTypes = new Set<ts.Type>();
  const seenSymbols = new Set<ts.Symbol>();

  function targetOf(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  }

  function requireDoc(symbol: ts.Symbol, name: string): void {
    if (symbol.getDocumentationComment(checker).length === 0) undocumented.add(name);
  }

  function visitNamed(symbol: ts.Symbol, isNameNeeded = true): void {
    if (seenSymbols.has(symbol) || !isDeclaredHere(symbol)) return;
    seenSymbols.add(symbol);
    requireDoc(symbol, symbol.name);
    if (isNameNeeded && !exported.has(symbol)) unnamed.add(symbol.name);
  }

  function visitType(type: ts.Type, owner: string): void {
    if (seenTypes.has(type) || type.flags & ts.TypeFlags.TypeParameter) return;
    seenTypes.add(type);
    if (type.aliasSymbol) visitNamed(type.aliasSymbol);
    type.aliasTypeArguments?.forEach((argument) => visitType(argument, owner));
    if (type.isUnionOrIntersection()) return type.types.forEach((part) => visitType(part, owner));
    checker.getTypeArguments(type as ts.TypeReference).forEach((argument) => visitType(argument, owner));
    const { symbol } = type as { symbol?: ts.Symbol };
    if (!symbol || !isDeclaredHere(symbol)) return;
    if (symbol.flags & ts.SymbolFlags.Type && !symbol.name.startsWith('__')) visitNamed(symbol);
    for (const signature of type.getCallSignatures()) visitSignature(signature, owner);
    const name = symbol.name.startsWith('__') ? (type.aliasSymbol?.name ?? owner) : symbol.name;
    for (const property of type.getProperties())
      visitProperty(property, name, symbol.name === '__type' && !type.aliasSymbol);
  }

  function visitProperty(property: ts.Symbol, owner: string, isExplainedByOwner: boolean): void {
    const declaration = property.declarations?.[0];
    if (!declaration || !isDeclaredHere(property)) return;
    if (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) return;
    const path = `${owner}.${property.name}`;
    if (!isExplainedByOwner) requireDoc(property, path);
    visitType(checker.getTypeOfSymbol(property), path);
  }

  function visitSignature(signature: ts.Signature, owner: string): void {
    for (const parameter of signature.parameters)
      visitType(checker.getTypeOfSymbol(parameter), `${owner}(${parameter.name})`);
    visitType(signature.getReturnType(), owner);
  }

  const functions: string[] = [];
  for (const { name, target } of symbols) {
    visitNamed(target);
    if (target.flags & ts.SymbolFlags.Function) functions.push(name);
    const isType = target.flags & (ts.SymbolFlags.Type & ~ts.SymbolFlags.Class);
    visitType(isType ? checker.getDeclaredTypeOfSymbol(target) : checker.getTypeOfSymbol(target), name);
    if (target.flags & ts.SymbolFlags.Class) visitType(checker.getDeclaredTypeOfSymbol(target), name);
  }
  const sorted = (names: Iterable<string>) => [...names].sort();
  return {
    exported: sorted(symbols.map(({ name }) => name)),
    functions: sorted(functions),
    undocumented: sorted(undocumented),
    unnamed: sorted(unnamed),
  };
}

/** Whether a symbol is declared in this project, not in a package or in the language. */
function isDeclaredHere(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some((declaration) => {
    const { fileName } = declaration.getSourceFile();
    return fileName.startsWith(`${resolve('.')}/`) && !fileName.includes('/node_modules/');
  });
}

function readOptions(): ts.CompilerOptions {
  const read = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path));
  return ts.parseJsonConfigFileContent(read.config, ts.sys, '.').options;
}
