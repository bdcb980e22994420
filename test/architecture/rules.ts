/**
 * The checks of the architecture test as pure functions: they get the modules as data, and answer a list
 * of sentences, one for each thing that is wrong.
 */
import { posix } from 'node:path';

/** One source file: its path from the project's root with slashes, its text, what it imports. */
export interface Module {
  path: string;
  text: string;
  /** Project paths of imported files (type imports and re-exports count), and names of packages. */
  imports: string[];
}

/** For each room (or file at the top of src) what it may import; '*.entity.ts' stands for every entity. */
export type Arrows = Record<string, readonly string[]>;

/** The room of a file: its folder in src, its name for a file at the top, else its top folder. */
export function roomOf(path: string): string {
  const [top = '', ...rest] = path.split('/');
  const name = top === 'src' ? (rest[0] ?? '') : top;
  return name.replace(/\.[cm]?[jt]sx?$/, '');
}

/** What an import specifier names: a project path for a relative one, the package name for the others. */
export function targetOf(from: string, specifier: string): string {
  const bare = specifier.replace(/\?.*$/, '');
  if (bare.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), bare));
  return bare
    .split('/')
    .slice(0, bare.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Imports that follow no arrow, and rooms that the table does not know. */
export function forbiddenImports(modules: Module[], arrows: Arrows, leaves: readonly string[]): string[] {
  const paths = new Set(modules.map((module) => module.path));
  return modules.flatMap((module) => {
    const room = roomOf(module.path);
    const allowed = arrows[room];
    if (allowed === undefined) return [`${module.path}: the room "${room}" is not in the table of arrows`];
    return module.imports
      .filter((target) => isOurs(target, paths) && roomOf(target) !== room)
      .filter((target) => !allowed.includes('*') && !allowed.includes(roomOf(target)))
      .filter((target) => room === 'console' || !leaves.includes(roomOf(target)))
      .filter((target) => !(allowed.includes('*.entity.ts') && target.endsWith('.entity.ts')))
      .map((target) => `${module.path} must not import ${target}: no arrow ${room} -> ${roomOf(target)}`);
  });
}

/** Groups of files that import each other in a circle (strongly connected components, Tarjan 1972). */
export function circles(modules: Module[]): string[][] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const index = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];

  const visit = (path: string): number => {
    const own = index.size;
    let lowest = own;
    index.set(path, own);
    stack.push(path);
    for (const target of byPath.get(path)?.imports ?? []) {
      if (target === path) found.push([path]);
      if (!byPath.has(target)) continue;
      if (!index.has(target)) lowest = Math.min(lowest, visit(target));
      else if (stack.includes(target)) lowest = Math.min(lowest, index.get(target) ?? own);
    }
    if (lowest === own) {
      const members = stack.splice(stack.indexOf(path));
      if (members.length > 1) found.push(members.sort());
    }
    return lowest;
  };
  for (const module of modules) if (!index.has(module.path)) visit(module.path);
  return found;
}

/** Everything that the files under a folder reach by imports, themselves included, packages by name. */
export function reachable(modules: Module[], folder: string): Set<string> {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const seen = new Set<string>();
  const open = modules.map((module) => module.path).filter((path) => path.startsWith(`${folder}/`));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    open.push(...(byPath.get(path)?.imports ?? []));
  }
  return seen;
}

/** Folders whose name says nothing of what is in them. */
export function dumpingGrounds(paths: string[]): string[] {
  const names = new Set(['utils', 'util', 'helpers', 'common', 'services', 'misc', 'lib', 'shared']);
  const folders = paths.flatMap((path) =>
    path
      .split('/')
      .slice(0, -1)
      .map((_, depth, parts) => parts.slice(0, depth + 1).join('/')),
  );
  return [...new Set(folders)].filter((folder) => names.has(posix.basename(folder))).sort();
}

/** Files of more lines than the limit. */
export function tooLong(modules: Module[], limit: number): string[] {
  return modules
    .map((module) => ({ path: module.path, lines: module.text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > limit)
    .map(({ path, lines }) => `${path} has ${lines} lines, more than ${limit}`);
}

/** Files outside a folder with SQL that writes a table. */
export function writersOutside(modules: Module[], table: string, folder: string): string[] {
  const write = new RegExp(
    `\\b(insert\\s+into|update|delete\\s+from|merge\\s+into)\\s+(only\\s+)?${table}\\b`,
    'i',
  );
  return modules
    .filter((module) => !module.path.startsWith(`${folder}/`) && write.test(module.text))
    .map((module) => `${module.path} writes ${table}; only ${folder} may`);
}

function isOurs(target: string, paths: Set<string>): boolean {
  return paths.has(target) || /^(src|schema|migrations|test)\//.test(target);
}
