/** Reads the titles of tests out of their sources, so that guards can ask which rows have one. */
import ts from 'typescript';

/** Of each test in a text its title, behind those of the groups that it is in; skipped ones do not count. */
export function titlesOf(text: string): string[][] {
  const found: string[][] = [];
  const visit = (node: ts.Node, groups: string[]): void => {
    if (!ts.isCallExpression(node)) return ts.forEachChild(node, (child) => visit(child, groups));
    const name = node.expression.getText();
    if (/^(describe|it|test)\.skip|^x(describe|it|test)\b/.test(name)) return;
    const [first] = node.arguments;
    const titles = first && ts.isStringLiteralLike(first) ? [...groups, first.text] : groups;
    if (/^(it|test)(\.each\b|$)/.test(name) && titles !== groups) found.push(titles);
    const inside = /^describe(\.each\b|$)/.test(name) ? titles : groups;
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(ts.createSourceFile('a.test.ts', text, ts.ScriptTarget.Latest, true), []);
  return found;
}

/** All texts that a source holds as literals. */
export function literalsOf(text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true));
  return found;
}
