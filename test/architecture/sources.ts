import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { type Module, targetOf } from './rules.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Reads the source files under folders (or single files) of the project, with what they import. */
export function readModules(places: string[]): Module[] {
  return places
    .flatMap((place) => listFiles(place))
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path))
    .map((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, text, imports: importsOf(path, text) };
    });
}

/** Paths of all files under a folder of the project; the place itself when it is a file. */
export function listFiles(place: string): string[] {
  if (/\.\w+$/.test(place)) return [place];
  return readdirSync(join(ROOT, place), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return [];
    const path = `${place}/${entry.name}`;
    return entry.isDirectory() ? listFiles(path) : [path];
  });
}

/** What a text imports, exports from, or loads by import(): type imports count. */
export function importsOf(path: string, text: string): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return [...new Set(importedFiles.map((file) => targetOf(path, file.fileName)))];
}
