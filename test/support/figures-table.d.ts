/** The table of a run's figures as text: see figures-table.js. */
export function figuresTable(lines: readonly string[], failed: readonly string[]): string;
