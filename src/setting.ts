/** What one setting is: the form of the rows of the tables of settings. */

/** How one setting is read: parse gives the value or throws a sentence that completes "must be …". */
export interface Setting<T> {
  env: string;
  type: string;
  default: string;
  secret?: true;
  meaning: string;
  parse: (text: string) => T;
}

/** The type of each row is kept, so that loadConfig's result is typed by the table. */
export function setting<T>(row: Setting<T>): Setting<T> {
  return row;
}
